"""What programs say arrives line by line as people would read it, and no output can fill the memory."""

from __future__ import annotations

import os
import sys
import time

import pytest

from catalog.engine.building import Listener
from catalog.engine.lines import Heard, follow
from catalog.engine.program import Command
from catalog.errors import MissingError, StoppedError


def said(code: str) -> tuple[Heard, list[str]]:
    heard: list[str] = []
    return follow(program(code), Listener(heard.append), idle_seconds=30), heard


def program(code: str) -> Command:
    return Command((sys.executable, "-c", code))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("one\ntwo\n", ["one", "two"]),
        ("no end", ["no end"]),
        ("10 %\r50 %\r100 %\n", ["100 %"]),
        ("windows\r\n", ["windows"]),
        ("\x1b[0m\x1b[91mnpm ERR! missing\x1b[0m\n", ["npm ERR! missing"]),
        ("\x1b[1;31mbold\x1b[m plain\n", ["bold plain"]),
        ("", []),
    ],
)
def test_lines_are_heard_as_a_terminal_without_colours_shows_them(written: str, read: list[str]) -> None:
    heard, lines = said(f"print({written!r}, end='')")
    assert lines == read
    assert heard.said == "\n".join(read)


def test_what_is_no_text_is_heard_all_the_same() -> None:
    _, lines = said(r"import os; os.write(2, b'ol\xe9\n')")
    assert lines == ["ol\N{REPLACEMENT CHARACTER}"]


def test_a_line_without_an_end_is_cut_and_the_next_one_is_whole() -> None:
    _, lines = said("print('x' * 9_000_000); print('after')")
    assert lines[-1] == "after"
    assert sum(map(len, lines)) < 10_000


def test_the_exit_code_and_the_last_lines_are_kept() -> None:
    heard, lines = said("print(*range(1000), sep='\\n'); raise SystemExit(7)")
    assert heard.exit_code == 7
    assert len(lines) == 1000
    assert heard.said.splitlines() == [str(number) for number in range(800, 1000)]


def test_a_program_that_may_take_no_longer_is_ended() -> None:
    begun = time.monotonic()
    heard = follow(program("import time; time.sleep(60)"), Listener(_nobody), idle_seconds=30, seconds=0.3)
    assert heard.timed_out
    assert time.monotonic() - begun < 20


def test_a_program_that_stays_silent_is_ended_and_named() -> None:
    with pytest.raises(MissingError):
        follow(program("import time; time.sleep(60)"), Listener(_nobody), idle_seconds=0.3)


def test_a_program_is_ended_when_the_listener_asks_for_it() -> None:
    pids: list[str] = []
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with pytest.raises(StoppedError):
        follow(program(code), Listener(pids.append, lambda: bool(pids)), idle_seconds=30)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pids[0]), 0)


def _nobody(line: str) -> None:
    """Hears a line that no test looks at."""
