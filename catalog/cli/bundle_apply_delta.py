"""`catalog bundle apply-delta`: the new bundle from an old one and a delta."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options
from catalog.model.byte_size import readable
from catalog.operations.bundle_apply_delta import ApplyRequest, bundle_apply_delta

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.bundle_apply_delta import ApplyResult


@click.command(
    epilog="""\b
Examples:
  catalog bundle apply-delta OLD.tar.gz NEW.delta.tar.gz
  catalog bundle apply-delta OLD.tar.gz NEW.delta.tar.gz --key release.key.pub --out /srv
  catalog bundle apply-delta /srv/kamiwaza-extension-registry NEW.delta.tar.gz
""",
)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("delta", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the new bundle (default: beside the delta).",
)
@click.option(
    "--key", type=click.Path(path_type=Path, dir_okay=False), help="Public key that must have signed it."
)
@click.option("--allow-downgrade", is_flag=True, help="Take a bundle older than what this machine has seen.")
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Make the new bundle from an old one and a delta.

    OLD is a tarball or an unpacked folder. The new bundle has the very bytes of a full packing.
    """
    console = context.console()
    request = ApplyRequest(**options)
    result = bundle_apply_delta(request, console)
    show(result, console)
    return result.exit_code


def show(result: ApplyResult, console: Console) -> None:
    """Print where the bundle is, and who signed it."""
    if console.result(result):
        return
    verb = "Made" if result.is_written else "It was there already, and is whole:"
    console.say(
        f"{verb} {result.path} ({readable(result.size)}, of {result.created})", bold=True, color="green"
    )
    console.say(f"SHA-256 {result.sha256}")
    if result.is_checked:
        console.say(f"Signed by {result.signer}")
    elif result.signer is None:
        console.say("Nobody signed it.", color="yellow")
    else:
        console.say(f"Check who signed it: catalog bundle verify {result.path} --key KEY.pub", color="yellow")
