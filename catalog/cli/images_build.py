"""`catalog images build`: builds the images of extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options, names_argument, stage_option, type_option
from catalog.model.byte_size import readable
from catalog.model.names import Kind
from catalog.model.quantity import quantity
from catalog.operations.images_build import BuildOutcome, ImagesBuildRequest, images_build
from catalog.registry.stage import Stage

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.images_build import BuiltImage, ImagesBuildResult


@click.command(
    epilog="""\b
Examples:
  catalog images build
  catalog images build field-notes --no-cache
  catalog images build --changed --jobs 2
  catalog images build --stage prod
""",
)
@names_argument
@type_option
@stage_option
@click.option("--changed", is_flag=True, help="Leave out images whose sources are as they were.")
@click.option("--no-cache", is_flag=True, help="Run every step of every Dockerfile again.")
@click.option("--jobs", type=click.IntRange(1, 64), help="How many to build at once (default: up to 4).")
@click.option("--network", default="", help="Network of RUN, such as host or none (default: the engine's).")
@click.option("--engine", help="docker, podman, nerdctl or a path (default: the first that answers).")
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Build the images of extensions and tag them with their versions."""
    console = context.console()
    result = images_build(context.open_workspace(), _request(options), console)
    show(result, console)
    return result.exit_code


def _request(options: dict[str, Any]) -> ImagesBuildRequest:
    kind, stage = options.pop("kind"), options.pop("stage")
    given = {name: value for name, value in options.items() if value is not None}
    return ImagesBuildRequest(
        kind=Kind(kind) if kind else None, stage=Stage(stage) if stage else None, **given
    )


def show(result: ImagesBuildResult, console: Console) -> None:
    """Print the findings, one line an image, and why those failed that did."""
    if console.result(result):
        return
    console.findings(result.findings)
    if not result.images:
        console.say("There is no image to build.")
        return
    rows = [_row(image) for image in result.images]
    console.table(("EXTENSION", "SERVICE", "OUTCOME", "TIME", "SIZE", "IMAGE"), rows)
    failed = [image for image in result.images if image.outcome is BuildOutcome.FAILED]
    for image in failed:
        console.problem(f"{image.extension}/{image.services[0]}: {image.message}", image.hint)
    done = len(result.images) - len(failed)
    are = quantity(len(result.images), "image is", "images are")
    console.say(f"{done} of {are} there.", bold=True, color="red" if failed else "green")


def _row(image: BuiltImage) -> tuple[str, ...]:
    size = readable(image.bytes) if image.bytes else ""
    services = ", ".join(image.services)
    return (image.extension, services, image.outcome.value, f"{image.seconds:.1f} s", size, image.ref)
