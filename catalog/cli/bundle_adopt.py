"""`catalog bundle adopt`: a bundle of the older template becomes one of ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalog.bundle.keys import is_encrypted
from catalog.cli.options import Context, global_options
from catalog.cli.passphrase import asked_passphrase, passphrase_options, taken_passphrase
from catalog.model.quantity import quantity
from catalog.operations.bundle_adopt import AdoptRequest, bundle_adopt

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.bundle_adopt import AdoptResult


@click.command(
    epilog="""\b
Examples:
  catalog bundle adopt OLD_TEMPLATE.tar.gz --out dist
  catalog bundle adopt OLD_TEMPLATE.tar.gz --out dist --sign release.key
""",
)
@click.argument("old", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder for the new bundle.",
)
@click.option("--sign", type=click.Path(path_type=Path, dir_okay=False), help="Sign with this private key.")
@passphrase_options
@click.option(
    "--allow-missing", is_flag=True, help="Go on without images that the old bundle lacks (exit 3)."
)
@click.option("--replace", is_flag=True, help="Replace another bundle of the same name.")
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Turn a bundle of the older template into one of ours.

    Its catalogs, pictures and images are taken over and checked; its scripts are replaced by ours.
    """
    passphrase = taken_passphrase(options)
    if passphrase is None and options["sign"] and is_encrypted(options["sign"]):
        passphrase = asked_passphrase(f"Passphrase of {options['sign']}")
    console = context.console()
    result = bundle_adopt(AdoptRequest(passphrase=passphrase, **options), console)
    show(result, console)
    return result.exit_code


def show(result: AdoptResult, console: Console) -> None:
    """Print where the new bundle is, and what of the old one must worry people."""
    if console.result(result):
        return
    _warn(result, console)
    counts = f"{quantity(result.extensions, 'extension')}, {quantity(result.images, 'image')}"
    console.say(f"Made {result.path}: {counts}", bold=True, color="green")
    console.say(f"SHA-256 {result.sha256}")
    for name in result.left_out:
        console.say(f"not taken over: {name}")


def _warn(result: AdoptResult, console: Console) -> None:
    for name in result.leaked:
        console.say(
            f"The old bundle carries a private key: {name}. It was not taken over, but whoever has the old "
            "bundle has the key. Stop using it, and replace the certificates that were made with it.",
            bold=True,
            color="red",
        )
    for image in result.missing:
        console.say(
            f"{image.ref} is not in the old bundle, although {image.extension} needs it.", color="yellow"
        )
    for ref in result.unused:
        console.say(f"{ref} was left out: no extension names it.", color="yellow")
