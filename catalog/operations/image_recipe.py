"""Makes the recipe that an engine gets for an image: paths, tag, labels, and a digest of what goes in."""

from __future__ import annotations

import hashlib
import json
import os
import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from catalog.appgarden.image_builds import ADDRESSES
from catalog.engine.building import BuildRecipe
from catalog.model.image_ref import ImageRef
from catalog.registry.stage import image_tag
from catalog.workspace.context_digest import context_digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from catalog.appgarden.image_builds import ImageBuild
    from catalog.engine.engine import LocalImage
    from catalog.model.extension import Extension
    from catalog.registry.stage import Stage
    from catalog.workspace.source_state import SourceState

RECIPE_LABEL = "io.kamiwaza.catalog.recipe"
"""The label that holds the digest of everything that an image was built from."""
_OCI = "org.opencontainers.image"
_FROM = re.compile(r"^[ \t]*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE | re.MULTILINE)


class PlannedImage(Struct, frozen=True):
    """An image to build: the extension with its folder on this machine, the build, and its final name."""

    extension: Extension
    folder: Path
    build: ImageBuild
    ref: str

    @property
    def label(self) -> str:
        """How its lines are marked while it is built."""
        return f"{self.extension.name}/{self.build.service}"

    @property
    def dockerfile(self) -> str:
        """The text of its Dockerfile."""
        return (self.folder / self.build.dockerfile).read_text(encoding="utf-8", errors="replace")


def planned(extension: Extension, folder: Path, build: ImageBuild, stage: Stage | None) -> PlannedImage:
    """The image with the stage's tag; one that is pinned by its digest alone keeps its name."""
    ref = ImageRef.parse(build.ref)
    if stage is not None and not (ref.digest and not ref.tag):
        ref = ref.with_tag(image_tag(extension.version, stage))
    return PlannedImage(extension, folder, build, str(ref))


def bases(dockerfile: str) -> tuple[str, ...]:
    """The images that a Dockerfile starts from, without its own stages and without variables."""
    found = [(match[1], match[2]) for match in _FROM.finditer(dockerfile)]
    stages = {name.lower() for _, name in found if name} | {"scratch"}
    return tuple(dict.fromkeys(base for base, _ in found if base.lower() not in stages and "$" not in base))


def stages(dockerfile: str) -> tuple[str, ...]:
    """The names of a Dockerfile's stages, in their order."""
    return tuple(match[2] for match in _FROM.finditer(dockerfile) if match[2])


def recipe(image: PlannedImage, network: str = "") -> BuildRecipe:
    """What the engine gets, without labels; `network` counts where the compose file names none."""
    build, folder = image.build, image.folder
    return BuildRecipe(
        context=folder / build.context,
        dockerfile=folder / build.dockerfile,
        tags=(image.ref,),
        args=build.args,
        target=build.target,
        network=build.network or network,
        contexts={
            name: value if value.startswith(ADDRESSES) else str(folder / value)
            for name, value in build.contexts.items()
        },
        secrets=tuple(
            f"id={name},{kind}={folder / place if kind == 'src' else place}"
            for name, kind, place in build.secrets
        ),
        hosts=build.hosts,
        cache_from=build.cache_from,
    )


def labelled(made: BuildRecipe, image: PlannedImage, state: SourceState, digest: str) -> BuildRecipe:
    """The recipe with the labels that say where the image comes from.

    The names are those of the OCI image specification, "Annotations". Nothing in them knows the clock, so
    that the same sources make the same image; the engine notes when it was built.
    """
    return replace(made, labels={**_oci_labels(image, state), **image.build.labels, RECIPE_LABEL: digest})


def recipe_digest(made: BuildRecipe, image: PlannedImage, known: Mapping[str, LocalImage]) -> str:
    """The digest of everything that goes into the image, as far as this machine knows it.

    Args:
        made: the recipe, without labels.
        image: the image.
        known: the base images that the engine has, by reference.

    Raises:
        OSError: a file of the context cannot be read.
    """
    parts = {
        "context": context_digest(made.context, made.dockerfile),
        "contexts": {
            name: value
            if value.startswith(ADDRESSES)
            else context_digest(image.folder / image.build.contexts[name], made.dockerfile)
            for name, value in made.contexts.items()
        },
        "args": {name: _inherited(name) if value is None else value for name, value in made.args.items()},
        "target": made.target,
        "labels": dict(image.build.labels),
        "version": image.extension.version,
        "bases": {ref: known[ref].image_id for ref in bases(image.dockerfile) if ref in known},
    }
    return f"sha256:{hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()}"


def _inherited(name: str) -> list[str]:
    """What stands for an argument that has its value from the environment: a digest, as it may be a secret.

    A list, so that no value that a compose file gives is taken for one.
    """
    value = os.environ.get(name)
    return (
        []
        if value is None
        else [hashlib.sha256(f"{name}={value}".encode(errors="surrogateescape")).hexdigest()]
    )


def _oci_labels(image: PlannedImage, state: SourceState) -> dict[str, str]:
    extension = image.extension
    manifest = extension.kamiwaza.manifest if extension.kamiwaza else None
    revision = f"{state.commit}-dirty" if state.commit and state.dirty else state.commit
    labels = {
        "title": f"{extension.name} {image.build.service}",
        "description": extension.description,
        "version": extension.version,
        "revision": revision,
        "source": state.remote or (manifest.homepage if manifest else None),
        "authors": manifest.author if manifest else None,
        "licenses": manifest.license if manifest else None,
        "ref.name": image.ref,
    }
    return {f"{_OCI}.{name}": value for name, value in labels.items() if value}
