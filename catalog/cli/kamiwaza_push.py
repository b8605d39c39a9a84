"""`catalog kamiwaza push`: brings extensions to a running platform."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options, names_argument, stage_option, type_option
from catalog.cli.platform import COLORS, TerminalPerson, platform_options, tell_outcome, tell_versions
from catalog.operations.kamiwaza_push import PushRequest, kamiwaza_push

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.cli.console import Console
    from catalog.operations.kamiwaza_push import FieldChange, Pushed, PushResult

_VERSIONS = ("v1", "v2", "v3")


@click.command(
    epilog="""\b
Examples:
  catalog kamiwaza push field-notes
  catalog kamiwaza push --all --dry-run
  catalog kamiwaza push field-notes --template-id 0b9d3c1e-5b52-4f0e-9f0c-2d7c8d4a6e11

The login is taken from KAMIWAZA_API_TOKEN, from KAMIWAZA_USERNAME and
KAMIWAZA_PASSWORD, or from ~/.kamiwaza/config.yaml, or it is asked for.
""",
)
@names_argument
@click.option("--all", "everything", is_flag=True, help="Push all extensions of the workspace.")
@click.option(
    "--template-id", type=click.UUID, help="Replace this template of the platform, whatever it has."
)
@click.option("--dry-run", is_flag=True, help="Show field by field what differs; send nothing.")
@click.option(
    "--repo-version",
    "version",
    type=click.Choice(_VERSIONS),
    default="v1",
    help="Generation of the catalog whose entry is pushed; from v2 on, kamiwaza_version goes along.",
)
@type_option
@stage_option
@platform_options
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Push extensions to a running Kamiwaza."""
    console = context.console()
    request = PushRequest(**options)
    result = kamiwaza_push(context.open_workspace(), request, console, TerminalPerson(console))
    show(result, console)
    return result.exit_code


def show(result: PushResult, console: Console) -> None:
    """Print findings, then one line an extension, with its differences in a dry run."""
    if console.result(result):
        return
    console.findings(result.findings)
    if result.platform:
        console.say(f"platform: {result.platform}")
    for one in result.extensions:
        _show_one(one, console, with_changes=result.dry_run)
    tell_outcome(console, [one.deed.value for one in result.extensions], dry_run=result.dry_run)


def _show_one(one: Pushed, console: Console, *, with_changes: bool) -> None:
    word = console.style(f"{one.deed.value:9}", bold=True, color=COLORS[one.deed])
    versions = tell_versions(one.before, one.version)
    what = [", ".join(change.field for change in one.changes)] if one.changes else []
    notes = "; ".join([*what, *filter(None, [one.reason])])
    console.say(f"{word} {one.kind.value} {one.name} {versions}{f': {notes}' if notes else ''}")
    for change in one.changes if with_changes else ():
        for line in _lines(change):
            console.say(f"    {line}")


def _lines(change: FieldChange) -> Iterator[str]:
    """A change in lines: text of several lines as a difference, other values one above the other."""
    before, after = (_text(value) for value in (change.before, change.after))
    if before == after:
        yield f"{change.field}: differs in what is hidden"
        return
    yield f"{change.field}:"
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))
    yield from (f"  {line}" for line in lines[2:] if not line.startswith("@@"))


def _text(value: Any) -> str:
    """Text as it is, everything else as JSON, so that null, false and empty can be told apart."""
    if isinstance(value, str) and "\n" in value:
        return value
    return json.dumps(value, ensure_ascii=False, indent=1 if value and isinstance(value, dict) else None)
