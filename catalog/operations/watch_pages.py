"""Hands the pages of a running server on to a browser of this machine, with a script that reloads them.

The script is put into a page on its way, so no built file holds it. It is a file of the same origin, so the
Content-Security-Policy of the pages lets it run as it stands. All else arrives as the server sent it, but for
what has to do with caches: here, every answer is new.
"""

from __future__ import annotations

import http.client
import secrets
import socketserver
import threading
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from catalog.errors import ConflictError
from catalog.operations.watch_server import LOOPBACK
from catalog.registry.layout import CONTENT_SECURITY_POLICY_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

# No file of a registry has a hidden name, so these addresses are free.
BUILD_ADDRESS = "/.watch/build"
SCRIPT_ADDRESS = "/.watch/reload.js"
RELOAD_SCRIPT = f"""\
"use strict";
(() => {{
  const shown = new URL(document.currentScript.src).searchParams.get("build");
  const look = async () => {{
    try {{
      const answer = document.hidden ? null : await fetch("{BUILD_ADDRESS}", {{ cache: "no-store" }});
      if (answer?.ok && (await answer.text()) !== shown) location.reload();
    }} catch {{
      // the server is gone; it may come back
    }}
    setTimeout(look, 400);
  }};
  look();
}})();
"""
_NOTHING_YET = b"""\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Nothing is built yet</title></head>
<body><h1>Nothing is built yet</h1>
<p>The terminal says what is in the way. This page shows the catalog as soon as a build succeeds.</p>
</body></html>
"""
_NOT_HANDED_ON = frozenset(
    (
        *("connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"),
        *("cache-control", "etag", "last-modified", "accept-ranges"),
    )
)
_HTML = "text/html"
_SECONDS = 30  # for the server's answer, and for a browser's next request


class PageServer(ThreadingHTTPServer):
    """Answers browsers of this machine; `show` says what there is to be seen."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        """Listen on `port`, 0 for any that is free."""
        super().__init__((LOOPBACK, port), _PageHandler)
        self.upstream: int | None = None
        self.build = ""
        self._start, self._builds = secrets.token_hex(4), 0

    @property
    def url(self) -> str:
        """The address for the browser."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    def server_bind(self) -> None:
        """Bind the socket; unlike http.server, ask no name server about the address."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.socket.getsockname()[1]

    def show(self, upstream: int | None) -> None:
        """There is a new build, which the server on the port `upstream` has: open pages load again."""
        self._builds += 1
        self.upstream, self.build = upstream, f"{self._start}-{self._builds}"

    def is_meant(self, host: str | None) -> bool:
        """Whether a request for this host means us, and is not another website's that took our address."""
        names = (LOOPBACK, "localhost")
        if self.server_port == http.client.HTTP_PORT and host in names:
            return True  # browsers leave the default port out
        return host in {f"{name}:{self.server_port}" for name in names}

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent: a browser that hangs up is no news."""


@contextmanager
def serving_pages(port: int) -> Iterator[PageServer]:
    """A server of pages that runs beside the caller.

    Raises:
        ConflictError: the port is taken.
    """
    try:
        server = PageServer(port)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConflictError(
            f"Port {port} of {LOOPBACK} cannot be had: {reason}.", "Choose another one with: --port NUMBER"
        ) from error
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def with_script(page: bytes, build: str) -> bytes:
    """The page with the script that loads it again when there is another build than `build`."""
    tag = f'<script src="{SCRIPT_ADDRESS}?build={build}" defer></script>'.encode("ascii")
    head, end_of_head, body = page.partition(b"</head>")
    return head + tag + end_of_head + body


class _PageHandler(BaseHTTPRequestHandler):
    server: PageServer
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS

    def do_GET(self) -> None:
        address = self.path.partition("?")[0]
        if not self.server.is_meant(self.headers.get("Host")):
            self._send(HTTPStatus.MISDIRECTED_REQUEST, "text/plain", b"this server is for this machine\n")
        elif address == BUILD_ADDRESS:
            self._send(HTTPStatus.OK, "text/plain", self.server.build.encode("ascii"))
        elif address == SCRIPT_ADDRESS:
            self._send(HTTPStatus.OK, "text/javascript; charset=utf-8", RELOAD_SCRIPT.encode("ascii"))
        else:
            self._hand_on()

    do_HEAD = do_GET  # noqa: N815  # http.server looks methods up by these names

    def version_string(self) -> str:
        """The Server header, which tells no versions."""
        return "catalog"

    def _hand_on(self) -> None:
        build = self.server.build  # before the page is read: an older number than the page's is safe
        try:
            status, headers, body = self._asked()
        except (ValueError, http.client.InvalidURL):
            self._send(HTTPStatus.BAD_REQUEST, "text/plain", b"400 Bad Request\n")
            return
        except (OSError, http.client.HTTPException):
            status, body = HTTPStatus.SERVICE_UNAVAILABLE, _NOTHING_YET
            headers = {"Content-Type": _HTML, "Content-Security-Policy": CONTENT_SECURITY_POLICY_HEADER}
        if headers.get("Content-Type", "").startswith(_HTML):
            body = with_script(body, build)
        self._answer(status, headers, body)

    def _asked(self) -> tuple[int, dict[str, str], bytes]:
        """What the server answers."""
        if self.server.upstream is None:
            raise ConnectionRefusedError
        connection = http.client.HTTPConnection(LOOPBACK, self.server.upstream, timeout=_SECONDS)
        try:
            connection.request("GET", self.path)
            answer = connection.getresponse()
            headers = {name: text for name, text in answer.getheaders() if name.lower() not in _NOT_HANDED_ON}
            return answer.status, headers, answer.read()
        finally:
            connection.close()

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self._answer(status, {"Content-Type": content_type, "X-Content-Type-Options": "nosniff"}, body)

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Stay silent: the terminal is for the builds."""
