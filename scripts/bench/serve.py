"""Measures serve-registry.py against nginx and what Python has, and prints one table.

In: a folder with a small catalog and a large file, made for it. All traffic stays on 127.0.0.1. curl reads
the large file, wrk asks for the small one; without them, or without nginx, those lines are missing.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import ssl
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.bench import servers
from scripts.bench.table import Goal, figure, lines, ratios

if TYPE_CHECKING:
    import argparse
    import socket
    from collections.abc import Iterator

    from scripts.bench.servers import Started
    from scripts.bench.table import Row

SMALL, LARGE = "garden/default/apps.json", "site/large.bin"
AT_ONCE = 64
SLOWER_BY = 1 / 0.7  # 0.7 of nginx's throughput
IDLE, HALF_OPEN, SLOW = 200, 200, 50


def add_options(parser: argparse.ArgumentParser) -> None:
    """The sizes of the measurement."""
    parser.add_argument("--gigabytes", type=float, default=2, help="size of the large file (%(default)s)")
    parser.add_argument("--requests", type=int, default=10_000, help="requests at once (%(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="pairs of runs (%(default)s)")


def main(options: argparse.Namespace) -> None:
    """Measure, and print the table."""
    with tempfile.TemporaryDirectory(prefix="bench-serve-") as folder:
        place = Path(folder)
        place.chmod(0o755)  # workers of nginx are another user
        root = _folder(place / "root", int(options.gigabytes * (1 << 30)))
        with servers.ours(root, place) as server:
            rows = [*_under_siege(server), *_many_requests(server, options.requests)]
        with servers.ours(root, place) as server:
            rows += [*_large_file(server, root, place, options.runs), *_small_files(server, root, place)]
    print("\n".join(lines(rows)))


def _folder(root: Path, size: int) -> Path:
    for name in (SMALL, LARGE):
        (root / name).parent.mkdir(parents=True)
    (root / SMALL).write_text("[" + "0," * 2000 + "0]", encoding="ascii")
    with (root / LARGE).open("wb") as file:
        file.truncate(size)  # a file of zeros takes no disk, so no disk is measured
    return root


def _under_siege(server: Started) -> Iterator[Row]:
    """How long a small request takes while others are silent or slow."""
    context = server.trusting()
    alone = _seconds(server, context, 200)
    with contextlib.ExitStack() as crowd:
        for _ in range(IDLE):
            crowd.enter_context(server.dial())
        for _ in range(HALF_OPEN):
            crowd.enter_context(_half_open(server, context))
        for _ in range(SLOW):
            _ask(crowd.enter_context(server.connect(context)), LARGE)
        besieged = _seconds(server, context, 500)
        memory = server.status("VmRSS") / 1000
    for what, seconds in (
        ("alone", alone),
        (f"with {IDLE} idle, {HALF_OPEN} half-open, {SLOW} slow", besieged),
    ):
        goal = Goal(1000) if seconds is besieged else None
        yield figure(f"small request on a new connection, p99, {what}", _p99(seconds) * 1000, "ms", goal)
    yield figure("memory with these clients", memory, "MB")


def _half_open(server: Started, context: ssl.SSLContext) -> socket.socket:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    connection = server.dial()
    connection.sendall(outgoing.read()[:-9])
    return connection


def _ask(connection: ssl.SSLSocket, name: str, more: str = "") -> None:
    connection.sendall(f"GET /{name} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode())


def _fetch(server: Started, context: ssl.SSLContext) -> bytes:
    """The whole answer for the small file, on a new connection."""
    with server.connect(context) as connection:
        _ask(connection, SMALL, "Connection: close\r\n")
        return b"".join(iter(lambda: connection.recv(65536), b""))


def _seconds(server: Started, context: ssl.SSLContext, number: int) -> list[float]:
    took = []
    for _ in range(number):
        start = time.perf_counter()
        _check(_fetch(server, context))
        took.append(time.perf_counter() - start)
    return took


def _check(answer: bytes) -> None:
    if not answer.startswith(b"HTTP/1.1 200 ") or not answer.endswith(b",0]"):
        raise RuntimeError(f"a wrong answer: {answer[:200]!r}")


def _p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]


def _many_requests(server: Started, number: int) -> Iterator[Row]:
    """Requests by many clients at once, each on a connection of its own."""
    context = server.trusting()

    def errors(_: int) -> int:
        try:
            _check(_fetch(server, context))
        except (OSError, RuntimeError):
            return 1
        return 0

    start = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as clients:
        failed = sum(clients.map(errors, range(number)))
    yield figure(f"errors in {number} connections, {AT_ONCE} at once", failed, "errors", Goal(0))
    yield figure(
        "the same, with the clients in one Python", number / (time.perf_counter() - start), "a second"
    )


def _large_file(server: Started, root: Path, place: Path, runs: int) -> Iterator[Row]:
    if not (shutil.which("curl") and shutil.which("nginx")):
        return
    size = (root / LARGE).stat().st_size
    with servers.nginx(root, place) as nginx:
        pairs = [(_download(server), _download(nginx)) for _ in range(runs)]
    mine, theirs = [one for one, _ in pairs], [other for _, other in pairs]
    yield ratios(f"{size / (1 << 30):g} GB by curl / from nginx", mine, theirs, Goal(SLOWER_BY))
    yield figure("its throughput", size / statistics.median(mine) / 1e6, "MB/s")
    yield figure("peak memory of the server", server.status("VmHWM") / 1000, "MB", Goal(60))


def _download(server: Started) -> float:
    """Seconds that curl needs for the large file."""
    url = f"https://localhost:{server.port}/{LARGE}"
    command = ["curl", "-sSf", "--noproxy", "*", "--cacert", str(server.authority), "-o", "/dev/null", url]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - start


def _small_files(server: Started, root: Path, place: Path) -> Iterator[Row]:
    """Requests a second by wrk, with connections that stay and with new ones."""
    if not shutil.which("wrk"):
        return
    for stays in (True, False):
        how = "connections that stay" if stays else "a connection for each request"
        yield figure(f"ours, {how}", _requests_a_second(server, stays=stays), "requests/s")
        for name, start in servers.others().items():
            with start(root, place) as other:
                yield figure(f"{name}, {how}", _requests_a_second(other, stays=stays), "requests/s")


def _requests_a_second(server: Started, *, stays: bool) -> float:
    clients = AT_ONCE if stays else 16
    header = () if stays else ("-H", "Connection: close")
    command = ["wrk", "-t2", f"-c{clients}", "-d5s", *header, f"https://127.0.0.1:{server.port}/{SMALL}"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    return float(found[1]) if found else 0.0
