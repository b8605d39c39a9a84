"""`catalog validate`: every finding of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options, names_argument, no_cache_option, type_option
from catalog.model.names import Kind
from catalog.model.quantity import quantity
from catalog.operations.findings_report import ReportForm, findings_report
from catalog.operations.validate import ValidateRequest, validate

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.validate import ValidateResult


@click.command(
    epilog="""\b
Examples:
  catalog validate
  catalog validate field-notes --strict
  catalog validate --format sarif > findings.sarif
""",
)
@names_argument
@type_option
@click.option("--strict", is_flag=True, help="Warnings fail, too.")
@no_cache_option
@click.option("--images", is_flag=True, help="Ask the engine whether it has every image.")
@click.option("--engine", help="docker, podman, nerdctl or a path (default: the first that answers).")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "github", "gitlab", "sarif")),
    default="text",
    help="How to print findings: for people, as JSON, for GitHub Actions, GitLab, or as SARIF 2.1.0.",
)
@global_options
@click.pass_obj
def command(context: Context, /, form: str, kind: str | None, no_cache: bool, **options: Any) -> int:
    """Check extensions and report every finding at once.

    Warnings that the table [suppress."NAME"] of catalog.toml names are counted, but not shown.
    """
    request = ValidateRequest(kind=Kind(kind) if kind else None, use_cache=not no_cache, **options)
    console = context.console()
    console.as_json = console.as_json or form == "json"
    workspace = context.open_workspace()
    result = validate(workspace, request, console)
    if console.as_json or form == "text":
        show(result, console)
    else:
        console.document(findings_report(result.findings, workspace.root, ReportForm(form)))
    return result.exit_code


def show(result: ValidateResult, console: Console) -> None:
    """Print the findings, and at the end how many there are."""
    if console.result(result):
        return
    console.findings(result.findings)
    failed = result.exit_code != result.DONE
    suppressed = f", {len(result.suppressed)} suppressed" if result.suppressed else ""
    console.say(
        f"{result.checked} checked: {quantity(result.errors, 'error')}, "
        f"{quantity(result.warnings, 'warning')}{suppressed}.",
        bold=True,
        color="red" if failed else "green",
    )
