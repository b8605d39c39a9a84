"""What the commands about images in registries have in common: options, and how a publication is shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import click

from catalog.model.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from catalog.cli.console import Console
    from catalog.operations.image_publication import ImagePublication, PublishedImage

F = TypeVar("F", bound="Callable[..., Any]")
COLORS = {
    "push": "green",
    "replace": "green",
    "compare": "yellow",
    "unchanged": None,
    "conflict": "red",
    "missing": "red",
    "failed": "red",
}
_PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?")


def _platforms(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(word.strip() for word in (value or "").split(",") if word.strip()))
    for word in words:
        if not _PLATFORM.fullmatch(word):
            raise click.BadParameter(f"{word!r} is no platform such as linux/amd64.", ctx, param)
    return words


def registry_option(function: F) -> F:
    """`--registry`: where our images lie."""
    return click.option(
        "--registry",
        metavar="HOST/NAMESPACE",
        help="Where our images lie (default: images of [publish.STAGE], else where their names say).",
    )(function)


def engine_option(function: F) -> F:
    """`--engine`: which engine."""
    return click.option(
        "--engine", help="docker, podman, nerdctl or a path (default: the first that answers)."
    )(function)


def platforms_option(help_text: str) -> Callable[[F], F]:
    """`--platforms`: a list of platforms."""
    return click.option("--platforms", metavar="P1,P2", callback=_platforms, help=help_text)


def dry_run_option(function: F) -> F:
    """`--dry-run`: only the plan."""
    return click.option(
        "--dry-run", is_flag=True, help="Ask engine and registries, and show the plan; push nothing."
    )(function)


def show_publication(result: ImagePublication, console: Console) -> None:
    """Print one line an image, why those failed that did, and the outcome."""
    if console.result(result):
        return
    for note in result.notes:
        console.warning(note)
    if not result.images:
        console.say("There is no image to publish.")
        return
    for image in result.images:
        word = console.style(f"{image.deed.value:9}", bold=True, color=COLORS[image.deed.value])
        console.say(word, f" {_line(image)}")
    for image in result.images:
        if image.code:
            console.problem(f"{image.ref}: {image.reason}", image.hint)
    _show_outcome(result, console)


def _line(image: PublishedImage) -> str:
    platforms = ", ".join(variant.platform for variant in image.variants)
    known = " ".join(filter(None, (image.digest, platforms)))
    return f"{image.ref}{f' {known}' if known else ''}"


def _show_outcome(result: ImagePublication, console: Console) -> None:
    there = [image for image in result.images if image.is_done or image.deed.value == "unchanged"]
    if result.dry_run:
        console.say("Nothing was pushed.", bold=True)
    elif result.exit_code and not any(image.is_done for image in result.images):
        console.say("Nothing was pushed.", bold=True, color="red")
    else:
        are = quantity(len(result.images), "image is", "images are")
        text = f"{len(there)} of {are} in their registries."
        console.say(text, bold=True, color="red" if result.exit_code else "green")
        if result.exit_code:
            console.say("Run it again: what is there is not pushed again.")
