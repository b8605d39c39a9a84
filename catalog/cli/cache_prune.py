"""`catalog cache prune`: removes what the cache has not used for a while."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options
from catalog.model.byte_size import readable
from catalog.operations.cache import CachePruneRequest, cache_prune

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.cache import CacheResult

_AGE = re.compile(r"(\d{1,6})([hdw])")
_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}


def _age(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """An age such as `12h`, `30d` or `4w`, in days."""
    if value is None:
        return None
    match = _AGE.fullmatch(value)
    if match is None:
        raise click.BadParameter(f"{value!r} is not an age such as 12h, 30d or 4w.", ctx, param)
    return int(match[1]) * _DAYS[match[2]]


@click.command(
    epilog="""\b
Examples:
  catalog cache prune --older-than 30d
  catalog cache prune --all
""",
)
@click.option("--older-than", callback=_age, help="Remove what was not used for so long: 12h, 30d, 4w.")
@click.option("--all", "everything", is_flag=True, help="Remove everything.")
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Remove what the cache has not used for a while."""
    age = options["older_than"]
    if (age is None) is not options["everything"]:
        raise click.UsageError("Say how much goes: --older-than AGE, or --all.")
    result = cache_prune(CachePruneRequest(older_than_days=age))
    show(result, context.console())
    return result.exit_code


def show(result: CacheResult, console: Console) -> None:
    """Print how much went."""
    if not console.result(result):
        console.say(
            f"Removed {result.entries} layers and configs, {readable(result.bytes)}, from {result.folder}"
        )
