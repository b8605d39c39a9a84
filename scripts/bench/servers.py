"""Starts HTTPS servers on one folder: ours, nginx, and what Python has, all with the certificate of ours."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PROGRAM = Path(__file__).resolve().parents[2] / "bundle/serve-registry.py"
NGINX = """\
daemon off;
worker_processes auto;
pid {place}/nginx.pid;
error_log {place}/error.log;
events {{ worker_connections 2048; }}
http {{
    access_log {place}/access.log;
    client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
    sendfile on;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {state}/server.crt;
        ssl_certificate_key {state}/server.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        keepalive_requests 1000000;
        root {root};
    }}
}}
"""
# `python -m http.server` has no TLS, so its class gets a socket that has; one thread was the template's way.
PYTHON = """\
import functools, http.server, ssl, sys
root, port, state, kind = sys.argv[1:]
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=root)
handler.func.protocol_version = "HTTP/1.1"
server = getattr(http.server, kind)(("127.0.0.1", int(port)), handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{state}/server.crt", f"{state}/server.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


@dataclass(frozen=True, slots=True)
class Started:
    """A server that listens on 127.0.0.1; `authority` is the file that its clients trust."""

    process: subprocess.Popen[bytes]
    port: int
    authority: Path

    def dial(self) -> socket.socket:
        """A connection on which nothing was said yet."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def connect(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        """A connection with its handshake done."""
        return context.wrap_socket(self.dial(), server_hostname="localhost")

    def trusting(self) -> ssl.SSLContext:
        """The settings of a client."""
        return ssl.create_default_context(cafile=str(self.authority))

    def status(self, field: str) -> int:
        """A number of the kernel's page about the process: VmRSS and VmHWM in kB, Threads."""
        text = Path("/proc", str(self.process.pid), "status").read_text(encoding="ascii")
        found = re.search(rf"^{field}:\s+(\d+)", text, re.MULTILINE)
        return int(found[1]) if found else 0

    def descriptors(self) -> int:
        """How many files and sockets the process has open."""
        return len(list(Path("/proc", str(self.process.pid), "fd").iterdir()))


@contextlib.contextmanager
def ours(root: Path, place: Path) -> Iterator[Started]:
    """serve-registry.py, which makes the certificates in `place`/state."""
    port = _free_port()
    options = [
        "--root",
        str(root),
        "--port",
        str(port),
        "--state",
        str(place / "state"),
        "--host",
        "127.0.0.1",
    ]
    with _running([sys.executable, str(PROGRAM), *options], place, port) as server:
        yield server


@contextlib.contextmanager
def nginx(root: Path, place: Path) -> Iterator[Started]:
    """Nginx as it comes, with TLS and an access log."""
    port = _free_port()
    text = NGINX.format(root=root, place=place, port=port, state=place / "state")
    (place / "nginx.conf").write_text(text, encoding="utf-8")
    command = ["nginx", "-p", str(place), "-e", f"{place}/error.log", "-c", str(place / "nginx.conf")]
    with _running(command, place, port) as server:
        yield server


@contextlib.contextmanager
def python_threads(root: Path, place: Path) -> Iterator[Started]:
    """What `python -m http.server` runs, behind TLS."""
    with _python(root, place, "ThreadingHTTPServer") as server:
        yield server


@contextlib.contextmanager
def python_one_thread(root: Path, place: Path) -> Iterator[Started]:
    """The same in one thread, the form of the older template's server."""
    with _python(root, place, "HTTPServer") as server:
        yield server


def others() -> dict[str, Callable[[Path, Path], contextlib.AbstractContextManager[Started]]]:
    """The servers to compare with, as far as they are installed."""
    there = {"http.server behind TLS": python_threads, "http.server, one thread": python_one_thread}
    return {**there, **({"nginx": nginx} if shutil.which("nginx") else {})}


@contextlib.contextmanager
def _python(root: Path, place: Path, kind: str) -> Iterator[Started]:
    port = _free_port()
    command = [sys.executable, "-c", PYTHON, str(root), str(port), str(place / "state"), kind]
    with _running(command, place, port) as server:
        yield server


@contextlib.contextmanager
def _running(command: Sequence[str], place: Path, port: int) -> Iterator[Started]:
    with (place / f"log-{port}").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    server = Started(process, port, place / "state/ca.crt")
    try:
        _wait_for(server)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(server: Started) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and server.process.poll() is None:
        with contextlib.suppress(ConnectionError):
            server.dial().close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"{server.process.args!r} did not start")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
