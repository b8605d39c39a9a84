"""`catalog images push`: pushes the images of some extensions as the engine has them."""

from __future__ import annotations

from typing import Any

import click

from catalog.cli.images_shown import dry_run_option, engine_option, registry_option, show_publication
from catalog.cli.options import Context, complete_names, global_options, stage_option, type_option
from catalog.operations.image_tools import ImageTools
from catalog.operations.images_push import ImagesPushRequest, images_push
from catalog.operations.registry_access import open_registries


@click.command(
    epilog="""\b
Examples:
  catalog images push field-notes --registry registry.acme.test/acme
  catalog images push field-notes --stage dev --dry-run

The login is the one of `docker login` or `podman login`.
""",
)
@click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=complete_names)
@type_option
@stage_option
@registry_option
@dry_run_option
@engine_option
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Push the images of some extensions, for the engine's own platform.

    Without --stage they keep the tag v{version} of local builds. Except at the stage dev, a tag that is
    published never comes to mean another image.
    """
    console = context.console()
    request = ImagesPushRequest(**options)
    with open_registries() as registries:
        result = images_push(context.open_workspace(), request, ImageTools(registries), console)
    show_publication(result, console)
    return result.exit_code
