"""Writes docs/reference/cli.md from the help of the commands; `--check` only says whether it is stale."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from catalog.cli.app import group

TARGET = Path(__file__).parent.parent / "docs" / "reference" / "cli.md"
INTRODUCTION = """\
# Command line

This page is generated from the commands' own help (`make docs-reference`).

Global options may stand before or after the command. Exit codes have [a page of their own](exit-codes.md).
"""


def reference() -> str:
    """The whole page."""
    root = click.Context(group, info_name="catalog", **group.context_settings)
    parts = [INTRODUCTION, _section("catalog", group, root)]
    for name in group.list_commands(root):
        command = group.get_command(root, name)
        if command is not None:
            context = click.Context(command, parent=root, info_name=name)
            parts.append(_section(f"catalog {name}", command, context))
    return "\n".join(parts)


def _section(title: str, command: click.Command, context: click.Context) -> str:
    context.terminal_width = context.max_content_width = 100
    return f"## {title}\n\n```text\n{command.get_help(context)}\n```\n"


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
