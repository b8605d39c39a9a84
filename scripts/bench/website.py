"""Measures the build of the website, whole processes in turn: ours, and peers on the same content.

Other work may run on the machine, so every comparison is a ratio of two runs that follow one another, in wall
time and in processor time (user and system, of the process and of what it started).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.bench import website_content
from scripts.bench.aside import put_aside
from scripts.bench.processes import Timing, peak_of, timed
from scripts.bench.table import Goal, Row, figure, lines, ratios

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

SMALL, MIDDLE, LARGE = 1_000, 3_000, 5_000
BIN = Path(sys.executable).parent
ENVIRONMENT = {"NO_MKDOCS_2_WARNING": "1"}
Pair = tuple[Timing, Timing]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's options to its parser."""
    parser.add_argument("--pairs", type=int, default=5, help="how often each pair runs (%(default)s)")
    parser.add_argument(
        "--folder", type=Path, help="where to work; needs 1 GB (default: the temporary folder)"
    )


def main(options: argparse.Namespace) -> None:
    """Generate the content, measure, print."""
    folder = Path(tempfile.mkdtemp(prefix="website-bench-", dir=options.folder))
    try:
        bench = Bench(folder, options.pairs)
        rows = [*bench.against_peers(), *bench.growth(), *bench.one_changed(), *bench.repeated()]
    finally:
        shutil.rmtree(folder)
    print("\n".join(lines(rows)))


@dataclass(frozen=True, slots=True)
class Bench:
    """The folder to work in, and how often each pair runs."""

    folder: Path
    pairs: int

    def against_peers(self) -> list[Row]:
        """A full build of the small workspace against those of the peers, and the size of its website."""
        root = self.workspace(SMALL)
        mkdocs = website_content.for_mkdocs(self.folder / "mkdocs", root)
        rows = _both(
            f"full build of {SMALL:,} / mkdocs-material, pages outside its nav",
            self.in_turn(lambda: self.full(root), lambda: self.peer(_mkdocs(mkdocs), mkdocs / "site")),
            Goal(1 / 6, 1 / 10),
        )
        if shutil.which("hugo"):
            hugo = website_content.for_hugo(self.folder / "hugo", root)
            rows += _both(
                f"full build of {SMALL:,} / Hugo with a plain theme",
                self.in_turn(lambda: self.full(root), lambda: self.peer(_hugo(hugo), hugo / "public")),
            )
        site = root / "build" / "kamiwaza-extension-registry" / "site"
        size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file())
        return [*rows, figure("website for each entry, without pictures", size / SMALL / 1e3, "KB", Goal(25))]

    def growth(self) -> list[Row]:
        """Three times as many extensions, in time and memory."""
        small, middle = self.workspace(SMALL), self.workspace(MIDDLE)
        rows = _both(
            f"full build of {MIDDLE:,} / of {SMALL:,}",
            self.in_turn(lambda: self.full(middle), lambda: self.full(small)),
            Goal(3.1),
        )
        peak = peak_of(self.build(middle, "--no-cache"), self.environment())
        return [*rows, figure(f"peak memory of a full build of {MIDDLE:,}", peak.largest, "MB", Goal(150))]

    def one_changed(self) -> list[Row]:
        """One README of the large workspace changed, against a full build of it."""
        root = self.workspace(LARGE)
        pairs = self.in_turn(lambda: self.changed(root), lambda: self.full(root), is_ours_last=True)
        return _both(f"one of {LARGE:,} changed / full build of {LARGE:,}", pairs, Goal(1 / 5, 1 / 10))

    def repeated(self) -> list[Row]:
        """How many files differ between builds of the same: full, full again, and with one edit and back."""
        root = self.workspace(SMALL)
        self.full(root)
        first = _digests(root / "build")
        self.full(root)
        again = _digests(root / "build")
        readme = root / "apps" / "sample-00007" / "README.md"
        before = readme.read_bytes()
        self.changed(root)
        readme.write_bytes(before)
        timed(self.build(root), self.environment())
        back = _digests(root / "build")
        return [
            figure("files that differ after a second full build", _differing(first, again), "files", Goal(0)),
            figure("files that differ after an edit and back", _differing(first, back), "files", Goal(0)),
        ]

    def workspace(self, count: int) -> Path:
        """The workspace of this many extensions, made when it is first asked for."""
        root = self.folder / f"workspace-{count}"
        return root if root.exists() else website_content.workspace(root, count)

    def in_turn(
        self, ours: Callable[[], Timing], other: Callable[[], Timing], *, is_ours_last: bool = False
    ) -> list[Pair]:
        """Both, one after the other, after one warm-up of each."""
        found = []
        for _ in range(self.pairs + 1):
            second = other() if is_ours_last else None
            first = ours()
            found.append((first, second or other()))
        return found[1:]

    def full(self, root: Path) -> Timing:
        """A build that finds no build before it; only the theme's frame is kept from the warm-up."""
        put_aside(root / "build", self.folder / "attic")
        return timed(self.build(root, "--no-cache"), self.environment())

    def changed(self, root: Path) -> Timing:
        """A build after one README was changed."""
        readme = root / "apps" / "sample-00007" / "README.md"
        readme.write_text(readme.read_text(encoding="utf-8") + "\nOne more line.\n", encoding="utf-8")
        return timed(self.build(root), self.environment())

    def peer(self, command: list[str], output: Path) -> Timing:
        """A peer's build that finds no build before it."""
        put_aside(output, self.folder / "attic")
        return timed(command, self.environment())

    def build(self, root: Path, *options: str) -> list[str]:
        """Our command."""
        return [str(BIN / "catalog"), "--workspace", str(root), "--quiet", "build", *options]

    def environment(self) -> dict[str, str]:
        """The environment of every command, with a cache of this benchmark's own."""
        return {**os.environ, **ENVIRONMENT, "XDG_CACHE_HOME": str(self.folder / "cache")}


def _both(what: str, pairs: Sequence[Pair], goal: Goal | None = None) -> list[Row]:
    """The wall time of the pairs, and their processor time."""
    wall = ([one.seconds for one, _ in pairs], [other.seconds for _, other in pairs])
    processor = ([one.cpu_seconds for one, _ in pairs], [other.cpu_seconds for _, other in pairs])
    return [ratios(what, *wall, goal), ratios(f"{what}: processor time", *processor, goal)]


def _mkdocs(project: Path) -> list[str]:
    return [str(BIN / "mkdocs"), "--quiet", "build", "--config-file", str(project / "mkdocs.yml")]


def _hugo(project: Path) -> list[str]:
    return ["hugo", "--quiet", "--source", str(project)]


def _differing(one: set[tuple[str, str]], other: set[tuple[str, str]]) -> int:
    return len({name for name, _ in one ^ other})


def _digests(folder: Path) -> set[tuple[str, str]]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {(str(file.relative_to(folder)), hashlib.sha256(file.read_bytes()).hexdigest()) for file in files}
