"""Runs `catalog serve` as people do: as a program of its own, on a workspace."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
    from collections.abc import Iterator
    from pathlib import Path

_READY = re.compile(r"Stop with Ctrl-C|^}$", re.MULTILINE)
SECONDS = 30
CATALOG = (sys.executable, "-m", "catalog")


@dataclass
class Served:
    """A running `catalog serve`: its log, what it said before it was ready, and the address in that."""

    process: subprocess.Popen[str]
    log: Path
    said: str = ""
    url: str = ""
    _spoken: queue.Queue[str] = field(default_factory=queue.Queue)

    def __post_init__(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()

    def line(self) -> str:
        """The next line that it says, empty at its end; silence is an error, so that no test hangs."""
        return self._spoken.get(timeout=SECONDS)

    def lines(self, number: int) -> list[str]:
        """The next lines, without their ends."""
        return [self.line().rstrip("\n") for _ in range(number)]

    def stop(self, number: signal.Signals) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=SECONDS)

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            self._spoken.put(line)
        self._spoken.put("")


@contextmanager
def serving(workspace: Path, *options: str | Path) -> Iterator[Served]:
    """`catalog serve` on any free port, until the end of the block; its log is in `serve.log`."""
    log = workspace / "serve.log"
    with (
        log.open("a") as errors,
        subprocess.Popen(
            [*CATALOG, "--workspace", workspace, "serve", "--port", "0", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "NO_COLOR": "1"},
        ) as process,
    ):
        try:
            yield _ready(Served(process, log))
        finally:
            process.terminate()
            process.wait(timeout=SECONDS)


def _ready(it: Served) -> Served:
    while line := it.line():
        it.said += line
        if _READY.search(line) and (found := re.search(r"https?://[^\s/]+:\d+", it.said)):
            it.url = found[0]
            return it
    raise AssertionError(f"it did not start: {it.said}{it.log.read_text()}")
