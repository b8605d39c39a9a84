"""`catalog images test`: runs the tests of extensions in their images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options, names_argument, type_option
from catalog.model.names import Kind
from catalog.operations.images_test import ImagesTestRequest, images_test

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.images_test import ImagesTestResult
    from catalog.operations.suite_run import SuiteReport


@click.command(
    epilog="""\b
Examples:
  catalog images test
  catalog images test field-notes
  catalog images test --require-tests --jobs 2 --timeout 300
""",
)
@names_argument
@type_option
@click.option("--require-tests", is_flag=True, help="Fail when an extension has no tests.")
@click.option("--no-health", "health", flag_value=False, default=True, help="Do not bring apps up.")
@click.option(
    "--timeout", type=click.FloatRange(1), help="Seconds for the tests of a service (default: 600)."
)
@click.option(
    "--up-timeout", type=click.FloatRange(1), help="Seconds for services to be ready (default: 120)."
)
@click.option("--memory", type=click.IntRange(16), help="MiB that tests may take (default: 2048).")
@click.option("--processes", type=click.IntRange(8), help="Processes that tests may start (default: 512).")
@click.option("--jobs", type=click.IntRange(1, 64), help="Extensions to test at once (default: 1).")
@click.option("--network", help="Network for installing test requirements (default: the engine's).")
@click.option("--engine", help="docker, podman, nerdctl or a path (default: the first that answers).")
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Run the tests of extensions in their images, cut off from this machine."""
    console = context.console()
    kind = options.pop("kind")
    given = {name: value for name, value in options.items() if value is not None}
    request = ImagesTestRequest(kind=Kind(kind) if kind else None, **given)
    result = images_test(context.open_workspace(), request, console)
    show(result, console)
    return result.exit_code


def show(result: ImagesTestResult, console: Console) -> None:
    """Print the findings, one line for the tests of a service, and what went wrong."""
    if console.result(result):
        return
    console.findings(result.findings)
    if result.left_over:
        console.say(f"Removed {result.left_over} things that an earlier run had left behind.")
    if not result.tests:
        console.say("There is nothing to test.")
        return
    console.table(("EXTENSION", "SERVICE", "TESTS", "OUTCOME", "TIME", "COUNTS"), map(_row, result.tests))
    for test in result.tests:
        if test.code:
            console.problem(f"{_name(test)}: {test.message}", test.hint)
        elif test.message:
            console.warning(f"{_name(test)}: {test.message}")
    failed = sum(1 for test in result.tests if test.code)
    text = f"{failed} of {len(result.tests)} failed." if failed else "All passed."
    console.say(text, bold=True, color="red" if failed else "green")


def _name(test: SuiteReport) -> str:
    return f"{test.extension}/{test.service}" if test.service else test.extension


def _row(test: SuiteReport) -> tuple[str, ...]:
    counts = ", ".join(
        f"{number} {name}" for name, number in test.counts.items() if number or name == "tests"
    )
    return (test.extension, test.service, test.runner, test.outcome.value, f"{test.seconds:.1f} s", counts)
