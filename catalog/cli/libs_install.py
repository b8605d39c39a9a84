"""`catalog libs install`: copies packages of shared libraries into extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import (
    Context,
    global_options,
    languages_options,
    names_argument,
    only_languages,
    type_option,
)
from catalog.model.names import Kind
from catalog.operations.libs_install import LibsInstallRequest, libs_install

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.libs_install import InstalledLibrary, LibsInstallResult


@click.command(
    epilog="""\b
Examples:
  catalog libs install                               # into every extension that names one
  catalog libs install duty-roster --dry-run
  catalog libs install my-app --py-path backend      # also name it in backend/requirements.txt
""",
)
@names_argument
@type_option
@languages_options
@click.option("--lib", "libraries", multiple=True, help="Only this library; several names or options add up.")
@click.option("--py-path", default="", help="Folder of NAME for wheels, with its requirements.txt.")
@click.option("--ts-path", default="", help="Folder of NAME for npm packages, with its package.json.")
@click.option("--dry-run", is_flag=True, help="Only say what would be copied.")
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Copy built packages of shared libraries into extensions that name them."""
    console = context.console()
    kind = options.pop("kind")
    languages = only_languages(options.pop("python_only"), options.pop("ts_only"))
    names = tuple(name for given in options.pop("libraries") for name in given.replace(",", " ").split())
    request = LibsInstallRequest(
        kind=Kind(kind) if kind else None, languages=languages, libraries=names, **options
    )
    result = libs_install(context.open_workspace(), request)
    show(result, console)
    return result.exit_code


def show(result: LibsInstallResult, console: Console) -> None:
    """Print one line a copy, and what else was changed."""
    if console.result(result):
        return
    for installed in result.installed:
        console.say(f"{_word(installed, is_plan=result.dry_run)} {installed.package}")
        if installed.is_renamed:
            verb = "would name" if result.dry_run else "names"
            console.say(f"    {installed.named_in} {verb} {installed.package.name}")
        for path in installed.removed:
            console.say(f"    {'would remove' if result.dry_run else 'removed'} {path}")
    if not result.installed:
        console.say("No extension names a shared library.")


def _word(installed: InstalledLibrary, *, is_plan: bool) -> str:
    if not installed.is_new:
        return "unchanged"
    return "would copy" if is_plan else "copied"
