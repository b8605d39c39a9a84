"""What the commands that talk to a platform share: their options, and the person at the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from catalog.errors import UsageError
from catalog.workspace.root import find_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from catalog.cli.console import Console
    from catalog.cli.options import Context
    from catalog.remote.credentials import Login

F = TypeVar("F", bound="Callable[..., Any]")
COLORS = {"created": "green", "updated": "green", "unchanged": None, "refused": "red"}
"""The colour of each word that says what was done."""


def platform_options(function: F) -> F:
    """`--url`, `--ca` and `--insecure`: which platform, and whose certificates are believed."""
    for option in (
        click.option(
            "--insecure",
            is_flag=True,
            help="Do not check the platform's certificate. Dangerous: prefer --ca.",
        ),
        click.option(
            "--ca",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="PEM file of the authority that certifies the platform, instead of the system's.",
        ),
        click.option(
            "--url",
            metavar="URL",
            help="Address of the platform (default: KAMIWAZA_API_URL, else the settings, else http://localhost).",
        ),
    ):
        function = option(function)
    return function


def workspace_root(context: Context) -> Path | None:
    """The folder of the workspace that the command stands in, if it stands in one.

    Raises:
        UsageError: a workspace was named that is none, or its settings are wrong.
    """
    if context.workspace is None:
        try:
            find_workspace(Path.cwd())
        except UsageError:
            return None
    return context.open_workspace().root


class TerminalPerson:
    """Whoever sits at the terminal: hears warnings, and is asked for a login if somebody is there."""

    def __init__(self, console: Console) -> None:
        """Speak through `console`."""
        self._console = console

    def warn(self, text: str) -> None:
        """Tell what nobody may miss."""
        self._console.warning(text)

    def log_in(self, address: str, username: str) -> Login | None:
        """Ask for user and password; None where no person is, or the person gives none."""
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return None
        from pydantic import SecretStr  # noqa: PLC0415  # help need not wait for it

        from catalog.remote.credentials import Login  # noqa: PLC0415

        user = click.prompt(f"User at {address}", default=username, show_default=bool(username), err=True)
        password = click.prompt("Password", hide_input=True, default="", show_default=False, err=True)
        return Login(user, SecretStr(password)) if user and password else None


def tell_outcome(console: Console, deeds: Sequence[str], *, dry_run: bool) -> None:
    """Print how many extensions were created, updated, unchanged, refused."""
    counts = ", ".join(f"{deeds.count(deed)} {deed}" for deed in COLORS if deed in deeds)
    said = f"Would be: {counts}. Nothing was sent." if dry_run else f"{counts}."
    console.say(said if counts else "Nothing to do.", bold=True)


def tell_versions(before: str | None, after: str | None) -> str:
    """A version as it came to be: `1.0.0`, or `1.0.0 -> 1.1.0`."""
    if before and after and before != after:
        return f"{before} -> {after}"
    return after or before or "no version"
