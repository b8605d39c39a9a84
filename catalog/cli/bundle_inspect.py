"""`catalog bundle inspect`: what a bundle holds, without unpacking it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Context, global_options
from catalog.model.byte_size import readable
from catalog.model.quantity import quantity
from catalog.operations.bundle_inspect import InspectRequest, bundle_inspect

if TYPE_CHECKING:
    from catalog.bundle.manifest import BundledExtension, BundledImage, BundleManifest
    from catalog.cli.console import Console
    from catalog.operations.bundle_inspect import InspectResult


_DAY = 86_400


@click.command(
    epilog="""\b
Examples:
  catalog bundle inspect kamiwaza-registry-20261121-070539.tar.gz
  catalog bundle inspect BUNDLE.tar.gz.part-000
  catalog bundle inspect BUNDLE.tar.gz --html contents.html
""",
)
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with all of it.")
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Show what a bundle holds, without unpacking it."""
    result = bundle_inspect(InspectRequest(**options))
    show(result, context.console())
    return result.exit_code


def show(result: InspectResult, console: Console) -> None:
    """Print the facts, the extensions and the images."""
    if console.result(result):
        return
    manifest = result.manifest
    console.say(str(result.path), bold=True)
    for name, value in _facts(manifest, result.bytes):
        console.say(f"  {name:<10} {value}")
    console.say()
    console.table(
        ("EXTENSION", "KIND", "VERSION", "IMAGES", "PACKED"),
        [_extension_row(one, manifest) for one in manifest.extensions],
    )
    if manifest.images:
        console.say()
        console.table(
            ("IMAGE", "PACKED", "UNPACKED", "FOR"),
            [_image_row(image) for image in manifest.images],
        )
        if len(manifest.images) > 1:
            console.say("Layers that images share are counted with each of them, and packed once.")
    for missing in manifest.missing:
        console.say(f"Missing: {missing.ref}, needed by {missing.extension}", color="yellow")
    if result.html:
        console.say(f"\nThe same as a page: {result.html}")
    console.say("\nNothing of this was checked. Check it with: catalog bundle verify", color="yellow")


def _extension_row(extension: BundledExtension, manifest: BundleManifest) -> tuple[str, ...]:
    sizes = {image.ref: image.bytes for image in manifest.images}
    size = sum(sizes.get(ref, 0) for ref in extension.images)
    return extension.name, extension.kind, extension.version, str(len(extension.images)), readable(size)


def _image_row(image: BundledImage) -> tuple[str, ...]:
    return image.ref, readable(image.bytes), readable(image.layer_bytes), ", ".join(image.extensions)


def _age(manifest: BundleManifest) -> str:
    days = int(time.time() - manifest.sequence) // _DAY
    return "in the future by this machine's clock" if days < 0 else f"{days} days ago"


def _facts(manifest: BundleManifest, size: int) -> list[tuple[str, str]]:
    sizes = manifest.sizes
    facts = [
        ("made", f"{manifest.created}, {_age(manifest)}"),
        ("tool", f"{manifest.tool.name} {manifest.tool.version}"),
        ("signer", f"says {manifest.signer.key}, which was not checked" if manifest.signer else "none"),
        ("platform", manifest.platform or "none (no images)"),
        ("catalogs", ", ".join(manifest.garden) + (f", stage {manifest.stage}" if manifest.stage else "")),
        ("images", f"{sizes.images} in {quantity(sizes.blobs, 'blob')}, {readable(sizes.blob_bytes)}"),
        ("unpacked", f"{readable(sizes.layer_bytes)} in the engine"),
        ("files", f"{sizes.files}, {readable(sizes.bytes)}"),
    ]
    if manifest.base:
        facts.append(("delta", f"needs the bundle whose SHA256SUMS has {manifest.base.sums}"))
    return [("size", readable(size)), *facts] if size else facts
