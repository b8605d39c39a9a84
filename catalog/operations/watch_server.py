"""Runs the shipped server as a child of ours, for this machine only and without TLS."""

from __future__ import annotations

import re
import subprocess
import tempfile
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Self

from catalog.errors import MissingError
from catalog.operations.serve import ServeRequest, registry_root, server_command
from catalog.operations.watch_child import child
from catalog.registry.layout import GARDEN

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK = "127.0.0.1"
_ADDRESS = re.compile(r"http://[^\s/]+:(\d+)\b")


class ServerProcess:
    """The server of a workspace's registry, started as soon as there is one; it ends with its context."""

    def __init__(self, workspace: Path) -> None:
        self._root = registry_root(workspace)
        self._opened = ExitStack()
        self._process: subprocess.Popen[str] | None = None
        self._log: IO[str] | None = None
        self._port: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._opened.close()

    def port(self) -> int | None:
        """The port on which the server answers; None as long as there is no registry to serve.

        Raises:
            MissingError: the server does not start, or it has ended.
        """
        if self._process is None and (self._root / GARDEN).is_dir():
            self._start()
        if self._process and self._process.poll() is not None:
            raise self._failure()
        return self._port

    def _start(self) -> None:
        command = server_command(self._root, ServeRequest(host=LOOPBACK, port=0, plain_http=True))
        file = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115  # the stack does
        self._log = self._opened.enter_context(file)
        self._process = self._opened.enter_context(child(command, stdout=subprocess.PIPE, stderr=self._log))
        self._port = _announced_port(self._process)
        if self._port is None:
            self._process.wait()

    def _failure(self) -> MissingError:
        said = ""
        if self._log:
            self._log.seek(0)
            said = self._log.read().strip().rpartition("\n")[2]
        return MissingError(
            f"The server of {self._root} has ended: {said or 'it did not say why'}.", "Start it again."
        )


def _announced_port(process: subprocess.Popen[str]) -> int | None:
    """The port in the first address that the server prints; None when it ends without one."""
    for line in process.stdout or ():
        if found := _ADDRESS.search(line):
            return int(found[1])
    return None
