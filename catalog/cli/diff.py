"""`catalog diff`: what changed from one registry to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options
from catalog.model.quantity import quantity
from catalog.operations.diff import DiffRequest, diff

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.diff import DiffResult
    from catalog.registry.difference import Change, EntryDifference

_COLORS = {"added": "green", "upgraded": "green", "removed": "red", "downgraded": "red"}
_LONGEST = 60


@click.command(
    epilog="""\b
Examples:
  catalog diff OLD-WORKSPACE .
  catalog diff https://catalog.acme.test build/kamiwaza-extension-registry
  catalog diff old.tar.gz new.tar.gz --format markdown > release-note.md
""",
)
@click.argument("old")
@click.argument("new")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    help="How to tell it; markdown is for a release note (default: text).",
)
@click.option(
    "--ca",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Authority of a self-signed site, in place of the system's.",
)
@click.option("--exit-code", is_flag=True, help="End with 1 when they differ.")
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Show what changed between two registries.

    OLD and NEW are folders, bundles, apps.json files or https:// addresses.
    """
    context.as_json = context.as_json or options["form"] == "json"
    request = DiffRequest(
        old=options["old"], new=options["new"], ca=options["ca"], fail_on_difference=options["exit_code"]
    )
    result = diff(request)
    show(result, context.console(), as_note=options["form"] == "markdown")
    return result.exit_code


def show(result: DiffResult, console: Console, *, as_note: bool) -> None:
    """Print the changes by entry, or the release note."""
    if console.result(result):
        return
    if as_note:
        console.say(result.note.rstrip("\n"))
        return
    for one in result.differences:
        head = console.style(one.outcome.value, bold=True, color=_COLORS.get(one.outcome.value, "yellow"))
        console.say(f"{one.name} ({one.what}) ", head, _versions(one))
        for change in one.changes:
            console.say(f"    {_line(change)}")
    counts = f"{quantity(result.old_entries, 'entry', 'entries')} before, {result.new_entries} now"
    console.say(
        f"{len(result.differences)} differ: {counts}." if result.differences else f"No difference: {counts}."
    )


def _versions(one: EntryDifference) -> str:
    known = dict.fromkeys(version for version in (one.old_version, one.new_version) if version)
    return f" {' -> '.join(known)}" if known else ""


def _line(change: Change) -> str:
    what = f"{change.topic.value} {change.name}"
    if change.old is None:
        return f"+ {what}{_value(change.new)}"
    if change.new is None:
        return f"- {what}"
    return f"~ {what}: {_short(change.old)} -> {_short(change.new)}"


def _value(value: str | None) -> str:
    return "" if value in {None, "", "there"} else f" {_short(str(value))}"


def _short(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
