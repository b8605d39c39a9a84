"""Options that the commands about published catalogs share."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

from catalog.cli.options import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")
_VERSIONS = ("v1", "v2", "v3")


def stage_and_version_options(function: F) -> F:
    """`--stage` and `--repo-version`: which published catalog."""
    for option in (
        click.option(
            "--repo-version",
            "version",
            type=click.Choice(_VERSIONS),
            default="v1",
            help="Catalog generation (default: v1).",
        ),
        click.option(
            "--stage", type=click.Choice(STAGES), default="dev", help="Where it is published (default: dev)."
        ),
    ):
        function = option(function)
    return function


def wait_option(function: F) -> F:
    """`--wait`: seconds for the lock."""
    return click.option(
        "--wait",
        type=click.FloatRange(min=0),
        default=300.0,
        metavar="SECONDS",
        help="How long to wait while others publish (default: 300).",
    )(function)


def yes_option(function: F) -> F:
    """`--yes`: do not ask."""
    return click.option("--yes", is_flag=True, help="Do not ask.")(function)


def confirmed(question: str, *, yes: bool) -> bool:
    """Whether the person at the terminal agrees by typing `yes`.

    Raises:
        click.UsageError: nobody is there to ask.
    """
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError("Nobody is at the terminal to ask. Say it with --yes.")
    answer = click.prompt(f"{question} Type yes", default="no", show_default=False, err=True)
    return str(answer).strip().lower() == "yes"
