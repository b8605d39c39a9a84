"""Runs a program beside us for the length of a block."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from catalog.engine.held_signals import held_signals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_GRACE = 20.0  # seconds that a program gets to end in order


@contextmanager
def child(
    command: Sequence[str], *, stdout: int | None = None, stderr: IO[str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """The running program; None leaves a stream where ours is. At the end of the block it is ended.

    Ctrl-C reaches us alone, so the program is asked once to end and not in the middle of its ending again.
    """
    process = None
    try:
        with held_signals():
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, text=True, process_group=0
            )
        yield process
    finally:
        if process is not None:
            with held_signals():
                _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
