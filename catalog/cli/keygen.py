"""`catalog keygen`: a key that signs bundles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options
from catalog.cli.passphrase import asked_passphrase, passphrase_options, taken_passphrase
from catalog.operations.keygen import KeygenRequest, keygen

if TYPE_CHECKING:
    from catalog.cli.console import Console
    from catalog.operations.keygen import KeygenResult


@click.command(
    epilog="""\b
Examples:
  catalog keygen release.key
  catalog keygen release.key --passphrase-env RELEASE_KEY_PASSPHRASE
""",
)
@click.argument("path", type=click.Path(path_type=Path))
@passphrase_options
@click.option("--no-passphrase", is_flag=True, help="Do not ask for one; whoever has the file can sign.")
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Make a key that signs bundles."""
    passphrase = taken_passphrase(options)
    if passphrase and options["no_passphrase"]:
        raise click.UsageError("Give a passphrase or --no-passphrase, not both.")
    if passphrase is None and not options["no_passphrase"]:
        passphrase = asked_passphrase("Passphrase (empty for none)", confirm=True)
    result = keygen(KeygenRequest(path=options["path"], passphrase=passphrase))
    show(result, context.console())
    return result.exit_code


def show(result: KeygenResult, console: Console) -> None:
    """Print where the key is and how it is used."""
    if console.result(result):
        return
    console.say(f"Private key  {result.private}  (keep it to yourself; it signs in your name)", bold=True)
    if not result.encrypted:
        console.say("             it has no passphrase", color="yellow")
    console.say(f"Public key   {result.public}")
    console.say(f"Key id       {result.key}")
    console.say("\nSign with it:")
    console.say(f"  catalog package --sign {result.private}")
    console.say("Give the public key to those who install, by another way than the bundle. They check with:")
    console.say(f"  openssl dgst -sha256 -verify {result.public} -signature BUNDLE.tar.gz.sig BUNDLE.tar.gz")
