"""The passphrase of a key: from a variable, a file or a prompt, and never from the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from pydantic import SecretStr

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


def passphrase_options(function: F) -> F:
    """`--passphrase-env` and `--passphrase-file`."""
    for option in (
        click.option(
            "--passphrase-file",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="File whose first line is the key's passphrase.",
        ),
        click.option("--passphrase-env", metavar="NAME", help="Variable that holds the key's passphrase."),
    ):
        function = option(function)
    return function


def taken_passphrase(options: dict[str, Any]) -> SecretStr | None:
    """The passphrase that the two options lead to, which are taken out of `options`; None without them.

    Raises:
        click.UsageError: both are given, the variable is not set, the file cannot be read, or the passphrase
            is empty or no text, so that a key would be less guarded than its owner believes.
    """
    name, file = options.pop("passphrase_env"), options.pop("passphrase_file")
    if name and file:
        raise click.UsageError("Give --passphrase-env or --passphrase-file, not both.")
    if name:
        if name not in os.environ:
            raise click.UsageError(f"--passphrase-env: there is no variable {name}.")
        return _given(os.environb[os.fsencode(name)], f"--passphrase-env: {name}")
    if file:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise click.UsageError(f"--passphrase-file: {file} cannot be read.") from error
        return _given(content.split(b"\n")[0].removesuffix(b"\r"), f"--passphrase-file: {file}")
    return None


def _given(content: bytes, source: str) -> SecretStr:
    try:
        passphrase = content.decode()
    except UnicodeDecodeError:
        raise click.UsageError(f"{source} cannot be read as text.") from None
    if not passphrase:
        raise click.UsageError(f"{source} is empty; for a key without a passphrase, leave the option out.")
    return SecretStr(passphrase)


def asked_passphrase(prompt: str, *, confirm: bool = False) -> SecretStr | None:
    """The passphrase that a person types; None where nobody is there, or for an empty one."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    answer = click.prompt(
        prompt, hide_input=True, confirmation_prompt=confirm, default="", show_default=False, err=True
    )
    return SecretStr(answer) if answer else None
