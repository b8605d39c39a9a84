"""`catalog init`: makes a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from catalog.cli.options import Context, global_options
from catalog.operations.init import InitRequest, init

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.init import InitResult


@click.command(
    epilog="""\b
Examples:
  catalog init my-extensions
  catalog init --title "Acme extensions"
""",
)
@click.argument("directory", type=click.Path(path_type=Path), default=Path())
@click.option("--title", default="Extension catalog", show_default=True, help="Title of the website.")
@global_options
@click.pass_obj
def command(context: Context, directory: Path, title: str) -> int:
    """Make a workspace for extensions.

    DIRECTORY is the current one unless given. Files that are there already are kept.
    """
    result = init(InitRequest(directory=directory.resolve(), title=title))
    show(result, context.console())
    return result.exit_code


def show(result: InitResult, console: Console) -> None:
    """Print what was written and what was kept, and the next command."""
    if console.result(result):
        return
    for path in result.written:
        console.say(f"wrote {path.relative_to(result.directory)}")
    for path in result.kept:
        console.say(f"kept  {path.relative_to(result.directory)}", color="yellow")
    console.say(f"The workspace is {result.directory}", bold=True)
    console.say("Make the first extension there with: catalog new app my-app")
