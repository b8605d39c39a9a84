"""`catalog list`: the extensions of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from catalog.cli.options import KINDS, Context, global_options, type_option
from catalog.model.compose import DEPLOYMENT_NAME, DEVELOPMENT_NAMES
from catalog.model.manifest import MANIFEST_NAME
from catalog.model.names import Kind
from catalog.model.quantity import quantity
from catalog.operations.list import list_extensions
from catalog.operations.selection import Selection

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.list import ListResult, Row


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
    console.table(header, map(_cells, result.extensions))
    if result.broken:
        console.warning(f"{quantity(result.broken, 'is', 'are')} broken. See why with: catalog validate")


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.name,
        row.kind.value,
        row.version or "?",
        _state(row, row.has_manifest, MANIFEST_NAME),
        _state(row, row.has_compose, *DEVELOPMENT_NAMES),
        _state(row, row.has_appgarden, DEPLOYMENT_NAME),
        _state(row, row.has_dockerfile),
        _state(row, row.has_readme),
        row.description,
    )


def _state(row: Row, has: bool, *names: str) -> str:
    """Whether the file with one of these names is there and can be used."""
    if any(name in row.unusable for name in names):
        return "broken"
    return "yes" if has else "no"
