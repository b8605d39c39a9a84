"""Writes CycloneDX 1.6 documents, always the same bytes for the same content.

Written by hand because the library for it loads four more packages and leaves neither the order nor the
serial number alone; the tests hold what comes out against its schema.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.bundle.assemble import PROGRAM
from catalog.model.image_ref import ImageRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from catalog.bundle.manifest import BundledImage

Component = dict[str, Any]
SPEC_VERSION = "1.6"


class About(Struct, frozen=True):
    """What a document is about, when it was `created` (RFC 3339, UTC), with which programs, and remarks."""

    subject: Component
    created: str
    tools: Sequence[Component]
    properties: Sequence[tuple[str, str]] = ()


def document(
    about: About, components: Iterable[Component], dependencies: Mapping[str, Sequence[str]]
) -> bytes:
    """The document as JSON in UTF-8; its serial number is made from its content.

    Args:
        about: what its metadata says.
        components: each with its own `bom-ref`.
        dependencies: from the `bom-ref` of a component to those of the ones that it needs.
    """
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "version": 1,
        "metadata": {
            "timestamp": about.created,
            "tools": {"components": list(about.tools)},
            "component": about.subject,
            "properties": properties(about.properties),
        },
        "components": sorted(components, key=lambda component: str(component["bom-ref"])),
        "dependencies": [
            {"ref": ref, "dependsOn": sorted(set(needed))} for ref, needed in sorted(dependencies.items())
        ],
        "compositions": [{"aggregate": "incomplete", "assemblies": [about.subject["bom-ref"]]}],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, f"urn:sha256:{hashlib.sha256(canonical(content)).hexdigest()}")
    return canonical(content | {"serialNumber": f"urn:uuid:{serial}"})


def canonical(value: Any) -> bytes:
    """The value as JSON in UTF-8: sorted keys, two spaces of indentation, one newline at the end."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, indent=2)
    return f"{text}\n".encode("utf-8", "replace")


def properties(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Properties as CycloneDX has them, those with an empty value left out."""
    return [{"name": name, "value": value} for name, value in pairs if value]


def tool(version: str) -> Component:
    """This program, as one of the tools that made a document."""
    return {"type": "application", "name": PROGRAM, "version": version}


def image_component(image: BundledImage) -> Component:
    """An image; its hash is that of its config, Docker's and podman's image ID."""
    ref = ImageRef.parse(image.ref)
    return {
        "bom-ref": image_key(image.ref),
        "type": "container",
        "name": ref.name,
        "version": ref.tag,
        "hashes": [{"alg": "SHA-256", "content": image.config.removeprefix("sha256:")}],
        "properties": properties(
            [
                ("catalog:image:manifest", image.manifest),
                ("catalog:image:named", image.named),
                ("catalog:image:platform", image.platform),
            ]
        ),
    }


def image_key(ref: str) -> str:
    """The `bom-ref` of an image."""
    return f"image:{ref}"
