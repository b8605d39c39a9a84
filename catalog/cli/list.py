"""`catalog list`: the extensions of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from catalog.cli.options import KINDS, Context, global_options, type_option
from catalog.model.names import Kind
from catalog.operations.list import list_extensions
from catalog.operations.selection import Selection

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.list import ListResult


@click.command(
    epilog="""\b
Examples:
  catalog list
  catalog list --type tool
  catalog list --json | jq -r '.extensions[].name'
""",
)
@type_option
@global_options
@click.pass_obj
def command(context: Context, kind: str | None) -> int:
    """List the extensions of the workspace."""
    request = Selection(kind=Kind(kind) if kind else None)
    result = list_extensions(context.open_workspace(), request)
    show(result, context.console())
    return result.exit_code


def show(result: ListResult, console: Console) -> None:
    """Print one line an extension."""
    if console.result(result):
        return
    if not result.extensions:
        console.say(f"No extensions here. Make one with: catalog new {{{','.join(KINDS)}}} NAME")
        return
    header = (
        "NAME",
        "KIND",
        "VERSION",
        "MANIFEST",
        "COMPOSE",
        "APPGARDEN",
        "DOCKERFILE",
        "README",
        "DESCRIPTION",
    )
    console.table(
        header,
        (
            (
                row.name,
                row.kind.value,
                row.version or "?",
                *(
                    "yes" if has else "no"
                    for has in (
                        row.has_manifest,
                        row.has_compose,
                        row.has_appgarden,
                        row.has_dockerfile,
                        row.has_readme,
                    )
                ),
                row.description,
            )
            for row in result.extensions
        ),
    )
