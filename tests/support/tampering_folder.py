"""Ways to tamper with an unpacked bundle: each takes a random generator, and changes the folder."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from tests.support.tampering import flip, truncate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from tests.support.tampering import Bytes


def _one_file(random: Random, root: Path) -> Path:
    return random.choice(sorted(path for path in root.rglob("*") if path.is_file()))


def _edit(change: Bytes) -> Callable[[Random, Path], object]:
    def apply(random: Random, root: Path) -> None:
        path = _one_file(random, root)
        path.write_bytes(change(random, path.read_bytes()))

    return apply


def _insert_anything(random: Random, content: bytes) -> bytes:
    place = random.randrange(len(content) + 1)
    return content[:place] + random.randbytes(3) + content[place:]


def _in_its_place(make: Callable[[Path, Path], object]) -> Callable[[Random, Path], object]:
    """Put something else where a file was; `make` gets its path, and that of the content elsewhere."""

    def apply(random: Random, root: Path) -> None:
        path = _one_file(random, root)
        kept = root.parent / "kept"
        shutil.move(path, kept)
        make(path, kept)

    return apply


def _beside(make: Callable[[Path], object]) -> Callable[[Random, Path], object]:
    def apply(random: Random, root: Path) -> None:
        folders = [root, *sorted(path for path in root.rglob("*") if path.is_dir())]
        make(random.choice(folders) / random.choice(("evil", ".hidden", "a b", "README.md~", "é", "\udcff")))

    return apply


def _folder_link(random: Random, root: Path) -> None:
    path = random.choice(sorted(path for path in root.rglob("*") if path.is_dir()))
    shutil.move(path, root.parent / "kept")
    path.symlink_to(root.parent / "kept")


def _swap_files(random: Random, root: Path) -> None:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    first = random.choice(files)
    one = first.read_bytes()
    second = random.choice([path for path in files if path.read_bytes() != one])  # else nothing is changed
    two = second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)


def _rename_file(random: Random, root: Path) -> None:
    path = _one_file(random, root)
    path.rename(path.with_name(f"{path.name}x"))


FOLDER: dict[str, Callable[[Random, Path], object]] = {
    "flip a bit": _edit(flip),
    "truncate": _edit(truncate),
    "insert": _edit(_insert_anything),
    "remove": lambda random, root: _one_file(random, root).unlink(),
    "rename": _rename_file,
    "contents swapped": _swap_files,
    "a link to the content": _in_its_place(lambda path, kept: path.symlink_to(kept)),
    "a link to nothing": _in_its_place(lambda path, _: path.symlink_to("nothing")),
    "a folder": _in_its_place(lambda path, _: path.mkdir()),
    "a pipe": _in_its_place(lambda path, _: os.mkfifo(path)),
    "a folder that is a link": _folder_link,
    "a file more": _beside(lambda path: path.write_bytes(b"")),
    "a folder more": _beside(lambda path: path.mkdir()),
    "a link more": _beside(lambda path: path.symlink_to("/etc/passwd")),
    "a pipe more": _beside(os.mkfifo),
}
