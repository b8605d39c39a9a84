"""`catalog libs build`: builds the packages of shared libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from catalog.cli.options import Context, global_options, languages_options, only_languages
from catalog.model.byte_size import readable
from catalog.operations.libs_build import LibsBuildRequest, libs_build

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.libs_build import LibsBuildResult


@click.command(
    epilog="""\b
Examples:
  catalog libs build
  catalog libs build --python-only
  catalog libs build --clean && catalog libs install
""",
)
@languages_options
@click.option("--clean", is_flag=True, help="First remove what earlier builds have left.")
@global_options
@click.pass_obj
def command(context: Context, /, *, python_only: bool, ts_only: bool, clean: bool) -> int:
    """Build the packages of shared libraries: wheels and npm packages."""
    console = context.console()
    request = LibsBuildRequest(languages=only_languages(python_only, ts_only), clean=clean)
    result = libs_build(context.open_workspace(), request, console)
    show(result, console)
    return result.exit_code


def show(result: LibsBuildResult, console: Console) -> None:
    """Print what was removed, and one line a package."""
    if console.result(result):
        return
    for path in result.removed:
        console.say(f"removed {path}")
    if not result.libraries:
        console.say("There are no shared libraries in shared/python and shared/typescript.")
        return
    rows = [
        (built.name, built.version, built.language.value, readable(built.bytes), str(built.package))
        for built in result.libraries
    ]
    console.table(("LIBRARY", "VERSION", "LANGUAGE", "SIZE", "PACKAGE"), rows)
