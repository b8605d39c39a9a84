"""`catalog kamiwaza list`: the templates that a platform has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from catalog.cli.options import Context, global_options, type_option
from catalog.cli.platform import TerminalPerson, platform_options, workspace_root
from catalog.model.names import Kind
from catalog.operations.kamiwaza_list import PlatformListRequest, kamiwaza_list

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.kamiwaza_list import PlatformListResult


@click.command(
    epilog="""\b
Examples:
  catalog kamiwaza list
  catalog kamiwaza list --type tool --format json
  KAMIWAZA_API_URL=https://kamiwaza.acme.test catalog kamiwaza list --ca acme-ca.pem

The login is taken from KAMIWAZA_API_TOKEN, from KAMIWAZA_USERNAME and
KAMIWAZA_PASSWORD, or from ~/.kamiwaza/config.yaml, or it is asked for.
""",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the list."
)
@type_option
@platform_options
@global_options
@click.pass_obj
def command(context: Context, /, form: str, kind: str | None, **options: Any) -> int:
    """List the templates that a running Kamiwaza has."""
    console = replace(context, as_json=context.as_json or form == "json").console()
    request = PlatformListRequest(kind=Kind(kind) if kind else None, **options)
    result = kamiwaza_list(workspace_root(context), request, TerminalPerson(console))
    show(result, console)
    return result.exit_code


def show(result: PlatformListResult, console: Console) -> None:
    """Print one line a template."""
    if console.result(result):
        return
    if not result.templates:
        console.say(f"{result.platform} has no such templates. Push one with: catalog kamiwaza push NAME")
        return
    rows = (
        (one.name, one.kind.value, one.version or "?", one.visibility or "?", str(one.id))
        for one in result.templates
    )
    console.table(("NAME", "KIND", "VERSION", "VISIBILITY", "ID"), rows)
