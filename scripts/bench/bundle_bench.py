"""The place where bundles are packed for measurement: a workspace, caches, output folders, commands.

In: an engine that has the benchmark's images, and an empty folder. Out: timed runs of the product, the
peer and the yardsticks, each with an output folder of its own.
"""

from __future__ import annotations

import shutil
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.bench import bundle_workspace
from scripts.bench.images import REFS
from scripts.bench.processes import Timing, timed

if TYPE_CHECKING:
    from scripts.engine.daemon import Engine

CATALOG = str(Path(sys.executable).with_name("catalog"))
PEER = Path(__file__).with_name("peer.sh")
TOP = "kamiwaza-extension-registry"
BLOBS = "/docker-images/blobs/sha256/"


@dataclass(frozen=True, slots=True)
class Packed:
    """One timed packing, the file it made and its bytes."""

    timing: Timing
    file: Path
    size: int


@dataclass(slots=True)
class Bench:
    """Everything lies below `folder`; `cache` is the user's cache, empty at first."""

    engine: Engine
    folder: Path
    cache: Path = field(init=False)
    _count: int = 0

    def __post_init__(self) -> None:
        bundle_workspace.generate(self.workspace, REFS)
        self.forget()

    @property
    def workspace(self) -> Path:
        """Six apps, one for each image."""
        return self.folder / "workspace"

    def environment(self) -> dict[str, str]:
        """The product's environment: this engine, and this cache."""
        own = {"XDG_CACHE_HOME": str(self.cache), "TMPDIR": str(self.temporary())}
        return self.engine.environment() | own

    def temporary(self) -> Path:
        """The folder for temporary files, so that they can be counted."""
        path = self.folder / "tmp"
        path.mkdir(exist_ok=True)
        return path

    def forget(self) -> None:
        """Begin with an empty cache."""
        self.cache = self.new_folder("cache")

    def new_folder(self, name: str) -> Path:
        """An empty folder that nothing used before."""
        self._count += 1
        path = self.folder / f"{name}-{self._count}"
        path.mkdir()
        return path

    def package(self, out: Path, *options: str) -> list[str]:
        """Packs everything into `out`."""
        return [*self.catalog(), "package", "--engine", "docker", "--out", str(out), *options]

    def catalog(self) -> list[str]:
        """The product's program, in the workspace."""
        return [CATALOG, "--workspace", str(self.workspace), "--quiet"]

    def pack(self, *options: str) -> Packed:
        """Pack, timed, into a new folder."""
        out = self.new_folder("out")
        timing = timed(self.package(out, *options), self.environment())
        file = next(out.glob("*.tar.gz"))
        return Packed(timing, file, file.stat().st_size)

    def pack_again(self, file: Path, *options: str) -> Timing:
        """Pack, timed, into the folder where the bundle is already."""
        return timed(self.package(file.parent, *options), self.environment())

    def pack_like_the_peer(self) -> tuple[Timing, int]:
        """What the peer needs, and the bytes of its file, which is removed at once."""
        out = self.new_folder("peer")
        timing = timed(["sh", str(PEER), str(out), *REFS.values()], self.environment())
        size = (out / "bundle.tar.gz").stat().st_size
        shutil.rmtree(out)
        return timing, size

    def save(self, *refs: str) -> Timing:
        """`docker save` into /dev/null."""
        return timed(["docker", "save", *refs], self.engine.environment())

    def verify(self, *arguments: str) -> Timing:
        """`bundle verify` with these arguments."""
        return timed([*self.catalog(), "bundle", "verify", *arguments], self.environment())

    def copy(self, file: Path, *afterwards: str) -> Timing:
        """A copy of a file, with what else is done to it; it is removed at once."""
        target = self.new_folder("copy") / file.name
        script = " && ".join(['cp "$1" "$2"', *afterwards])
        timing = timed(["sh", "-c", script, "sh", str(file), str(target)])
        target.unlink()
        return timing

    def unpack(self, file: Path) -> Path:
        """The unpacked bundle's top folder."""
        out = self.new_folder("unpacked")
        timed(["tar", "-xzf", str(file), "-C", str(out)])
        return out / TOP


def blob_bytes(file: Path) -> int:
    """Bytes of the blobs that a bundle holds, each of which is there once."""
    with tarfile.open(file) as archive:
        sizes = {member.name: member.size for member in archive if BLOBS in member.name}
    names = [name.rpartition("/")[2] for name in sizes]
    if len(set(names)) != len(names) or not names:
        raise SystemExit(f"{file} holds no blobs, or one twice")
    return sum(sizes.values())
