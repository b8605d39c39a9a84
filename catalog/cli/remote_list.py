"""`catalog remote list`: what is published at a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options, type_option
from catalog.cli.published import stage_and_version_options
from catalog.operations.remote_list import RemoteListRequest, remote_list

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.remote_list import RemoteListResult


@click.command(
    epilog="""\b
Examples:
  catalog remote list
  catalog remote list --stage prod --type tool --json
""",
)
@stage_and_version_options
@type_option
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """List what is published at a stage."""
    result = remote_list(context.open_workspace().root, RemoteListRequest(**options))
    show(result, context.console())
    return result.exit_code


def show(result: RemoteListResult, console: Console) -> None:
    """Print a table, and who publishes at the moment."""
    if console.result(result):
        return
    console.say(result.address, bold=True)
    console.table(
        ("name", "type", "version", "platform"),
        [(one.name, one.kind.value, one.version, one.platform) for one in result.extensions],
    )
    count = len(result.extensions)
    console.say(f"{count} published." if count else "Nothing is published there.")
    if result.lock:
        console.say(f"The lock is held by {result.lock}.", color="yellow")
    if result.is_unfinished:
        console.say("A publisher left its change unfinished; the next one settles it.", color="yellow")
