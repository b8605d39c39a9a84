"""`catalog remote download`: a published catalog into a folder."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options
from catalog.cli.published import stage_and_version_options
from catalog.model.quantity import quantity
from catalog.operations.remote_download import RemoteDownloadRequest, remote_download
from catalog.registry.layout import RepositoryVersion

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.remote_download import RemoteDownloadResult


@click.command(
    epilog="""\b
Examples:
  catalog remote download
  catalog remote download --stage prod --out published
""",
)
@stage_and_version_options
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False, resolve_path=True),
    help="Folder that is replaced (default: dist/published-STAGE, in the workspace).",
)
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Download a published catalog with its pictures."""
    console = context.console()
    result = remote_download(context.open_workspace().root, RemoteDownloadRequest(**options), console)
    show(result, console)
    return result.exit_code


def show(result: RemoteDownloadResult, console: Console) -> None:
    """Print what was downloaded from where to where."""
    if console.result(result):
        return
    for key in result.missing_pictures:
        console.say(f"{key} is named by an entry, but is not there.", color="yellow")
    console.say(
        f"Downloaded {quantity(result.entries, 'entry', 'entries')} and "
        f"{quantity(result.pictures, 'picture')} from {result.address} "
        f"to {result.root}",
        bold=True,
        color="green",
    )
    console.say(f"Compare it with this workspace: {_comparison(result)}")


def _comparison(result: RemoteDownloadResult) -> str:
    """The command that finds no difference as long as the workspace is as it was published."""
    where = f"--stage {result.stage.value}"
    if result.version is not RepositoryVersion.V1:
        where = f"{where} --repo-version {result.version.value}"
    if result.has_ranges:
        return f"catalog publish --dry-run {where}"
    return f"catalog build {where} && catalog diff {shlex.quote(str(result.root))} ."
