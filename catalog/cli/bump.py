"""`catalog bump`: raises the version of an extension."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options, name_argument, type_option
from catalog.errors import UsageError
from catalog.model.names import Kind
from catalog.model.version import Level
from catalog.operations.bump import BumpRequest, bump

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.bump import BumpResult

_VERSION = re.compile(r"v?[0-9]")


class _Part(click.Choice[str]):
    """The part of a version that rises; a version in its place is told how it is set."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """As click does it, for anything but a version."""
        if _VERSION.match(str(value)):
            raise UsageError(
                f"{value} looks like a version, but bump takes the part that rises: patch, minor or major.",
                'To set a version, write it as "version" in kamiwaza.json, then run: catalog sync-compose',
            )
        return super().convert(value, param, ctx)


@click.command(
    epilog="""\b
Examples:
  catalog bump field-notes patch
  catalog bump field-notes minor && catalog sync-compose field-notes
""",
)
@name_argument
@click.argument("level", type=_Part([level.value for level in Level], case_sensitive=False))
@type_option
@global_options
@click.pass_obj
def command(context: Context, name: str, level: str, kind: str | None) -> int:
    """Raise the version of an extension."""
    request = BumpRequest(name=name, level=Level(level), kind=Kind(kind) if kind else None)
    result = bump(context.open_workspace(), request)
    show(result, context.console())
    return result.exit_code


def show(result: BumpResult, console: Console) -> None:
    """Print the old and the new version, and what follows from it."""
    if console.result(result):
        return
    console.say(f"{result.name}: {result.before} -> {result.after}")
    console.say(f"The image tags follow with: catalog sync-compose {result.name}")
