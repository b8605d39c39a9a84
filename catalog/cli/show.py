"""`catalog show`: one extension in full."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from catalog.cli.options import Context, global_options, name_argument, type_option
from catalog.model.names import Kind
from catalog.operations.show import ShowRequest, show

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.show import ServiceView, ShowResult

_SHOWN_ABOVE = frozenset({"name", "version", "description"})


@click.command(
    epilog="""\b
Examples:
  catalog show field-notes
  catalog show field-notes --json
""",
)
@name_argument
@type_option
@global_options
@click.pass_obj
def command(context: Context, name: str, kind: str | None) -> int:
    """Show one extension: its services, images, ports and volumes."""
    result = show(context.open_workspace(), ShowRequest(name=name, kind=Kind(kind) if kind else None))
    show_text(result, context.console())
    return result.exit_code


def show_text(result: ShowResult, console: Console) -> None:
    """Print fields, services and findings."""
    if console.result(result):
        return
    console.say(f"{result.name} {result.version} ({result.kind.value}, {result.directory})", bold=True)
    if result.description:
        console.say(result.description)
    fields = {key: value for key, value in result.fields.items() if key not in _SHOWN_ABOVE}
    if fields:
        console.say()
        console.table(("FIELD", "VALUE"), ((key, _text(value)) for key, value in fields.items()))
    if result.services:
        console.say()
        console.table(("SERVICE", "PORTS", "CPUS", "MEMORY", "IMAGE"), map(_row, result.services))
    if result.findings:
        console.say()
        console.findings(result.findings)


def _row(service: ServiceView) -> tuple[str, ...]:
    return service.name, ", ".join(service.ports), service.cpus, service.memory, service.image


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
