"""`catalog publish`: the workspace into the published catalog of a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options
from catalog.cli.published import stage_and_version_options, wait_option
from catalog.model.quantity import quantity
from catalog.operations.publish import PublishRequest, publish
from catalog.operations.pullable import pullable_images

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.publish import PublishResult
    from catalog.registry.merge import Step

_COLORS = {"insert": "green", "replace": "green", "unchanged": None, "conflict": "red"}


@click.command(
    epilog="""\b
Examples:
  catalog publish --dry-run
  catalog publish --stage prod
  catalog publish --force field-notes
""",
)
@stage_and_version_options
@click.option("--dry-run", is_flag=True, help="Read everything, write nothing, and show what would be done.")
@click.option(
    "--images-first", is_flag=True, help="With --dry-run: as if catalog images publish had run before."
)
@click.option(
    "--force",
    "forced",
    metavar="NAME",
    multiple=True,
    help="Replace what is published under NAME whatever its version is; stage dev only.",
)
@click.option("--site", is_flag=True, help="Also publish the website of all that is published then.")
@wait_option
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Publish the catalog of the workspace to a stage.

    The images must be there first: catalog images publish.
    """
    console = context.console()
    request = PublishRequest(**options | {"forced": frozenset(options["forced"])})
    workspace = context.open_workspace()
    result = publish(workspace, request, pullable_images(), console)
    show(result, console)
    return result.exit_code


def show(result: PublishResult, console: Console) -> None:
    """Print findings, one line an entry, and what was done or stands in the way."""
    if console.result(result):
        return
    console.findings(result.findings)
    for step in result.steps:
        word = console.style(f"{step.deed.value:9}", bold=True, color=_COLORS[step.deed.value])
        console.say(word, f" {_line(step)}")
    for ref, reason in result.missing_images.items():
        console.say(f"{ref} cannot be pulled: {reason}", color="red")
    _show_outcome(result, console)


def _line(step: Step) -> str:
    versions = f"{', '.join(step.replaced)} -> {step.version}" if step.replaced else step.version
    moved = ", which moves to the other file" if step.moves else ""
    reason = f": {step.reason}" if step.reason else ""
    return f"{step.name} {versions}{moved}{reason}"


def _show_outcome(result: PublishResult, console: Console) -> None:
    where = f"{result.address} (stage {result.stage.value})"
    if result.exit_code and not result.site_problem:
        console.say(f"Nothing was published to {where}.", bold=True, color="red")
        if any(step.deed.value == "conflict" for step in result.steps):
            console.say("Raise a version with: catalog bump NAME patch")
        elif result.missing_images:
            console.say(f"Publish the images first: catalog images publish --stage {result.stage.value}")
    elif result.is_published:
        console.say(f"Published to {where}.", bold=True, color="green")
        console.say(f"As it was before: {result.backup}")
    elif result.dry_run:
        console.say(f"Nothing was written to {where}.", bold=True)
    else:
        console.say(f"{where} has all of this already.", bold=True)
    if result.site_files is not None:
        console.say(f"Website: {quantity(result.site_files, 'file')} written.")
    if result.site_problem:
        console.problem(f"The website is not published as a whole: {result.site_problem}", result.site_hint)
