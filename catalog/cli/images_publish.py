"""`catalog images publish`: brings the images of extensions to the registry of a stage."""

from __future__ import annotations

from typing import Any

import click

from catalog.cli.images_shown import (
    dry_run_option,
    engine_option,
    platforms_option,
    registry_option,
    show_publication,
)
from catalog.cli.options import STAGES, Context, global_options, names_argument, type_option
from catalog.operations.image_tools import ImageTools
from catalog.operations.images_publish import ImagesPublishRequest, images_publish
from catalog.operations.registry_access import open_registries


@click.command(
    epilog="""\b
Examples:
  catalog images publish --dry-run
  catalog images publish field-notes --stage prod
  catalog images publish --platforms linux/amd64,linux/arm64
  catalog images publish --single-arch --registry registry.acme.test/acme

The login is the one of `docker login` or `podman login`.
""",
)
@names_argument
@type_option
@click.option("--stage", type=click.Choice(STAGES), default="dev", help="Which stage's tags (default: dev).")
@registry_option
@platforms_option("Build for these (default: linux/amd64,linux/arm64 with buildx, else the engine's own).")
@click.option("--single-arch", is_flag=True, help="Push what the engine has, for its own platform.")
@dry_run_option
@engine_option
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Publish images, for several platforms where docker buildx is there.

    If one image stands in the way, nothing is pushed. What is there already is not pushed again. Except at
    the stage dev, a tag that is published never comes to mean another image.
    """
    console = context.console()
    if options["single_arch"] and options["platforms"]:
        raise click.UsageError("--single-arch and --platforms contradict each other.")
    request = ImagesPublishRequest(**options)
    with open_registries() as registries:
        result = images_publish(context.open_workspace(), request, ImageTools(registries), console)
    show_publication(result, console)
    return result.exit_code
