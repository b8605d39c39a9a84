from __future__ import annotations

import http.server
import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from catalog.errors import IntegrityError, MissingError, UsageError
from catalog.remote.bounded_http import Patience
from catalog.remote.fetch import fetch
from tests.support.kamiwaza_stand_in import StandIn, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class _Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/there")
        elif self.path == "/to-a-file":
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
        elif self.path == "/gone":
            self.send_response(410)
        else:
            self.send_response(200)
        self.end_headers()
        if self.path == "/there":
            self.wfile.write(b"content")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_redirects_to_the_web_are_followed_and_no_others(address: str) -> None:
    assert fetch(f"{address}/moved", 100) == b"content"
    with pytest.raises(MissingError, match=r"cannot be fetched|answers with"):
        fetch(f"{address}/to-a-file", 100)


def test_what_is_not_there_is_told_from_what_fails(address: str) -> None:
    assert fetch(f"{address}/gone", 100) is None
    with pytest.raises(MissingError, match=r"cannot be fetched: .*refused"):
        fetch("http://127.0.0.1:9", 100)


def test_a_content_without_end_is_not_taken(address: str) -> None:
    with pytest.raises(IntegrityError, match="more than 3 bytes"):
        fetch(f"{address}/there", 3)


def test_an_authority_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ca\.crt"):
        fetch("https://127.0.0.1:9", 100, tmp_path / "ca.crt")


@contextmanager
def _dripping(start: bytes) -> Iterator[str]:
    """A server that begins its answer with `start`, and then sends a byte now and then, for ever."""
    over = threading.Event()

    def drip(connected: socket.socket) -> None:
        with connected, suppress(OSError):
            connected.recv(4096)
            connected.sendall(start)
            while not over.wait(0.05):
                connected.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                drip(server.accept()[0])

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x"
        over.set()
        thread.join()


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-More: ",
        b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
    ],
)
def test_a_server_that_sends_a_byte_now_and_then_is_given_up(start: bytes) -> None:
    begun = time.monotonic()
    with _dripping(start) as address, pytest.raises(MissingError, match="too slow") as caught:
        fetch(address, 10_000, patience=Patience(silence=0.4, total=60))
    assert time.monotonic() - begun < 30
    assert "Try again" in caught.value.hint


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(MissingError, match="too slow"):
        fetch(f"http://127.0.0.1:{server.getsockname()[1]}/", 100, patience=Patience(silence=0.3))


def test_time_grows_with_what_has_come_up_to_its_end() -> None:
    patience = Patience(silence=60, total=3600, slowest=1024)
    assert [patience.allowed(count) for count in (0, 10 * 1024, 2**30)] == [60, 70, 3600]


def test_what_a_server_answers_over_tls_is_told(tmp_path: Path) -> None:
    with running(StandIn(), tmp_path) as served, pytest.raises(MissingError, match="answers with 401"):
        fetch(f"{served.url}/api/apps/templates", 100, served.ca)
