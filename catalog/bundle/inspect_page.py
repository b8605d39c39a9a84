"""One page that shows what a bundle holds: no script, no request, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from catalog.model.byte_size import readable
from catalog.workspace.assets import shipped

if TYPE_CHECKING:
    from catalog.bundle.manifest import BundleManifest


def inspect_page(name: str, manifest: BundleManifest) -> bytes:
    """The page of the bundle called `name`.

    Raises:
        MissingError: the installation lacks the template.
    """
    folder = shipped("site_templates") / "bundle"
    templates = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["bytes"] = readable
    users = {image.ref: image.extensions for image in manifest.images}
    page = templates.get_template("contents.html").render(name=name, bundle=manifest, users=users)
    return f"{page}\n".encode()
