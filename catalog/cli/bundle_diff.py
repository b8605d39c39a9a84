"""`catalog bundle diff`: what changes from one bundle to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options
from catalog.model.byte_size import readable
from catalog.model.quantity import quantity
from catalog.operations.bundle_diff import DiffRequest, bundle_diff

if TYPE_CHECKING:
    from catalog.bundle.bundle_diff import ExtensionChange, ImageChange
    from catalog.cli.console import Console
    from catalog.operations.bundle_diff import BundleIdentity, DiffResult

_SHORT = 19  # of `sha256:<hex>`: as many digits as docker shows


@click.command(
    epilog="""\b
Examples:
  catalog bundle diff OLD.tar.gz NEW.tar.gz
  catalog bundle diff /srv/kamiwaza-extension-registry NEW.tar.gz --json
  catalog bundle diff OLD.tar.gz NEW.tar.gz --exit-code
""",
)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--exit-code", is_flag=True, help="End with 1 when they differ.")
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Show which extensions and images differ between two bundles.

    OLD and NEW are tarballs or unpacked folders. Neither is verified.
    """
    request = DiffRequest(old=options["old"], new=options["new"], fail_on_difference=options["exit_code"])
    result = bundle_diff(request)
    show(result, context.console())
    return result.exit_code


def show(result: DiffResult, console: Console) -> None:
    """Print both bundles, the changes, and what a delta would carry."""
    if console.result(result):
        return
    console.say(f"old  {_identity(result.old)}")
    console.say(f"new  {_identity(result.new)}")
    diff = result.diff
    if diff.is_same:
        console.say("\nThey are the same.", bold=True, color="green")
        return
    if diff.extensions:
        console.say()
        console.table(("Extension", "Kind", "Change", "Version"), map(_extension, diff.extensions))
    if diff.images:
        console.say()
        console.table(("Image", "Change", "Size", "Image ID"), map(_image, diff.images))
    carried = diff.transfer
    console.say(
        f"\nA delta has {readable(carried.bytes)} in {quantity(carried.files, 'file')}, "
        f"{carried.blobs} of them blobs ({readable(carried.blob_bytes)}): catalog package --since OLD",
        bold=True,
    )


def _identity(bundle: BundleIdentity) -> str:
    counts = f"{quantity(bundle.extensions, 'extension')}, {quantity(bundle.images, 'image')}"
    return f"{bundle.created}  {bundle.platform or 'no images'}  {counts}, {readable(bundle.bytes)}"


def _extension(change: ExtensionChange) -> tuple[str, ...]:
    versions = " -> ".join(dict.fromkeys(version for version in (change.old, change.new) if version))
    return (change.name, change.kind, change.change.value, versions)


def _image(change: ImageChange) -> tuple[str, ...]:
    ids = " -> ".join(dict.fromkeys(one[:_SHORT] for one in (change.old, change.new) if one))
    return (change.ref, change.change.value, readable(change.bytes) if change.bytes else "", ids)
