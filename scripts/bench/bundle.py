"""Measures the bundle in one run, pair by pair: packing, checking, joining, loading, size and memory.

The peer is what people do without a tool: `docker save` each image, note its digest, tar and gzip it all.
CPU is that of the commands and of what they start; the engine's own daemon is not in it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.bench import bundle_limits, image_archive, images
from scripts.bench.bundle_bench import Bench, Packed
from scripts.bench.images import REFS
from scripts.bench.processes import Timing, timed
from scripts.bench.table import Goal, Row, figure, lines, ratios
from scripts.engine import daemon

if TYPE_CHECKING:
    import argparse

QUICK_RUNS = 5
SYNC = 'sync "$2"'  # the copy is on the disk, as a bundle is once it was written
HASH = 'openssl dgst -sha256 "$2"'


@dataclass(frozen=True, slots=True)
class Peer:
    """One run of the peer's way: its time and the bytes of its file."""

    timing: Timing
    size: int


@dataclass(frozen=True, slots=True)
class Pair:
    """What ran in turn: the peer; packing all, one changed layer, nothing new, nothing at all; two saves."""

    peer: Peer
    cold: Packed
    save: Timing
    changed: Packed
    save_one: Timing
    warm: Packed
    again: Timing


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's options to its parser."""
    parser.add_argument("--pairs", type=int, default=3, help="how often the slow pairs run (%(default)s)")
    parser.add_argument(
        "--folder", type=Path, help="where to work; needs 10 GB (default: the temporary folder)"
    )
    parser.add_argument(
        "--reuse-peer", type=Path, metavar="JSON", help="while developing: the peer's figures"
    )
    parser.add_argument("--keep-images", action="store_true", help="leave the six images in the engine")


def main(options: argparse.Namespace) -> None:
    """Make the images, measure, print; nothing but the images, if asked for, stays behind."""
    engine = daemon.start(daemon.DEFAULT_STATE)
    images.ensure(engine)
    images.change_small_layer(engine, 0)
    folder = Path(tempfile.mkdtemp(prefix="bundle-bench-", dir=options.folder))
    try:
        rows = measure(Bench(engine, folder), options.pairs, options.reuse_peer)
    finally:
        shutil.rmtree(folder)
        images.change_small_layer(engine, 0)
    unique, together = images.layer_bytes(engine)
    print(f"6 images, {unique / 1e6:.0f} MB of unique layers, {together / 1e6:.0f} MB one after another\n")
    print("\n".join(lines(rows)))
    if not options.keep_images:
        image_archive.remove(engine, REFS.values())


def measure(bench: Bench, count: int, stored: Path | None = None) -> list[Row]:
    """Every row of the table; `stored` keeps the peer's figures between runs."""
    _warm_up(bench)
    pairs = [_pair(bench, number, stored) for number in range(count)]
    last = pairs[-1].warm.file
    return [
        *_against_peer(pairs),
        *_against_engine(pairs),
        *_repeated(bench, last),
        *bundle_limits.rows(bench, last),
    ]


def _warm_up(bench: Bench) -> None:
    # The files of the engine and of Python are read once before anything is timed.
    bench.save(*REFS.values())
    timed([*bench.catalog(), "validate"], bench.environment())


def _pair(bench: Bench, number: int, stored: Path | None) -> Pair:
    peer = _peer(bench, stored)
    bench.forget()
    cold = bench.pack("--no-sbom")
    save = bench.save(*REFS.values())
    images.change_small_layer(bench.engine, number + 1)
    changed = bench.pack("--no-sbom")
    save_one = bench.save(REFS[images.CHANGING])
    warm = bench.pack("--no-sbom")
    again = bench.pack_again(warm.file, "--no-sbom")
    for packed in (cold, changed):
        packed.file.unlink()
    return Pair(peer, cold, save, changed, save_one, warm, again)


