"""`catalog remote unlock`: frees a lock that a publisher has left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options
from catalog.cli.published import stage_and_version_options
from catalog.operations.remote_unlock import RemoteUnlockRequest, remote_unlock

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.remote_unlock import RemoteUnlockResult


@click.command(
    epilog="""\b
Examples:
  catalog remote unlock
  catalog remote unlock --stage prod --force
""",
)
@stage_and_version_options
@click.option("--force", is_flag=True, help="Also while its holder shows signs of life; its run then fails.")
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Free the lock that a publisher has left behind."""
    result = remote_unlock(context.open_workspace().root, RemoteUnlockRequest(**options))
    show(result, context.console())
    return result.exit_code


def show(result: RemoteUnlockResult, console: Console) -> None:
    """Print whose lock was freed."""
    if console.result(result):
        return
    told = f"was held by {result.holder}. It is free now" if result.holder else "was free already"
    console.say(f"The lock of {result.address} {told}.", bold=True)
