"""Writes the layers of the benchmark's images as tar files, from programs and data that this machine has.

In: a recipe, which names folders and how many megabytes to take. Out: a tar file with its digest. The same
machine gives the same bytes: files are taken in the order of their paths and carry fixed times and owners.
Settings, keys and certificates are left out, so a layer holds nothing that belongs to this machine alone.
"""

from __future__ import annotations

import hashlib
import io
import os
import random
import stat
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

MEGABYTE = 1_000_000
RANDOM_CHUNK = 1 << 20
# Folders that hold nothing but what packages installed; whatever a recipe lacks comes from here.
ANYTHING = ("/usr/lib", "/usr/share", "/usr/bin")
PRIVATE_NAMES = {"pip.conf", "npmrc", ".npmrc", ".netrc", "credentials", "credentials.json"}
PRIVATE_SUFFIXES = {".pem", ".key", ".crt", ".p12", ".jks", ".gpg", ".pth"}
PACKAGE_LIST = Path("/var/lib/dpkg/status")  # what a list of packages is read from


@dataclass(frozen=True, slots=True)
class Share:
    """Up to `megabytes` of the files below `folder`, none of them larger than `largest` megabytes."""

    folder: str
    megabytes: float
    largest: float = 400.0


@dataclass(frozen=True, slots=True)
class LayerRecipe:
    """A layer: its name, what it takes from where, and how many MiB of random bytes it adds."""

    name: str
    shares: tuple[Share, ...]
    random_mebibytes: int = 0
    package_list: bool = False

    @property
    def megabytes(self) -> float:
        """How much of this machine's files it takes."""
        return sum(share.megabytes for share in self.shares)


@dataclass(frozen=True, slots=True)
class Layer:
    """A written layer: its file and `sha256:<hex>` of it, which is its diff ID."""

    path: Path
    diff_id: str


RECIPES = (
    LayerRecipe(
        "base",
        (
            Share("/usr/bin", 45, 6),
            Share("/usr/sbin", 12, 6),
            Share("/usr/lib/x86_64-linux-gnu", 95, 12),
            Share("/usr/share/locale", 25),
            Share("/usr/share/doc", 18),
            Share("/usr/share/perl", 16),
        ),
        package_list=True,
    ),
    LayerRecipe(
        "py", (Share("/usr/lib/python3.11", 60), Share("/usr/lib/python3", 60), Share("/usr/lib/gcc", 55))
    ),
    LayerRecipe("ml", (Share("/usr/lib/llvm-14/lib", 197),)),
    LayerRecipe("model", (Share("/usr/share/fonts", 7),), random_mebibytes=200),
    LayerRecipe("node", (Share("/usr/bin/node", 99), Share("/usr/lib/node_modules", 15))),
    LayerRecipe("gw", (Share("/usr/lib/cni", 43), Share("/usr/lib/postgresql", 43))),
    LayerRecipe("web", (Share("/usr/share/cmake-3.25", 7),)),
    LayerRecipe("api", (Share("/usr/share/vim", 14),)),
    LayerRecipe("rag", (Share("/usr/share/i18n", 13),)),
)


def write_layer(recipe: LayerRecipe, folder: Path, edition: int = 0) -> Layer:
    """Write `recipe` below `folder`; another `edition` is the same layer with one small file changed."""
    path = folder / f"{recipe.name}.tar"
    with path.open("wb") as file, tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as archive:
        _add_bytes(archive, "etc/catalog-bench", f"{recipe.name} {edition}\n".encode())
        if recipe.package_list and PACKAGE_LIST.is_file():
            _add_bytes(archive, str(PACKAGE_LIST).lstrip("/"), PACKAGE_LIST.read_bytes())
        for found in _chosen(recipe):
            _add_file(archive, found)
        if recipe.random_mebibytes:
            _add_random(archive, recipe)
    with path.open("rb") as written:
        return Layer(path, f"sha256:{hashlib.file_digest(written, 'sha256').hexdigest()}")


def _chosen(recipe: LayerRecipe) -> Iterator[Path]:
    taken: set[Path] = set()
    room = recipe.megabytes * MEGABYTE
    for share in recipe.shares:
        room -= yield from _take(share, taken)
    for folder in ANYTHING:  # another machine may not have what the recipe names
        if room > MEGABYTE:
            room -= yield from _take(Share(folder, room / MEGABYTE), taken)


def _take(share: Share, taken: set[Path]) -> Generator[Path, None, float]:
    """Yields the files and returns their bytes."""
    room = share.megabytes * MEGABYTE
    for path in _files(Path(share.folder)):
        size = path.lstat().st_size
        if path not in taken and size <= min(room, share.largest * MEGABYTE):
            taken.add(path)
            room -= size
            yield path
    return share.megabytes * MEGABYTE - room


def _files(top: Path) -> Iterator[Path]:
    if top.is_file():
        yield top
    for folder, folders, names in os.walk(top):
        folders.sort()
        yield from _public(Path(folder, name) for name in sorted(names))


def _public(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.name in PRIVATE_NAMES or path.suffix in PRIVATE_SUFFIXES:
            continue
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
            yield path


def _add_file(archive: tarfile.TarFile, path: Path) -> None:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        entry = _entry(path)
        entry.type, entry.linkname = tarfile.SYMTYPE, str(path.readlink())
        archive.addfile(entry)
        return
    with path.open("rb") as file:
        entry = _entry(path)
        entry.size = os.fstat(file.fileno()).st_size
        entry.mode = stat.S_IMODE(mode) & 0o755
        archive.addfile(entry, file)


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = _entry(Path("/", name))
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _add_random(archive: tarfile.TarFile, recipe: LayerRecipe) -> None:
    source = random.Random(recipe.name)  # noqa: S311  like a model's weights: bytes that no codec shortens
    for number in range(recipe.random_mebibytes):
        _add_bytes(archive, f"opt/weights/{number:03}.bin", source.randbytes(RANDOM_CHUNK))


def _entry(path: Path) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(str(path).lstrip("/"))
    entry.mode = 0o644
    entry.mtime = 1_767_225_600  # 2026-01-01
    return entry
