"""The commands that must survive a kill: packing, joining of parts, loading into an engine."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from catalog.bundle.blob_cache import BlobCache
from scripts.bench import image_archive
from scripts.bench.bundle_bench import TOP
from scripts.soak.samples import CATALOG, REFS, entries, run, sha256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scripts.soak.killing import Trial
    from scripts.soak.samples import Sample


class _Place:
    """A folder of its own for one trial; what every trial checks there."""

    def __init__(self, sample: Sample, name: str) -> None:
        self.sample = sample
        self.folder = sample.folder / name
        self.environment = sample.environment

    def afresh(self) -> Path:
        """The folder, empty."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        return self.folder

    def not_whole(self, whole: dict[str, str]) -> list[str]:
        """Visible files that are not exactly one of `whole`, name to SHA-256."""
        seen = [path for path in self.folder.iterdir() if not path.name.startswith(".")]
        return [f"{path.name} is not whole" for path in seen if whole.get(path.name) != sha256(path)]

    def left_over(self, whole: dict[str, str]) -> list[str]:
        """Everything but the whole files that is still there after a success, temporary files included."""
        strays = [name for name in entries(self.folder) if name not in whole]
        strays += entries(self.sample.folder / "tmp")
        missing = [f"{name} is missing" for name in whole if not (self.folder / name).is_file()]
        return missing + [f"{name} was left over" for name in strays]


class PackageTrial:
    """`catalog package` into an empty folder with an empty cache."""

    name = "catalog package"

    def __init__(self, sample: Sample) -> None:
        self._place = _Place(sample, "dist")
        self._whole = {path.name: sha256(path) for path in sample.bundle().parent.iterdir()}
        self._cache = sample.folder / "cache" / "catalog" / "blobs"
        self._kept: dict[str, int] = {}
        self.environment = self._place.environment

    def begin(self) -> None:
        """Forget every packed layer."""
        self._place.afresh()
        shutil.rmtree(self._cache, ignore_errors=True)
        self._kept = {}

    def command(self) -> list[str]:
        """Packs the sample's workspace."""
        return self._place.sample.package(self._place.folder)

    def after_kill(self) -> list[str]:
        """The folder has whole files only, and the cache no corrupt entry."""
        problems = self._corrupt() + self._place.not_whole(self._whole)
        self._kept = self._blobs()
        return problems

    def after_success(self) -> list[str]:
        """The same bytes as ever, nothing left over, and no packed layer was packed again."""
        blobs = self._blobs()
        again = [name for name, inode in self._kept.items() if blobs.get(name) != inode]
        drafts = entries(self._cache / "running")
        return [
            *self._corrupt(),
            *self._place.not_whole(self._whole),
            *self._place.left_over(self._whole),
            *(f"the cache's {name} was made again" for name in again),
            *(f"the cache's draft {name} was left over" for name in drafts),
        ]

    def _corrupt(self) -> list[str]:
        return [f"the cache's {each} is corrupt" for each in BlobCache(self._cache).verify()]

    def _blobs(self) -> dict[str, int]:
        """The blobs' inodes: a blob that is made again is another file with the same name."""
        files = (path for path in (self._cache / "blobs").rglob("*") if path.is_file())
        return {path.name: path.stat().st_ino for path in files}


class JoinTrial:
    """`catalog bundle join` into an empty folder."""

    name = "catalog bundle join"

    def __init__(self, sample: Sample) -> None:
        self._place = _Place(sample, "joined")
        self._list, digest = sample.parts()
        name = self._list.name.removesuffix(".parts.json")
        sidecar = f"{digest}  {name}\n".encode()
        self._whole = {name: digest, f"{name}.sha256": hashlib.sha256(sidecar).hexdigest()}
        self._parts = self._states()
        self.environment = self._place.environment

    def begin(self) -> None:
        """Take the joined file away."""
        self._place.afresh()

    def command(self) -> list[str]:
        """Joins the sample's parts."""
        return [CATALOG, "--quiet", "bundle", "join", str(self._list), "--out", str(self._place.folder)]

    def after_kill(self) -> list[str]:
        """No half of a file, and every part as it was."""
        touched = [] if self._states() == self._parts else ["a part was touched"]
        return touched + self._place.not_whole(self._whole)

    def after_success(self) -> list[str]:
        """The whole file and nothing else."""
        return self.after_kill() + self._place.left_over(self._whole)

    def _states(self) -> dict[str, tuple[int, int]]:
        return {
            path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in self._list.parent.iterdir()
        }


@dataclass(slots=True)
class LoadTrial:
    """`package-setup.sh load` into an engine that has none of the images."""

    sample: Sample
    name: str = "package-setup.sh load"
    _ids: dict[str, str | None] = field(default_factory=dict)
    _left: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = {ref: image_archive.image_id(self.sample.engine, ref) for ref in REFS.values()}
        file = self.sample.bundle()
        run(["tar", "-xzf", str(file), "-C", str(self.sample.folder)], self.sample.environment())

    def environment(self) -> dict[str, str]:
        """As everywhere."""
        return self.sample.environment()

    def begin(self) -> None:
        """Take the images and what the installer remembers away."""
        image_archive.remove(self.sample.engine, REFS.values())
        shutil.rmtree(self._top / "state", ignore_errors=True)

    def command(self) -> list[str]:
        """Loads every image."""
        return ["bash", str(self._top / "package-setup.sh"), "load", "--yes"]

    def after_kill(self) -> list[str]:
        """An image that is there is the one that was packed."""
        # A shell that was killed cannot take its working folder away; a few kilobytes of lists stay behind.
        self._left = entries(self.sample.folder / "tmp")
        return [
            f"{ref} is another image"
            for ref, one in self._found().items()
            if one not in {None, self._ids[ref]}
        ]

    def after_success(self) -> list[str]:
        """Every image is there, and no temporary file that was not there before."""
        before = set(self._left)
        missing = [f"{ref} was not loaded" for ref, one in self._found().items() if one is None]
        left = [f"{name} was left over" for name in entries(self.sample.folder / "tmp") if name not in before]
        return self.after_kill() + missing + left

    @property
    def _top(self) -> Path:
        return self.sample.folder / TOP

    def _found(self) -> dict[str, str | None]:
        return {ref: image_archive.image_id(self.sample.engine, ref) for ref in REFS.values()}


TRIALS: dict[str, Callable[[Sample], Trial]] = {
    "package": PackageTrial,
    "join": JoinTrial,
    "load": LoadTrial,
}
