"""What a bundle may weigh, and what memory and disk its commands may take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.bench import image_archive
from scripts.bench.bundle_bench import blob_bytes
from scripts.bench.images import REFS
from scripts.bench.processes import peak_of
from scripts.bench.table import Goal, figure, ratios

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.bench.bundle_bench import Bench
    from scripts.bench.table import Row

MEMORY = Goal(200)
EXTRA = Goal(64)
PART_SIZE = "100MB"


def rows(bench: Bench, file: Path) -> list[Row]:
    """Sizes first, then each command's peaks; the engine loses its images and gets them back from `file`."""
    return [
        *_sizes(bench, file),
        *_packing(bench),
        *_checking(bench, file),
        *_joining(bench, file),
        *_loading(bench, file),
    ]


def _sizes(bench: Bench, file: Path) -> list[Row]:
    delta = bench.pack("--no-sbom", "--since", str(file))
    return [
        ratios(
            "size / its unique blobs", [file.stat().st_size / 1e6], [blob_bytes(file) / 1e6], Goal(1.01), "MB"
        ),
        figure("a delta in which nothing changed", delta.size / 1e6, "MB", Goal(1)),
    ]


def _packing(bench: Bench) -> list[Row]:
    bench.forget()
    cold = peak_of(bench.package(bench.new_folder("out"), "--no-sbom"), bench.environment())
    warm = peak_of(bench.package(bench.new_folder("out"), "--no-sbom"), bench.environment())
    lists = peak_of(bench.package(bench.new_folder("out")), bench.environment())
    return [
        figure("memory, all processes: cold", cold.together, "MB", MEMORY),
        figure("memory, all processes: nothing changed", warm.together, "MB", MEMORY),
        figure("memory, all processes: lists of packages made", lists.together, "MB", MEMORY),
    ]


def _checking(bench: Bench, file: Path) -> list[Row]:
    peak = peak_of([*bench.catalog(), "bundle", "verify", str(file)], bench.environment())
    return [figure("memory, all processes: bundle verify", peak.together, "MB", MEMORY)]


def _joining(bench: Bench, file: Path) -> list[Row]:
    parts, out = bench.new_folder("parts"), bench.new_folder("joined")
    split = [*bench.catalog(), "bundle", "split", str(file), "--size", PART_SIZE, "--out", str(parts)]
    cut = peak_of(split, bench.environment())
    listing = next(parts.glob("*.parts.json"))
    join = [*bench.catalog(), "bundle", "join", str(listing), "--out", str(out)]
    joined = peak_of(join, bench.environment(), (out, bench.temporary()))
    size = file.stat().st_size / 1e6
    return [
        figure("memory, all processes: bundle split", cut.together, "MB", MEMORY),
        figure("memory, all processes: bundle join", joined.together, "MB", EXTRA),
        figure("disk besides the joined file: bundle join", max(0.0, joined.disk - size), "MB", EXTRA),
    ]


def _loading(bench: Bench, file: Path) -> list[Row]:
    top = bench.unpack(file)
    before = {ref: image_archive.image_id(bench.engine, ref) for ref in REFS.values()}
    image_archive.remove(bench.engine, REFS.values())
    command = ["bash", str(top / "package-setup.sh"), "load", "--yes"]
    loaded = peak_of(command, bench.environment(), (top, bench.temporary()))
    if before != {ref: image_archive.image_id(bench.engine, ref) for ref in REFS.values()}:
        raise SystemExit("package-setup.sh load gave the engine other images than those that were packed")
    return [
        figure("memory, all client processes: package-setup.sh load", loaded.together, "MB", EXTRA),
        figure("disk besides the engine's: package-setup.sh load", loaded.disk, "MB", EXTRA),
    ]
