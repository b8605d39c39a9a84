"""What a browser gets of a page that is watched: the server's answer, and a script that loads it again."""

from __future__ import annotations

import http.client
import socket
import threading
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from catalog.operations.watch_pages import (
    BUILD_ADDRESS,
    RELOAD_SCRIPT,
    SCRIPT_ADDRESS,
    PageServer,
    serving_pages,
    with_script,
)
from catalog.registry.layout import CONTENT_SECURITY_POLICY_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = b"<!doctype html><html><head><title>Notes</title></head><body></body></html>"
PICTURE = b"\x89PNG </head> not a page"


class Upstream(BaseHTTPRequestHandler):
    """A server with a page and a picture, and all the headers that the shipped one sends."""

    asked: ClassVar[list[tuple[str, dict[str, str]]]] = []

    def do_GET(self) -> None:
        Upstream.asked.append((self.path, {name.lower(): text for name, text in self.headers.items()}))
        body = PICTURE if self.path.endswith(".png") else PAGE
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Type", "image/png" if body is PICTURE else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"1"')
        self.send_header("Cache-Control", "max-age=3600")
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY_HEADER)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def running(server: HTTPServer) -> Iterator[int]:
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def pages() -> Iterator[PageServer]:
    """Watched pages of a server that has made its first build."""
    Upstream.asked.clear()
    with running(HTTPServer(("127.0.0.1", 0), Upstream)) as port, serving_pages(0) as it:
        it.show(port)
        yield it


def got(
    pages: PageServer, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", pages.server_port, timeout=5)
    with closing(connection):
        connection.request(
            method, path, headers={name.replace("_", "-"): text for name, text in headers.items()}
        )
        answer = connection.getresponse()
        found = {name.lower(): text for name, text in answer.getheaders()}
        return answer.status, found, answer.read()


def test_a_page_gets_one_script_more_and_is_else_as_the_server_sent_it(pages: PageServer) -> None:
    status, headers, body = got(pages, "/site/index.html")
    script = f'<script src="{SCRIPT_ADDRESS}?build={pages.build}" defer></script>'.encode()
    assert (status, body.replace(script, b"")) == (200, PAGE)
    assert body.count(script) == 1
    assert int(headers["content-length"]) == len(body)
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY_HEADER


def test_what_is_no_page_arrives_byte_for_byte(pages: PageServer) -> None:
    status, headers, body = got(pages, "/site/a.png")
    assert (status, headers["content-type"], body) == (200, "image/png", PICTURE)


def test_a_page_that_is_not_there_is_loaded_again_as_well(pages: PageServer) -> None:
    status, _, body = got(pages, "/site/missing.html")
    assert status == 404
    assert SCRIPT_ADDRESS.encode() in body


def test_nothing_is_taken_from_a_cache_and_nothing_put_into_one(pages: PageServer) -> None:
    _, headers, _ = got(pages, "/site/index.html", If_None_Match='"1"', Range="bytes=0-3")
    assert headers["cache-control"] == "no-store"
    assert "etag" not in headers
    assert not {"if-none-match", "range"} & Upstream.asked[0][1].keys()


def test_head_tells_the_length_of_the_page_with_its_script(pages: PageServer) -> None:
    _, headers, body = got(pages, "/site/index.html", "HEAD")
    assert body == b""
    assert headers["content-length"] == got(pages, "/site/index.html")[1]["content-length"]


def test_the_script_and_the_number_of_the_build_need_no_server(pages: PageServer) -> None:
    assert got(pages, SCRIPT_ADDRESS)[2].decode() == RELOAD_SCRIPT
    assert got(pages, f"{SCRIPT_ADDRESS}?build=x")[1]["content-type"] == "text/javascript; charset=utf-8"
    assert got(pages, BUILD_ADDRESS)[2].decode() == pages.build
    assert Upstream.asked == []


def test_each_build_has_a_number_of_its_own_also_after_a_new_start(pages: PageServer) -> None:
    numbers = [pages.build]
    for _ in range(3):
        pages.show(pages.upstream)
        numbers.append(pages.build)
    with serving_pages(0) as later:
        later.show(pages.upstream)
        numbers.append(later.build)
    assert len(set(numbers)) == 5


def test_as_long_as_nothing_is_built_a_page_says_so_and_waits() -> None:
    with serving_pages(0) as pages:
        status, headers, body = got(pages, "/")
        assert status == 503
        assert b"Nothing is built yet" in body
        assert b"reload.js?build=&" not in body
        assert SCRIPT_ADDRESS.encode() + b"?build=" in body
        assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY_HEADER
        assert got(pages, BUILD_ADDRESS)[2] == b""


def test_a_server_that_is_gone_is_waited_for(pages: PageServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    pages.show(port)
    assert got(pages, "/")[0] == 503


@pytest.mark.parametrize("host", ["attacker.test", "attacker.test:{port}", "127.0.0.1", "127.0.0.1:1", ""])
def test_a_website_that_took_our_address_reads_nothing(pages: PageServer, host: str) -> None:
    status, _, body = got(pages, "/site/index.html", Host=host.format(port=pages.server_port))
    assert (status, body) == (421, b"this server is for this machine\n")
    assert Upstream.asked == []


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}"])
def test_a_browser_of_this_machine_may_use_either_name(pages: PageServer, host: str) -> None:
    assert got(pages, "/", Host=host.format(port=pages.server_port))[0] == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.1:80"])
def test_on_the_port_that_browsers_leave_out_of_the_host_they_are_answered(
    pages: PageServer, host: str
) -> None:
    pages.server_port = 80  # as if: to listen there needs rights
    assert pages.is_meant(host)
    assert not pages.is_meant("attacker.test")


@pytest.mark.parametrize("target", [b"/\xff", b"/a\x01b", b"/\x7f"])
def test_an_address_that_is_none_is_refused(pages: PageServer, target: bytes) -> None:
    with socket.create_connection(("127.0.0.1", pages.server_port), timeout=5) as connection:
        connection.sendall(b"GET %s HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % (target, pages.server_port))
        assert connection.recv(64).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_sent(pages: PageServer, method: str) -> None:
    assert got(pages, "/", method)[0] == 501
    assert Upstream.asked == []


def test_pages_are_for_this_machine_only(pages: PageServer) -> None:
    assert pages.server_address[0] == "127.0.0.1"
    assert pages.url == f"http://127.0.0.1:{pages.server_port}/"


def test_a_page_without_a_head_gets_the_script_at_its_end() -> None:
    assert with_script(b"<p>hello", "1").startswith(b"<p>hello<script src=")


def test_a_browser_that_hangs_up_is_no_news(pages: PageServer, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_connection(("127.0.0.1", pages.server_port), timeout=5) as connection:
        connection.sendall(b"GET / HT")
    got(pages, "/")
    assert capfd.readouterr() == ("", "")
