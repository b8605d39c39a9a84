from __future__ import annotations

import http.server
import threading
from typing import TYPE_CHECKING

import pytest

from catalog.errors import IntegrityError, MissingError, UsageError
from catalog.remote.fetch import fetch

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
