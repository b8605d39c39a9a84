"""Takes along the small files that travel with a bundle: its digest and its signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.bundle.output import disk_errors, open_regular, read_errors, settle, staging

if TYPE_CHECKING:
    from pathlib import Path

_SUFFIXES = (".sha256", ".sig")
_MAX_BYTES = 64 * 1024


def copy_companions(source: Path, target: Path) -> tuple[Path, ...]:
    """Copy `.sha256` and `.sig` of `source` beside `target`; what is there already stays. The new files.

    Raises:
        MissingError: one cannot be read or written.
    """
    pairs = [(_beside(source, suffix), _beside(target, suffix)) for suffix in _SUFFIXES]
    wanted = [(old, new) for old, new in pairs if old.is_file() and not new.exists()]
    for old, new in wanted:
        with read_errors(old), open_regular(old) as file:
            content = file.read(_MAX_BYTES)
        write_new(new, content)
    return tuple(new for _, new in wanted)


def write_new(path: Path, content: bytes) -> None:
    """Write a small file in one step.

    Raises:
        MissingError: the disk refuses.
    """
    with staging(path.parent, path.name) as place, disk_errors(path):
        draft = place / path.name
        draft.write_bytes(content)
        settle(draft, path)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
