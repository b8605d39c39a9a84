"""`catalog clean`: removes what can be made again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options
from catalog.operations.clean import CleanRequest, Level, clean

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.clean import CleanResult


@click.command(
    epilog="""\b
Examples:
  catalog clean             # build/, bytecode, test caches, coverage
  catalog clean --deps      # node_modules and .venv
  catalog clean --all       # both
  catalog clean --dist      # both, and the packages in dist/
""",
)
@click.option("--deps", "level", flag_value=Level.DEPENDENCIES.value, help="Remove installed dependencies.")
@click.option("--all", "level", flag_value=Level.ALL.value, help="Remove build artifacts and dependencies.")
@click.option("--dist", "level", flag_value=Level.DIST.value, help="As --all, and the packages in dist/.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Remove what builds, tests and installs have left."""
    request = CleanRequest(level=Level(options["level"] or Level.BUILD), dry_run=options["dry_run"])
    result = clean(context.open_workspace(), request)
    show(result, context.console())
    return result.exit_code


def show(result: CleanResult, console: Console) -> None:
    """Print what went and how much room that made."""
    if console.result(result):
        return
    verb = "would remove" if result.dry_run else "removed"
    for path in result.removed:
        console.say(f"{verb} {path}")
    console.say(f"{len(result.removed)} paths, {result.bytes / 1e6:.1f} MB")
