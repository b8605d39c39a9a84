"""`catalog kamiwaza sync`: has a platform import from the catalog that it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options
from catalog.cli.platform import (
    COLORS,
    TerminalPerson,
    platform_options,
    tell_outcome,
    tell_versions,
    workspace_root,
)
from catalog.operations.kamiwaza_sync import PlatformSyncRequest, kamiwaza_sync

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.kamiwaza_sync import PlatformSyncResult


@click.command(
    epilog="""\b
Examples:
  catalog kamiwaza sync --dry-run
  catalog kamiwaza sync field-notes tool-search
""",
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--dry-run", is_flag=True, help="Compare only; the platform imports nothing.")
@platform_options
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Have a running Kamiwaza import from the catalog that it reads."""
    console = context.console()
    result = kamiwaza_sync(workspace_root(context), PlatformSyncRequest(**options), TerminalPerson(console))
    show(result, console)
    return result.exit_code


def show(result: PlatformSyncResult, console: Console) -> None:
    """Print one line an extension."""
    if console.result(result):
        return
    console.say(f"platform: {result.platform}")
    for one in result.extensions:
        word = console.style(f"{one.deed.value:9}", bold=True, color=COLORS[one.deed])
        reason = f": {one.reason}" if one.reason else ""
        console.say(f"{word} {one.name} {tell_versions(one.before, one.after)}{reason}")
    tell_outcome(console, [one.deed.value for one in result.extensions], dry_run=result.dry_run)
