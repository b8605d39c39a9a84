"""`catalog schema`: the JSON Schema of a kind of file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from catalog.cli.options import Context, global_options
from catalog.operations.schema import SchemaRequest, Subject, schema

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.schema import SchemaResult


@click.command(
    epilog="""\b
Examples:
  catalog schema kamiwaza > kamiwaza.schema.json
  catalog schema settings
""",
)
@click.argument("subject", type=click.Choice([subject.value for subject in Subject]))
@global_options
@click.pass_obj
def command(context: Context, subject: str) -> int:
    """Print the JSON Schema of a kind of file.

    The kinds are kamiwaza.json, a registry's apps.json and tools.json, bundle.json and catalog.toml.
    """
    result = schema(SchemaRequest(subject=Subject(subject)))
    show(result, context.console())
    return result.exit_code


def show(result: SchemaResult, console: Console) -> None:
    """Print the schema; it is JSON in any case."""
    console.say(result.text.rstrip("\n"))
    console.result(result)
