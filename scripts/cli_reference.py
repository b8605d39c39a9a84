"""Writes docs/reference/cli.md from the help of the commands; `--check` only says whether it is stale."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catalog.cli.app import group

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = Path(__file__).parent.parent / "docs" / "reference" / "cli.md"
INTRODUCTION = """\
# Command line

This page is generated from the commands' own help (`make docs-reference`).

Global options may stand before or after the command. Exit codes have [a page of their own](exit-codes.md).
"""


def reference() -> str:
    """The whole page."""
    root = click.Context(group, info_name="catalog", **group.context_settings)
    return "\n".join([INTRODUCTION, *_sections(group, root)])


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    """The section of a command and, if it is a group, of each of its commands."""
    context.terminal_width = context.max_content_width = 100
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from _sections(below, click.Context(below, parent=context, info_name=name))


def main() -> int:
    """Write the page or, with --check, compare it; the exit code."""
    text = reference()
    if "--check" not in sys.argv:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    is_current = TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text
    if not is_current:
        print(f"{TARGET} is stale. Run: make docs-reference", file=sys.stderr)
    return 0 if is_current else 1


if __name__ == "__main__":
    sys.exit(main())
