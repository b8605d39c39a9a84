"""`catalog cache info`: what the cache of image layers holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from catalog.cli.options import Context, global_options
from catalog.model.byte_size import readable
from catalog.operations.cache import cache_info

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.cache import CacheResult


@click.command(
    epilog="""\b
Examples:
  catalog cache info
  catalog cache info --json
""",
)
@global_options
@click.pass_obj
def command(context: Context, /) -> int:
    """Show what the cache of image layers holds."""
    result = cache_info()
    show(result, context.console())
    return result.exit_code


def show(result: CacheResult, console: Console) -> None:
    """Print how much there is, and when it was last used."""
    if console.result(result):
        return
    console.say(f"{result.entries} layers and configs, {readable(result.bytes)}, in {result.folder}")
    if result.oldest_use and result.newest_use:
        console.say(f"Last used between {result.oldest_use:%Y-%m-%d} and {result.newest_use:%Y-%m-%d}.")
    if result.entries:
        console.say("Remove what was not used for 30 days with: catalog cache prune --older-than 30d")