def _peer(bench: Bench, stored: Path | None) -> Peer:
    if stored and stored.is_file():
        known = json.loads(stored.read_text())
        return Peer(Timing(**known["timing"]), known["size"])
    peer = Peer(*bench.pack_like_the_peer())
    if stored:
        stored.write_text(json.dumps(asdict(peer)))
    return peer


def _against_peer(pairs: list[Pair]) -> list[Row]:
    peer = [pair.peer.timing.seconds for pair in pairs]
    cold = [pair.cold.timing.seconds for pair in pairs]
    return [
        ratios("cold / the peer's way", cold, peer, Goal(1 / 8, 1 / 10)),
        ratios(
            "cold, client CPU / the peer's",
            [pair.cold.timing.cpu_seconds for pair in pairs],
            [pair.peer.timing.cpu_seconds for pair in pairs],
            Goal(1 / 15, 1 / 20),
        ),
        ratios(
            "size / the peer's",
            [pair.cold.size / 1e6 for pair in pairs],
            [pair.peer.size / 1e6 for pair in pairs],
            Goal(0.50),
            "MB",
        ),
        ratios(
            "nothing changed, into another folder / the peer's way",
            [pair.warm.timing.seconds for pair in pairs],
            peer,
            Goal(1 / 150, 1 / 200),
        ),
        ratios(
            "nothing changed, the bundle still there / the peer's way",
            [pair.again.seconds for pair in pairs],
            peer,
            Goal(1 / 150, 1 / 200),
        ),
        ratios(
            "one layer of 7 MB changed / the peer's way",
            [pair.changed.timing.seconds for pair in pairs],
            peer,
            Goal(1 / 25),
        ),
    ]


def _against_engine(pairs: list[Pair]) -> list[Row]:
    return [
        ratios(
            "cold / docker save of all > /dev/null",
            [pair.cold.timing.seconds for pair in pairs],
            [pair.save.seconds for pair in pairs],
            Goal(1.6, 1.3),
        ),
        ratios(
            "one layer changed / docker save of that image > /dev/null",
            [pair.changed.timing.seconds for pair in pairs],
            [pair.save_one.seconds for pair in pairs],
        ),
    ]


def _repeated(bench: Bench, file: Path) -> list[Row]:
    """What is quick enough to run more often."""
    warm, copies, synced, hashed, checks, alone, starts, digests = [], [], [], [], [], [], [], []
    lonely = bench.new_folder("lonely") / file.name
    lonely.hardlink_to(file)
    for _ in range(QUICK_RUNS):
        packed = bench.pack("--no-sbom")
        warm.append(packed.timing.seconds)
        packed.file.unlink()
        copies.append(bench.copy(file).seconds)
        synced.append(bench.copy(file, SYNC).seconds)
        hashed.append(bench.copy(file, SYNC, HASH).seconds)
        checks.append(bench.verify(str(file)).seconds)
        alone.append(bench.verify(str(lonely)).seconds)
        starts.append(bench.verify("--help").seconds)
        digests.append(timed(["openssl", "dgst", "-sha256", str(file)]).seconds)
    return [
        ratios("nothing changed / copying the bundle", warm, copies, Goal(2, 1.5)),
        ratios("nothing changed / copying and fsync", warm, synced, Goal(2, 1.5)),
        ratios("nothing changed / copying, fsync and openssl dgst -sha256", warm, hashed),
        ratios("bundle verify / openssl dgst -sha256", checks, digests, Goal(1 / 0.9)),
        ratios("the same, no .sha256 beside the bundle", alone, digests, Goal(1 / 0.9)),
        ratios(
            "the same, less the start",
            [a - b for a, b in zip(alone, starts, strict=True)],
            digests,
            Goal(1 / 0.9),
        ),
        *_package_lists(bench, warm),
    ]


def _package_lists(bench: Bench, without: list[float]) -> list[Row]:
    first = bench.pack()
    again = [bench.pack().timing.seconds for _ in without]
    return [
        figure("with lists of packages, made for the first time", first.timing.seconds, "s"),
        ratios("with lists of packages, nothing changed / without", again, without),
    ]
