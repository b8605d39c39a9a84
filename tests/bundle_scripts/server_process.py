"""Runs the real serve-registry.py as its own process and speaks to it as clients do."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BUNDLE = Path(__file__).resolve().parents[2] / "bundle"
SERVER = BUNDLE / "serve-registry.py"
CERTIFICATES = BUNDLE / "registry_certificates.py"
SETUP = BUNDLE / "package-setup.sh"
SCRIPTS = tuple(sorted(BUNDLE.glob("*.sh")))


def outcome(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the server with arguments that make it stop at once; returns exit code and output."""
    return subprocess.run(
        [sys.executable, SERVER, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
        env=environment or None,
    )


def hide_cryptography(folder: Path) -> dict[str, str]:
    """Return an environment in which Python has no package cryptography, so that openssl is used."""
    hidden = folder / "without/cryptography"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError(__name__)\n")
    return {"PYTHONPATH": str(hidden.parent)}


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, with lower-case header names."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """A TLS connection that sends requests byte by byte as given, and opens again when the server hung up."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._socket: socket.socket | None = None

    def send(self, target: str | bytes, method: str = "GET", **headers: str) -> Answer:
        """Send one request; header names are given with underscores for hyphens."""
        raw = target if isinstance(target, bytes) else target.encode("latin-1")
        fields = {"Host": "localhost", **{name.replace("_", "-"): text for name, text in headers.items()}}
        lines = "".join(f"{name}: {text}\r\n" for name, text in fields.items())
        return self.send_raw(b"%s %s HTTP/1.1\r\n%s\r\n" % (method.encode(), raw, lines.encode()), method)

    def send_raw(self, request: bytes, method: str = "GET") -> Answer:
        """Send bytes and read one answer."""
        if self._socket is None:
            self._socket = self._server.connect() if self._server.speaks_tls else self._server.dial()
        self._socket.sendall(request)
        with contextlib.closing(http.client.HTTPResponse(self._socket, method=method)) as response:
            response.begin()
            headers = {name.lower(): text for name, text in response.getheaders()}
            answer = Answer(response.status, headers, response.read())
        if response.will_close:
            self.close()
        return answer

    @property
    def is_open(self) -> bool:
        """Tell whether the last answer left the connection open."""
        return self._socket is not None

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None


@dataclass(frozen=True)
class RunningServer:
    """A server that has announced itself: its process, its port, and where its files are."""

    process: subprocess.Popen[bytes]
    port: int
    state: Path
    output: Path
    errors: Path

    @property
    def speaks_tls(self) -> bool:
        """Tell whether it was started without --http."""
        return self.state.is_dir()

    def logged(self, text: str) -> str:
        """Wait until the log has this text, and return the log; AssertionError if it never comes."""
        deadline = time.monotonic() + 10
        while text not in (log := self.errors.read_text()):
            assert time.monotonic() < deadline, f"{text!r} is not in {log}"
            time.sleep(0.01)
        return log

    def trusting(self) -> ssl.SSLContext:
        """Return a client's settings that trust this server's authority and nothing else."""
        return ssl.create_default_context(cafile=str(self.state / "ca.crt"))

    def connect(self, address: str = "127.0.0.1", name: str = "localhost") -> ssl.SSLSocket:
        """Return a TLS connection to `address` that expects a certificate for `name`."""
        connection = self.dial(address)
        try:
            return self.trusting().wrap_socket(connection, server_hostname=name)
        except BaseException:
            connection.close()
            raise

    def dial(self, address: str = "127.0.0.1") -> socket.socket:
        """Return a TCP connection on which nothing was said yet."""
        return socket.create_connection((address, self.port), timeout=5)

    def get(self, target: str | bytes, method: str = "GET", **headers: str) -> Answer:
        """Send one request over its own connection."""
        with contextlib.closing(Connection(self)) as connection:
            return connection.send(target, method, **headers)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=10)


@contextlib.contextmanager
def running(
    root: Path, place: Path, *arguments: str | Path, python: str = sys.executable, **environment: str
) -> Iterator[RunningServer]:
    """Run a server for `root` on any free port; its state and its output lie in `place`."""
    state, output, errors = place / "state", place / "stdout", place / "stderr"
    command = [python, SERVER, "--root", root, "--state", state, "--port", "0", *arguments]
    with (
        output.open("wb") as out,
        errors.open("wb") as err,
        subprocess.Popen(command, stdout=out, stderr=err, env={**os.environ, **environment}) as it,
    ):
        try:
            yield RunningServer(it, announced_port(it, output, errors), state, output, errors)
        finally:
            it.kill()


def announced_port(process: subprocess.Popen[bytes], output: Path, errors: Path) -> int:
    """Wait until the server has announced its port, and return it."""
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        text = output.read_text()
        if "Stop with" in text and (
            found := re.search(r"registry root +https?://.*:(\d+)$", text, re.MULTILINE)
        ):
            return int(found[1])
        time.sleep(0.01)
    raise AssertionError(f"the server did not start: {errors.read_text()}")
