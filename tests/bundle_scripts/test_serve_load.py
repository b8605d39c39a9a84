"""serve-registry.py answers in spite of clients that are silent, slow or many."""

from __future__ import annotations

import contextlib
import os
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bundle_scripts.server_process import Connection, RunningServer, running

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

pytestmark = pytest.mark.slow
CAP = 480
REQUESTS = int(os.environ.get("CATALOG_SOAK_REQUESTS", "640"))
AT_ONCE = 64
LARGE = 40_000_000
CATALOG = "/garden/default/apps.json"


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[RunningServer]:
    """A server of its own, with a catalog and a large file."""
    root = tmp_path / "registry"
    for name, size in {CATALOG[1:]: 100, "site/large.bin": LARGE}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        with (root / name).open("wb") as file:
            file.truncate(size)
    with running(root, tmp_path) as server:
        yield server


def half_a_handshake(server: RunningServer, crowd: contextlib.ExitStack) -> socket.socket:
    """Connect and send the client's first message, but for its last bytes."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = server.trusting().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    connection = crowd.enter_context(server.dial())
    connection.sendall(outgoing.read()[:-9])
    return connection


def slow_reader(server: RunningServer, crowd: contextlib.ExitStack) -> ssl.SSLSocket:
    """Ask for a large file, and take a little of it."""
    connection = crowd.enter_context(server.connect())
    connection.sendall(b"GET /site/large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
    connection.recv(1000)
    return connection


def is_hung_up(connection: socket.socket, within: float) -> bool:
    """Tell whether the server closes a connection within some seconds; on one that it keeps it is silent."""
    connection.settimeout(within)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_clients_that_connect_and_say_nothing_hold_nobody_up(busy: RunningServer) -> None:
    with contextlib.ExitStack() as crowd:
        for _ in range(200):
            crowd.enter_context(busy.dial())
            half_a_handshake(busy, crowd)
        for _ in range(50):
            slow_reader(busy, crowd)
        assert [busy.get(CATALOG).status for _ in range(50)] == [200] * 50


def test_when_all_places_are_taken_the_oldest_silent_client_makes_room(busy: RunningServer) -> None:
    with contextlib.ExitStack() as crowd:
        reader = slow_reader(busy, crowd)
        silent = [crowd.enter_context(busy.dial()) for _ in range(CAP)]
        assert busy.get(CATALOG).status == 200
        assert is_hung_up(silent[0], within=5)
        assert not is_hung_up(silent[-1], within=0.1)
        assert not is_hung_up(reader, within=0.1)
        assert f"hung up: {CAP} connections are open" in busy.logged("hung up")


def test_many_requests_at_once_are_all_answered(busy: RunningServer) -> None:
    def ask(number: int) -> list[int]:
        connection = Connection(busy)
        statuses = [connection.send(f"{CATALOG}?{number}").status for _ in range(REQUESTS // AT_ONCE)]
        connection.close()
        return statuses

    with ThreadPoolExecutor(AT_ONCE) as clients:
        statuses = [status for each in clients.map(ask, range(AT_ONCE)) for status in each]
    assert statuses == [200] * (REQUESTS // AT_ONCE * AT_ONCE)


def drip(client: socket.socket, seconds: float) -> bool:
    """Send a byte of a request every half second; tells whether the server hung up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            client.sendall(b"G")
        except OSError:
            return True
        if is_hung_up(client, within=0.5):
            return True
    return False


def test_a_client_that_goes_on_waiting_is_hung_up(busy: RunningServer) -> None:
    request = f"GET {CATALOG} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with contextlib.ExitStack() as crowd:
        silent, half = crowd.enter_context(busy.dial()), half_a_handshake(busy, crowd)
        asking, idle, dripping = (crowd.enter_context(busy.connect()) for _ in range(3))
        asking.sendall(request[:-4])
        idle.sendall(request)
        assert idle.recv(10_000).startswith(b"HTTP/1.1 200")
        assert drip(dripping, 20)  # what it drips buys it no time
        assert [is_hung_up(each, within=5) for each in (silent, half, asking, idle)] == [True] * 4
        assert "it took too long" in busy.logged("it took too long")


def test_a_large_file_takes_little_memory(busy: RunningServer) -> None:
    with busy.connect() as client:
        client.sendall(b"GET /site/large.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        received = sum(map(len, iter(lambda: client.recv(1 << 20), b"")))
    assert received > LARGE
    status = Path("/proc", str(busy.process.pid), "status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    assert peak < 60_000
