"""`catalog sync-compose`: writes the App Garden files."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from catalog.cli.options import Context, global_options, names_argument, no_cache_option, type_option
from catalog.model.names import Kind
from catalog.operations.sync_compose import Outcome, SyncRequest, sync_compose

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.sync_compose import Synced, SyncResult

_COLORS = {
    Outcome.REFUSED: "red",
    Outcome.STALE: "red",
    Outcome.HANDWRITTEN: "yellow",
    Outcome.WRITTEN: "green",
}


@click.command(
    "sync-compose",
    epilog="""\b
Examples:
  catalog sync-compose
  catalog sync-compose field-notes --diff
  catalog sync-compose --check        # in CI: exit 1 if a file is stale
""",
)
@names_argument
@type_option
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is stale or missing.")
@click.option("--diff", "with_diff", is_flag=True, help="Show what changes.")
@click.option("--force", is_flag=True, help="Replace files that were written by hand, too.")
@no_cache_option
@global_options
@click.pass_obj
def command(context: Context, /, names: tuple[str, ...], kind: str | None, **flags: bool) -> int:
    """Write docker-compose.appgarden.yml from docker-compose.yml."""
    request = SyncRequest(
        names=names,
        kind=Kind(kind) if kind else None,
        check=flags["check"],
        force=flags["force"],
        use_cache=not flags["no_cache"],
    )
    console = context.console()
    result = sync_compose(context.open_workspace(), request, console)
    show(result, console, with_diff=flags["with_diff"])
    return result.exit_code


def show(result: SyncResult, console: Console, *, with_diff: bool) -> None:
    """Print what became of each file, its findings, and at the end how many of which."""
    if console.result(result):
        return
    for synced in result.extensions:
        _show_one(synced, console, with_diff=with_diff)
    counts = Counter(synced.outcome.value for synced in result.extensions)
    console.say(", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "No extensions here.")


def _show_one(synced: Synced, console: Console, *, with_diff: bool) -> None:
    console.findings(synced.findings)
    if synced.outcome is not Outcome.CURRENT:
        outcome = console.style(synced.outcome.value, color=_COLORS.get(synced.outcome))
        console.say(f"{synced.file}: ", outcome)
    if synced.outcome is Outcome.HANDWRITTEN:
        console.say("    It is left as it is; replace it with --force.")
    if synced.outcome is Outcome.STALE:
        console.say(f"    Write it with: catalog sync-compose {synced.name}")
    if with_diff:
        for line in synced.diff.splitlines():
            console.say(line, color={"+": "green", "-": "red"}.get(line[:1]))
