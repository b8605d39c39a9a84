"""`catalog bundle join`: parts become the file again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options
from catalog.model.byte_size import readable
from catalog.operations.bundle_join import JoinRequest, bundle_join

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.bundle_join import JoinResult


@click.command(
    epilog="""\b
Examples:
  catalog bundle join kamiwaza-registry-20261121-070539.tar.gz.parts.json
  catalog bundle join /media/usb/BUNDLE.tar.gz.part-000 --out /srv
  catalog bundle join BUNDLE.tar.gz.parts.json --check
""",
)
@click.argument("parts", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the file (default: beside the parts).",
)
@click.option("--check", is_flag=True, help="Only check the parts; write nothing.")
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Join the parts of a bundle, and check each.

    PARTS is FILE.parts.json, a part, or FILE. Bad and missing parts are named, so that only those must be
    copied again.
    """
    console = context.console()
    request = JoinRequest(given=options["parts"], out=options["out"], check=options["check"])
    result = bundle_join(request, console)
    show(result, console)
    return result.exit_code


def show(result: JoinResult, console: Console) -> None:
    """Print what is wrong with which part, or where the file is."""
    if console.result(result):
        return
    for stray in result.strays:
        console.say(
            f"{stray} is not one of the parts and was left out; cat FILE.part-??? would take it.",
            color="yellow",
        )
    if result.problems:
        _show_problems(result, console)
    elif result.file is None:
        console.say(f"All {result.parts} parts are as they were made.", bold=True, color="green")
    elif result.is_written:
        console.say(f"Joined {result.file} ({readable(result.size)})", bold=True, color="green")
    else:
        console.say(f"{result.file} is there already, and is whole.", bold=True, color="green")


def _show_problems(result: JoinResult, console: Console) -> None:
    for problem in result.problems:
        console.say(f"{problem.name} {problem.reason}.", color="red")
    names = " ".join(problem.name for problem in result.problems)
    console.say("Nothing was joined, and no part was removed.", bold=True, color="red")
    console.say(f"Copy these again, then run the command again: {names}")
