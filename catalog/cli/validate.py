"""`catalog validate`: every finding of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from catalog.cli.options import Context, global_options, names_argument, type_option
from catalog.model.names import Kind
from catalog.operations.validate import ValidateRequest, validate

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.validate import ValidateResult


@click.command(
    epilog="""\b
Examples:
  catalog validate
  catalog validate field-notes --strict
  catalog validate --format json
""",
)
@names_argument
@type_option
@click.option("--strict", is_flag=True, help="Warnings fail, too.")
@click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", help="How to print findings."
)
@global_options
@click.pass_obj
def command(context: Context, names: tuple[str, ...], kind: str | None, *, strict: bool, form: str) -> int:
    """Check extensions and report every finding at once."""
    request = ValidateRequest(names=names, kind=Kind(kind) if kind else None, strict=strict)
    console = context.console()
    console.as_json = console.as_json or form == "json"
    result = validate(context.open_workspace(), request, console)
    show(result, console)
    return result.exit_code


def show(result: ValidateResult, console: Console) -> None:
    """Print the findings, and at the end how many there are."""
    if console.result(result):
        return
    console.findings(result.findings)
    failed = result.exit_code != result.DONE
    console.say(
        f"{result.checked} checked: {_count(result.errors, 'error')}, {_count(result.warnings, 'warning')}.",
        bold=True,
        color="red" if failed else "green",
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
