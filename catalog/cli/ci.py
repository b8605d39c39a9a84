"""`catalog ci`: the whole pipeline."""

from __future__ import annotations

import html
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalog.cli.ci_log import COLORS, Annotations, open_log, summary_file, usual
from catalog.cli.options import Context, global_options, repo_version_option, stage_option
from catalog.operations.ci import CiRequest, ci
from catalog.operations.ci_report import Step, Verdict
from catalog.registry.stage import Stage

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.ci_report import CiResult

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(
    epilog="""\b
Examples:
  catalog ci
  catalog ci --from sync-compose
  catalog ci --check-compose --strict --junit reports/catalog.xml
  catalog ci --stage prod --report reports/catalog.json
""",
)
@click.option(
    "--from",
    "first",
    type=click.Choice([step.value for step in Step]),
    default=Step.LIBS.value,
    help="Begin with this step, as if those before it had passed.",
)
@stage_option
@repo_version_option
@click.option("--check-compose", is_flag=True, help="Refuse stale App Garden files instead of writing them.")
@click.option("--strict", is_flag=True, help="Warnings of validate fail, too.")
@click.option("--require-tests", is_flag=True, help="Fail when an extension has no tests.")
@click.option("--network", default="", help="Network of RUN and of test requirements, such as host or none.")
@click.option("--engine", help="docker, podman, nerdctl or a path (default: the first that answers).")
@click.option("--report", type=_FILE, help="Write the result to this file as JSON.")
@click.option("--junit", type=_FILE, help="Write the result to this file as JUnit XML.")
@click.option("--code-quality", type=_FILE, help="Write the findings to this file as GitLab reads them.")
@click.option(
    "--annotations",
    type=click.Choice([form.value for form in Annotations]),
    help="Whose log it is, for folds and annotations (default: told by GITHUB_ACTIONS and GITLAB_CI).",
)
@global_options
@click.pass_obj
def command(context: Context, /, annotations: str | None, **options: Any) -> int:
    """Run the whole pipeline, and stop at the first step that fails.

    The steps: libs builds the shared libraries and copies them into extensions, build builds all images, test
    tests them, sync-compose writes App Garden files, validate checks everything, registry builds registry and
    website, package packs the bundle.
    """
    console, workspace = context.console(), context.open_workspace()
    form = Annotations(annotations) if annotations else usual(os.environ)
    result = ci(workspace, _request(options), open_log(console, form, workspace.root))
    show(result, console)
    _summarize(result, summary_file(form), console)
    return result.exit_code


def _request(options: dict[str, Any]) -> CiRequest:
    stage = options.pop("stage")
    return CiRequest(first=Step(options.pop("first")), stage=Stage(stage) if stage else None, **options)


def show(result: CiResult, console: Console) -> None:
    """Print a line for each step with its time, where to go on, and what was made."""
    if console.result(result):
        return
    console.table(("STEP", "RESULT", "TIME", ""), _rows(result))
    if result.failed:
        console.say(f"Failed at {result.failed.value} after {result.seconds:.1f} s.", bold=True, color="red")
        console.say(f"Once it is corrected, go on with: catalog ci --from {result.failed.value}")
    else:
        console.say(f"Passed in {result.seconds:.1f} s.", bold=True, color=COLORS[Verdict.PASSED])
    for path in (path for report in result.steps for path in report.produced):
        console.say(f"  {path}")


def _rows(result: CiResult) -> list[tuple[str, ...]]:
    return [
        (
            report.step.value,
            report.verdict.value,
            f"{report.seconds:.1f} s" if report.has_run else "",
            report.summary,
        )
        for report in result.steps
    ]


def _summarize(result: CiResult, file: str | None, console: Console) -> None:
    """Add a table to the file whose Markdown is shown on the page of a run."""
    if not file:
        return
    rows = [("Step", "Result", "Time", ""), ("---",) * 4, *_rows(result)]
    text = "".join(f"| {' | '.join(map(_cell, row))} |\n" for row in rows)
    try:
        with Path(file).open("a", encoding="utf-8", errors="replace") as summary:
            summary.write(f"### catalog ci\n\n{text}\n")
    except OSError as error:
        console.warning(f"{file} cannot be written: {(error.strerror or str(error)).lower()}.")


def _cell(text: str) -> str:
    """The text in a cell of a Markdown table, with nothing in it that is markup."""
    return html.escape(" ".join(text.split()), quote=False).replace("|", "&#124;")
