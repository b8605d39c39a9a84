"""`catalog remote remove`: extensions out of a published catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, complete_names, global_options
from catalog.cli.published import confirmed, stage_and_version_options, wait_option, yes_option
from catalog.operations.remote_remove import RemoteRemoveRequest, remote_remove

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.remote_remove import RemoteRemoveResult


@click.command(
    epilog="""\b
Examples:
  catalog remote remove field-notes --dry-run
  catalog remote remove field-notes tool-search --stage prod --yes
""",
)
@click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=complete_names)
@stage_and_version_options
@click.option("--dry-run", is_flag=True, help="Only show what would be removed.")
@yes_option
@wait_option
@global_options
@click.pass_obj
def command(context: Context, /, *, yes: bool, **options: Any) -> int:
    """Remove extensions from a published catalog.

    Images and pictures stay where they are.
    """
    request = RemoteRemoveRequest(**options)
    root, console = context.open_workspace().root, context.console()
    if not request.dry_run:
        found = remote_remove(root, request.model_copy(update={"dry_run": True}))
        question = f"Remove {', '.join(found.removed)} from {found.address}?"
        if not confirmed(question, yes=yes):
            raise click.Abort
    result = remote_remove(root, request)
    show(result, console)
    return result.exit_code


def show(result: RemoteRemoveResult, console: Console) -> None:
    """Print what was removed."""
    if console.result(result):
        return
    for line in result.removed:
        console.say(f"{'would remove' if result.dry_run else 'removed'} {line}")
    if result.backup:
        console.say(f"As it was before: {result.backup}")
