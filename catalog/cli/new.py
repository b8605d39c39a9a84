"""`catalog new`: makes an extension."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from catalog.cli.options import KINDS, Context, global_options
from catalog.model.names import Kind
from catalog.operations.new import NewRequest, new

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.new import NewResult


@click.command(
    epilog="""\b
Examples:
  catalog new app field-notes
  catalog new service service-embeddings
  catalog new tool log-search          # becomes tool-log-search
""",
)
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name")
@global_options
@click.pass_obj
def command(context: Context, kind: str, name: str) -> int:
    """Make a new extension that validates, builds and runs."""
    result = new(context.open_workspace(), NewRequest(kind=Kind(kind), name=name))
    show(result, context.console())
    return result.exit_code


def show(result: NewResult, console: Console) -> None:
    """Print where the extension is, and what to do next."""
    if console.result(result):
        return
    if result.name != result.asked:
        console.say(f"The platform knows a {result.kind.value} by its prefix, so it is called {result.name}.")
    console.say(f"Made the {result.kind.value} {result.name} in {result.directory}", bold=True, color="green")
    console.say("Next:")
    for step in result.next_steps:
        console.say(f"  {step}")
