"""`catalog images verify`: looks whether the images that extensions need are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from catalog.cli.images_shown import engine_option, platforms_option, registry_option
from catalog.cli.options import Context, global_options, names_argument, stage_option, type_option
from catalog.model.byte_size import readable
from catalog.model.quantity import quantity
from catalog.operations.image_tools import ImageTools
from catalog.operations.images_verify import ImagesVerifyRequest, images_verify
from catalog.operations.registry_access import open_registries

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.images_verify import ImagesVerifyResult, VerifiedImage


@click.command(
    epilog="""\b
Examples:
  catalog images verify
  catalog images verify field-notes --remote --stage prod
  catalog images verify --remote --stage dev --platforms linux/amd64,linux/arm64

The login is the one of `docker login` or `podman login`.
""",
)
@names_argument
@type_option
@stage_option
@click.option("--remote", is_flag=True, help="Ask the registries, not the engine.")
@registry_option
@platforms_option("The platforms that every image must be there for.")
@engine_option
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Verify that images are there, and note their digests and platforms.

    They are noted in .catalog/images.json.
    """
    console = context.console()
    request = ImagesVerifyRequest(**options)
    if request.remote:
        with open_registries() as registries:
            result = images_verify(context.open_workspace(), request, ImageTools(registries), console)
    else:
        result = images_verify(context.open_workspace(), request, ImageTools(None), console)
    show(result, console)
    return result.exit_code


def show(result: ImagesVerifyResult, console: Console) -> None:
    """Print findings, one line an image, and what is wrong with those that are not as they should be."""
    if console.result(result):
        return
    console.findings(result.findings)
    if not result.images:
        console.say("There is no image to verify.")
        return
    console.table(("IMAGE", "PLATFORMS", "SIZE", "DIGEST"), [_row(image) for image in result.images])
    for image in result.images:
        if image.problem:
            who = ", ".join(image.extensions)
            console.problem(f"{image.ref} (needed by {who}): {image.problem}", _hint(image, result))
    wrong = sum(1 for image in result.images if image.problem)
    where = "in their registries" if result.remote else "in the engine"
    are = quantity(len(result.images), "image is", "images are")
    text = f"{len(result.images) - wrong} of {are} {where}."
    console.say(text, bold=True, color="red" if wrong else "green")


def _row(image: VerifiedImage) -> tuple[str, ...]:
    platforms = ", ".join(variant.platform for variant in image.variants)
    return (image.ref, platforms, readable(image.bytes) if image.bytes else "", image.digest)


def _hint(image: VerifiedImage, result: ImagesVerifyResult) -> str:
    if result.remote:
        return f"If it is ours: catalog images publish {image.extensions[0]}"
    return f"If it is ours: catalog images build {image.extensions[0]}; else: docker pull {image.ref}"
