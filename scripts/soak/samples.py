"""What the kill trials work on: two small images that share a layer, a workspace, a bundle, its parts.

In: an engine and an empty folder. Out: a `Sample`, whose files are made once and then only read.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.bench import bundle_workspace, image_archive
from scripts.bench.image_layers import LayerRecipe, Share, write_layer

if TYPE_CHECKING:
    from scripts.engine.daemon import Engine

CATALOG = str(Path(sys.executable).with_name("catalog"))
EPOCH = "1767225600"  # one time for every run, so that every run must give the same bytes
RECIPES = (
    LayerRecipe("base", (Share("/usr/share/perl", 15), Share("/usr/lib/x86_64-linux-gnu", 10, 2))),
    LayerRecipe("one", (Share("/usr/share/vim", 5),), random_mebibytes=8),
    LayerRecipe("two", (Share("/usr/share/mime", 5),)),
)
STACKS = {"one": ("base", "one"), "two": ("base", "two")}
REFS = {name: f"soakcat/{name}-{os.getpid()}:1" for name in STACKS}  # two runs on one engine do not meet
LARGE_FILE = 150_000_000
PART_SIZE = "10MB"


@dataclass(frozen=True, slots=True)
class Sample:
    """Everything lies below `folder`."""

    engine: Engine
    folder: Path

    @property
    def workspace(self) -> Path:
        """Two apps, one for each image."""
        return self.folder / "workspace"

    def environment(self) -> dict[str, str]:
        """This engine, this cache, this folder for temporary files, and one fixed time."""
        return self.engine.environment() | {
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "TMPDIR": str(self.folder / "tmp"),
            "SOURCE_DATE_EPOCH": EPOCH,
        }

    def package(self, out: Path) -> list[str]:
        """Packs the workspace into `out`."""
        options = ["--engine", "docker", "--no-sbom", "--no-pull", "--out", str(out)]
        return [CATALOG, "--workspace", str(self.workspace), "--quiet", "package", *options]

    def bundle(self) -> Path:
        """A bundle of the workspace, made when it is first asked for."""
        out = self.folder / "sample"
        if not out.is_dir():
            run(self.package(out), self.environment())
        return next(out.glob("*.tar.gz"))

    def parts(self) -> tuple[Path, str]:
        """The list of a large file's parts, and the SHA-256 of the file."""
        folder, file = self.folder / "parts", self.folder / "large.tar.gz"
        if not folder.is_dir():
            file.write_bytes(os.urandom(LARGE_FILE))
            command = [CATALOG, "--quiet", "bundle", "split", str(file), "--size", PART_SIZE]
            run([*command, "--out", str(folder)], self.environment())
        return next(folder.glob("*.parts.json")), sha256(file)


def make(engine: Engine, folder: Path) -> Sample:
    """The images in the engine and the workspace in `folder`; `remove` takes the images away again."""
    (folder / "tmp").mkdir()
    with tempfile.TemporaryDirectory(prefix="soak-images-") as place:
        layers = {recipe.name: write_layer(recipe, Path(place)) for recipe in RECIPES}
        configs = {
            REFS[name]: image_archive.image_config(engine, [layers[layer].diff_id for layer in stack], {})
            for name, stack in STACKS.items()
        }
        image_archive.load(engine, layers.values(), configs)
    sample = Sample(engine, folder)
    bundle_workspace.generate(sample.workspace, REFS)
    return sample


def remove(engine: Engine) -> None:
    """Take the images away."""
    image_archive.remove(engine, REFS.values())


def run(command: list[str], environment: dict[str, str]) -> None:
    """Run what has to work before anything can be tried."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"failed: {' '.join(command)}\n{done.stderr}")


def sha256(file: Path) -> str:
    """The file's digest in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def entries(folder: Path) -> list[str]:
    """The names of all files and folders below a folder; a folder that is not there has none."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
