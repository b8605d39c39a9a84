"""However the work with an engine ends, no program of it stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catalog.engine.cli_engine import CliEngine, Limits
from catalog.engine.dialect import DOCKER
from catalog.engine.held_signals import held_signals
from catalog.engine.program import GRACE_SECONDS
from catalog.errors import MissingError
from tests.support.stub_program import docker_program

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[2]
# A program with a child, both of which write down who they are and then give bytes without an end.
ENDLESS = """
echo $$ >> "{pids}"
sh -c 'echo $$ >> "{pids}"; exec sleep 60' &
until test "$(wc -l < "{pids}")" -eq 2; do sleep 0.01; done
while :; do head -c 100000 /dev/zero; done"""
SILENT = ENDLESS.replace("while :; do head -c 100000 /dev/zero; done", "echo x; wait")
STUBBORN = "trap '' TERM;" + ENDLESS


def a_docker(folder: Path, script: str, limits: Limits | None = None) -> CliEngine:
    program = docker_program(folder / "docker", script.format(pids=folder / "pids"))
    return CliEngine(str(program), DOCKER, os.environ, limits)


def read_and_raise(engine: CliEngine, error: BaseException) -> None:
    with engine.save(["a:1"]) as stream:
        stream.read(1000)
        raise error


def started(folder: Path) -> list[int]:
    """The numbers of the program and its child, once both have written theirs."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        path = folder / "pids"
        numbers = path.read_text().split() if path.exists() else []
        if len(numbers) == 2:
            return [int(number) for number in numbers]
        time.sleep(0.01)
    raise AssertionError("the program did not start")


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1] != "Z"
    except OSError:
        return False


def are_gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 2
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(map(is_running, pids))


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_leaving_a_save_early_ends_the_program_and_its_children(tmp_path: Path) -> None:
    with a_docker(tmp_path, ENDLESS).save(["a:1"]) as stream:
        assert stream.read(1000) == bytes(1000)
        pids = started(tmp_path)
        assert all(map(is_running, pids))
    assert are_gone(pids)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, MissingError, SystemExit])
def test_an_exception_while_reading_ends_the_program(tmp_path: Path, kind: type[BaseException]) -> None:
    with pytest.raises(kind):
        read_and_raise(a_docker(tmp_path, ENDLESS), kind("stop"))
    assert are_gone(started(tmp_path))


@pytest.mark.slow
def test_a_program_that_does_not_want_to_end_is_ended(tmp_path: Path) -> None:
    with a_docker(tmp_path, STUBBORN).save(["a:1"]) as stream:
        stream.read(1000)
        pids = started(tmp_path)
        left = time.monotonic()
    assert are_gone(pids)
    assert GRACE_SECONDS <= time.monotonic() - left < GRACE_SECONDS + 5


def test_a_program_that_stands_still_is_ended(tmp_path: Path) -> None:
    engine = a_docker(tmp_path, SILENT, Limits(idle=1))
    with pytest.raises(MissingError, match="gave no answer"), engine.save(["a:1"]) as stream:
        stream.read(1000)
    assert are_gone(started(tmp_path))


def test_chunks_that_fail_end_the_load(tmp_path: Path) -> None:
    def broken_off() -> Iterator[bytes]:
        yield b"x"
        started(tmp_path)
        raise KeyboardInterrupt

    engine = a_docker(tmp_path, SILENT)
    with pytest.raises(KeyboardInterrupt):
        engine.load(broken_off())
    assert are_gone(started(tmp_path))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("call", ["pull('a:1')", "load(iter([b'x']))", "inspect(['a:1'])", "save(['a:1'])"])
def test_a_signal_to_us_ends_the_program(tmp_path: Path, call: str, number: int) -> None:
    a_docker(tmp_path, SILENT)
    work = f"engine.{call}" if "save" not in call else f"with engine.{call} as s: s.read(1000)"
    script = f"""
        import os, signal
        from catalog.engine.cli_engine import CliEngine
        from catalog.engine.dialect import DOCKER
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        engine = CliEngine({str(tmp_path / "docker")!r}, DOCKER, os.environ)
        {work}
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, cwd=CHECKOUT, stderr=subprocess.PIPE, text=True) as process:
        pids = started(tmp_path)
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert "KeyboardInterrupt" in said
    assert are_gone(pids)


def test_a_signal_that_comes_at_the_wrong_moment_is_dealt_with_a_moment_later() -> None:
    done = []

    def work() -> None:
        with held_signals():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            done.append("the whole block")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["the whole block"]
    assert signal.getsignal(signal.SIGINT) is before


def test_an_engine_may_be_used_in_a_thread(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        engine = a_docker(tmp_path, "cat >/dev/null; echo 'Loaded image: a:1'")
        results = list(pool.map(lambda _: engine.load(iter([b"x" * 300_000])), range(4)))
    assert results == [("a:1",)] * 4


def test_nothing_stays_open_after_many_calls(tmp_path: Path) -> None:
    engine = a_docker(tmp_path, "echo []")
    before = open_files()
    for _ in range(10):
        engine.tag("a:1", "b:1")
        engine.push("a:1")
        engine.load(iter([b"x"]))
        with engine.save(["a:1"]) as stream:
            stream.read(1)
    assert open_files() == before
