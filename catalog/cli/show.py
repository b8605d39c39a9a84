"""`catalog show`: one extension in full."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import (
    Context,
    global_options,
    name_argument,
    repo_version_option,
    stage_option,
    type_option,
)
from catalog.model.names import Kind
from catalog.operations.show import ShowRequest, show
from catalog.operations.show_entry import ShowEntryRequest, show_entry
from catalog.registry.stage import Stage

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.show import ServiceView, ShowResult
    from catalog.operations.show_entry import ShowEntryResult

_SHOWN_ABOVE = frozenset({"name", "version", "description"})


@click.command(
    epilog="""\b
Examples:
  catalog show field-notes
  catalog show field-notes --json
  catalog show field-notes --entry --stage prod
""",
)
@name_argument
@type_option
@click.option("--entry", is_flag=True, help="Show it as the registry has it, in JSON.")
@stage_option
@repo_version_option
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Show one extension: its services, images, ports and volumes."""
    name, kind = options["name"], Kind(options["kind"]) if options["kind"] else None
    if options["entry"]:
        stage = Stage(options["stage"]) if options["stage"] else None
        wish = ShowEntryRequest(name=name, kind=kind, stage=stage, version=options["versions"][0])
        entry = show_entry(context.open_workspace(), wish)
        show_as_entry(entry, context.console())
        return entry.exit_code
    result = show(context.open_workspace(), ShowRequest(name=name, kind=kind))
    show_text(result, context.console())
    return result.exit_code


def show_as_entry(result: ShowEntryResult, console: Console) -> None:
    """Print the entry, or the errors that keep it out."""
    if console.result(result):
        return
    if result.entry is None:
        console.findings(result.findings)
    else:
        console.say(json.dumps(result.entry, indent=2, ensure_ascii=False))


def show_text(result: ShowResult, console: Console) -> None:
    """Print fields, services and findings."""
    if console.result(result):
        return
    console.say(f"{result.name} {result.version or '?'} ({result.kind.value}, {result.directory})", bold=True)
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
    if not result.has_manifest:
        console.warning(f"{result.name} is broken. See why with: catalog validate {result.name}")


def _row(service: ServiceView) -> tuple[str, ...]:
    return service.name, ", ".join(service.ports), service.cpus, service.memory, service.image


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
