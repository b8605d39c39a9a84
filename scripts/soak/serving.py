"""`python -m scripts.soak.serving`: uses serve-registry.py as many clients would, for 20 minutes.

The folder is rebuilt under it all the time. Memory, threads and descriptors are noted, and the exit code is 1
if one of them has grown at the end, or if an answer was wrong. CATALOG_SOAK_MINUTES makes it shorter.
"""

from __future__ import annotations

import contextlib
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from catalog.model.file_tree import TreeFile
from catalog.workspace.writing import swap_tree
from scripts.bench import servers
from scripts.soak.killing import Record

if TYPE_CHECKING:
    import ssl

    from scripts.bench.servers import Started

MINUTES = float(os.environ.get("CATALOG_SOAK_MINUTES", "20"))
CLIENTS = 8
SAMPLES = 40
LARGE = 2_000_000  # bytes
QUIET = 17.0  # seconds until the server has hung up on the last client that only waits
GROWTH_KILOBYTES = 4096  # what an allocator may keep
KINDS = ("small", "small", "small", "large", "condition", "range", "nothing", "silent", "leaves", "nonsense")


@dataclass
class Tally:
    """What happened: answers and wrong ones, and the samples in the order in which they were taken."""

    answers: int = 0
    wrong: list[str] = field(default_factory=list)
    kilobytes: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)

    def sample(self, server: Started) -> None:
        """Note what the process needs just now."""
        self.kilobytes.append(server.status("VmRSS"))
        self.threads.append(server.status("Threads"))
        self.descriptors.append(server.descriptors())


def main() -> int:
    """Run for MINUTES, print what was seen, and return the exit code."""
    return int(bool(record(MINUTES).problems))


def record(minutes: float) -> Record:
    """What came of so many minutes; details are printed."""
    tally, begun = Tally(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak-serving-") as folder:
        root = Path(folder, "build/kamiwaza-extension-registry")
        swap_tree(root, _generation(0), markers=("garden",))
        with servers.ours(root, Path(folder)) as server:
            context = server.trusting()
            _use(server, context, time.monotonic() + 5, tally)  # what is loaded once is loaded now
            before = _at_rest(server)
            end = time.monotonic() + minutes * 60
            builder = threading.Thread(target=_build, args=(root, end))
            pause = max(1.0, minutes * 60 / SAMPLES)
            sampler = threading.Thread(target=_sample, args=(server, end, tally, pause))
            builder.start()
            sampler.start()
            _use(server, context, end, tally)
            builder.join()
            sampler.join()
            problems = _report(minutes, tally, before, _at_rest(server))
    return Record("serving", tally.answers, problems, time.monotonic() - begun)


def _generation(number: int) -> list[TreeFile]:
    content = {
        "garden/default/apps.json": b"[%d]" % number,
        "garden/default/tools.json": b"[]",
        "site/large.bin": bytes([number % 256]) * LARGE,
    }
    return [TreeFile(PurePosixPath(name), text) for name, text in content.items()]


def _build(root: Path, end: float) -> None:
    number = 0
    while time.monotonic() < end:
        number += 1
        swap_tree(root, _generation(number), markers=("garden",))
        time.sleep(0.5)


def _sample(server: Started, end: float, tally: Tally, pause: float) -> None:
    while time.monotonic() < end:
        tally.sample(server)
        time.sleep(pause)


def _at_rest(server: Started) -> Tally:
    """What the server needs when all clients have gone."""
    time.sleep(QUIET)
    rest = Tally()
    rest.sample(server)
    return rest


def _use(server: Started, context: ssl.SSLContext, end: float, tally: Tally) -> None:
    """Let clients come and go until `end`."""

    def client(seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311  # the same visits in every run
        while time.monotonic() < end:
            kind = dice.choice(KINDS)
            try:
                _visit(server, context, kind)
                tally.answers += 1
            except (OSError, ValueError) as error:
                tally.wrong.append(f"{kind}: {error}")

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(client, range(CLIENTS)))


def _visit(server: Started, context: ssl.SSLContext, kind: str) -> None:
    """One visit of a client; ValueError if the answer is not the one that belongs to it."""
    if kind == "silent":
        server.dial().close()
        return
    name = {"large": "site/large.bin", "nothing": "site/nothing.html"}.get(kind, "garden/default/apps.json")
    more = {"condition": "If-None-Match: *\r\n", "range": "Range: bytes=0-0\r\n", "nonsense": "no field\r\n"}
    head = f"GET /{name} HTTP/1.1\r\nHost: localhost\r\n{more.get(kind, '')}Connection: close\r\n\r\n"
    with server.connect(context) as connection:
        connection.sendall(head.encode())
        if kind == "leaves":
            return
        answer = bytearray()
        with contextlib.suppress(ConnectionResetError):
            for piece in iter(lambda: connection.recv(1 << 16), b""):
                answer += piece
    start, _, body = bytes(answer).partition(b"\r\n\r\n")
    expected = {"condition": b"304", "range": b"206", "nothing": b"404", "nonsense": b"400"}.get(kind, b"200")
    is_mixed = kind == "large" and (len(body) != LARGE or body.strip(body[:1]) != b"")
    if start[9:12] != expected or is_mixed:
        raise ValueError(f"{start[:60]!r}, {len(body)} bytes")


def _report(minutes: float, tally: Tally, before: Tally, after: Tally) -> tuple[str, ...]:
    """Print what was seen; what did not hold."""
    grown = {
        "memory in kB": (before.kilobytes[0], after.kilobytes[0], GROWTH_KILOBYTES),
        "threads": (before.threads[0], after.threads[0], 0),
        "descriptors": (before.descriptors[0], after.descriptors[0], 0),
    }
    print(f"| {minutes:g} minutes, {tally.answers} visits | before | after | in between | result |")
    print("| --- | --- | --- | --- | --- |")
    between = (tally.kilobytes, tally.threads, tally.descriptors)
    for (what, (start, end, most)), seen in zip(grown.items(), between, strict=True):
        held = "held" if end - start <= most else "GROWN"
        print(f"| {what} | {start} | {end} | {statistics.median(seen):.0f}, at most {max(seen)} | {held} |")
    for problem in tally.wrong[:10]:
        print(f"wrong: {problem}")
    wrong = (f"{len(tally.wrong)} answers were wrong",) if tally.wrong else ()
    return wrong + tuple(
        f"{what} grew from {start} to {end}"
        for what, (start, end, most) in grown.items()
        if end - start > most
    )


if __name__ == "__main__":
    sys.exit(main())
