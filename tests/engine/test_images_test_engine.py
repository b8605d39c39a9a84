"""Tests of extensions in a real engine: cut off, within limits, and gone afterwards, whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from catalog.engine.building import Listener
from catalog.engine.compose import find_compose
from catalog.engine.containers import ContainerLimits, ContainerRun, Ended, Labelled, Thing
from catalog.engine.find import find_engine
from catalog.errors import FindingsError, MissingError, StoppedError
from catalog.model.names import Kind
from catalog.operations.images_build import ImagesBuildRequest, images_build
from catalog.operations.images_test import ImagesTestRequest, images_test
from catalog.operations.suite_place import TEST_LABEL
from catalog.operations.suite_run import SuiteReport, SuiteVerdict
from catalog.workspace.workspace import Workspace, open_workspace
from tests.support.fake_engine import FakeEngine
from tests.support.fake_image import FakeImage
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.engine.compose import Compose
    from catalog.engine.engine import Engine
    from scripts.engine import daemon

BASE = "python:3.11-slim"
LIMITS = ContainerLimits(memory=64 << 20, processes=20, seconds=60)
CASES = [
    pytest.param(name, marks=pytest.mark.engine if name == "docker" else ()) for name in ("fake", "docker")
]
# A stand-in for pytest in the image itself, so that nothing has to be installed.
RUNNER = """
import os, pathlib, sys
results = pathlib.Path("/tmp/catalog-results")
results.mkdir(exist_ok=True)
exec(pathlib.Path("tests/test_it.py").read_text())
report = '<testsuites><testsuite tests="3" failures="1" skipped="0"></testsuite></testsuites>'
(results / "junit.xml").write_text(report)
"""


@pytest.fixture(params=CASES)
def host(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "fake":
        yield FakeEngine({BASE: FakeImage(())})
        return
    real: daemon.Engine = request.getfixturevalue("base_image_engine")
    engine = find_engine("docker", real.environment())
    yield engine
    engine.discard([thing for thing in engine.labelled("catalog.p1") if thing.value == "contract"])


def container(*arguments: str, seconds: float = 60.0) -> ContainerRun:
    limits = ContainerLimits(LIMITS.memory, LIMITS.processes, seconds)
    name = f"catalog-p1-{uuid.uuid4().hex[:8]}"
    return ContainerRun(name, BASE, arguments, limits, labels={"catalog.p1": "contract"})


def test_a_program_runs_to_its_end_and_its_exit_code_is_known(host: Engine) -> None:
    said: list[str] = []
    assert host.run(container("echo", "hello", "world"), Listener(said.append)) == Ended(0)
    assert said == ["hello world"]
    assert host.run(container("false"), Listener(said.append)) == Ended(1)


def test_a_program_that_hangs_is_stopped_in_time(host: Engine) -> None:
    ended = host.run(container("sleep", "600", seconds=1.0), Listener(lambda _: None))
    assert ended.timed_out
    assert all(state.status != "running" for state in host.states("catalog.p1=contract"))


def test_a_container_that_nobody_waits_for_is_gone(host: Engine) -> None:
    wanted = container("sleep", "600")
    with pytest.raises(StoppedError):
        host.run(wanted, Listener(lambda _: None, lambda: True))
    assert host.labelled("catalog.p1") == []


def test_a_program_that_the_image_lacks_is_named(host: Engine) -> None:
    with pytest.raises(FindingsError, match="no-such-program"):
        host.run(container("no-such-program"), Listener(lambda _: None))


def test_an_image_that_is_not_there_is_not_fetched(host: Engine) -> None:
    limits = ContainerRun("catalog-p1-none", "catalog.test/none:1", ("true",), LIMITS)
    with pytest.raises(MissingError):
        host.run(limits, Listener(lambda _: None))


def test_what_carries_a_label_is_found_and_taken_away(host: Engine) -> None:
    name = f"catalog-p1-{uuid.uuid4().hex[:8]}"
    host.create_network(name, {"catalog.p1": "contract"})
    host.run(container("true"), Listener(lambda _: None))
    found = host.labelled("catalog.p1")
    assert [thing.thing for thing in found] == [Thing.CONTAINER, Thing.NETWORK]
    assert {thing.value for thing in found} == {"contract"}
    assert host.discard(found) == []
    assert host.labelled("catalog.p1") == []
    assert host.discard([Labelled(Thing.CONTAINER, "gone-already", "")]) == []


def test_files_are_copied_out_of_an_ended_container(host: Engine, tmp_path: Path) -> None:
    if isinstance(host, FakeEngine):
        host.reports = {"a": b"1"}
    script = "import pathlib; p = pathlib.Path('/tmp/out'); p.mkdir(); (p / 'a').write_text('1')"
    wanted = container("python", "-c", script)
    host.run(wanted, Listener(lambda _: None))
    assert host.copy_out(wanted.name, "/tmp/out", tmp_path / "out")  # noqa: S108  in the container
    assert (tmp_path / "out/a").read_text() == "1"


# From here on: whole runs of `images test` with a real Docker.


class Yard:
    """A workspace with one service whose tests are a script, and the images that go at the end."""

    def __init__(self, root: Path, real: daemon.Engine) -> None:
        self.root = root
        self.environment = real.environment()
        self.engine = find_engine("docker", self.environment)
        self.name = f"p1-{uuid.uuid4().hex[:6]}"
        self.made: list[str] = []

    @property
    def workspace(self) -> Workspace:
        return open_workspace(self.root, self.root)

    def write(self, script: str, dockerfile: str = "", **more: str) -> None:
        files: dict[str, Any] = app(self.name, compose="services:\n  web:\n    build: ./web\n")
        files |= {
            f"apps/{self.name}/web/Dockerfile": dockerfile
            or f"FROM {BASE}\nWORKDIR /app\nCOPY pytest.py ./\nUSER nobody\n",
            f"apps/{self.name}/web/pytest.py": RUNNER,
            f"apps/{self.name}/web/tests/test_it.py": script,
            **more,
        }
        tree(self.root, files)

    def build(self) -> None:
        result = images_build(self.workspace, ImagesBuildRequest(), engine=self.engine)
        self.made += [image.ref for image in result.images]
        assert result.exit_code == 0, result

    def tested(self, **options: Any) -> SuiteReport:
        request = ImagesTestRequest(**{"health": False, **options})
        return images_test(self.workspace, request, engine=self.engine).tests[0]

    def compose(self) -> Compose:
        return find_compose(self.environment)

    def left(self) -> list[Labelled]:
        return self.engine.labelled(TEST_LABEL)


@pytest.fixture
def yard(base_image_engine: daemon.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Yard]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = Yard(tmp_path / "ws", base_image_engine)
    yield found
    for ref in found.made:
        with suppress(MissingError):
            found.engine.remove(ref)


@pytest.mark.engine
def test_tests_run_as_the_images_user_and_see_nothing_of_this_machine(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_SECRET_OF_THE_HOST", "1")
    yard.write(
        "assert os.getuid() != 0\n"
        "assert 'CATALOG_SECRET_OF_THE_HOST' not in os.environ\n"
        "mounts = open('/proc/mounts').read().split()\n"
        f"assert {str(yard.root)!r} not in mounts\n"
        "print('ran')\n"
    )
    yard.build()
    tested = yard.tested()
    assert (tested.outcome, tested.counts) == (SuiteVerdict.PASSED, {"tests": 3, "failures": 1, "skipped": 0})
    assert "ran" in Path(tested.reports, "output.log").read_text()
    assert yard.left() == []


@pytest.mark.engine
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("raise SystemExit(3)", "exit code 3"),
        ("import time\ntime.sleep(600)", "did not end within 5 seconds"),
        ("while True: pass", "did not end within 5 seconds"),
        ("x = bytearray(400_000_000)", "memory"),
        ("while True:\n    if os.fork() == 0:\n        import time\n        time.sleep(600)", "exit code 1"),
    ],
)
def test_tests_that_fail_hang_fork_or_eat_memory_end_and_leave_nothing(
    yard: Yard, script: str, said: str
) -> None:
    yard.write(script)
    yard.build()
    tested = yard.tested(timeout=5.0, memory=64, processes=30)
    assert (tested.outcome, tested.code) == (SuiteVerdict.FAILED, 1)
    assert said in tested.message
    assert yard.left() == []


@pytest.mark.engine
def test_requirements_that_cannot_be_had_are_named_and_nothing_stays(yard: Yard) -> None:
    requirements = f"apps/{yard.name}/web/requirements-dev.txt"
    yard.write("", **{requirements: "there-is-no-such-package-anywhere==99\n"})
    yard.build()
    tested = yard.tested(network="none")
    assert tested.outcome is SuiteVerdict.ERROR
    assert "cannot be installed" in tested.message
    assert "--network" in tested.hint
    assert yard.left() == []


@pytest.mark.engine
def test_what_a_killed_run_left_is_taken_away_by_the_next_and_a_living_run_is_left_alone(yard: Yard) -> None:
    yard.write("import time\nprint('begun', flush=True)\ntime.sleep(600)")
    yard.build()
    with _begun(yard) as process:
        running = {thing.id for thing in yard.left()}
        assert {thing.thing for thing in yard.left()} == {Thing.CONTAINER, Thing.NETWORK, Thing.IMAGE}
        other = images_test(yard.workspace, ImagesTestRequest(kind=Kind.TOOL), engine=yard.engine)
        assert other.left_over == 0
        assert {thing.id for thing in yard.left()} == running
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
    after = images_test(yard.workspace, ImagesTestRequest(kind=Kind.TOOL), engine=yard.engine)
    assert after.left_over == len(running)
    assert yard.left() == []


@pytest.mark.engine
def test_an_interrupted_run_takes_away_what_it_made(yard: Yard) -> None:
    yard.write("import time\nprint('begun', flush=True)\ntime.sleep(600)")
    yard.build()
    with _begun(yard) as process:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 130
    assert yard.left() == []


SERVER = """
import http.server, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        {body}
http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
"""
ANSWER = "self.send_response({code}); self.end_headers(); self.wfile.write({content!r})"


@pytest.mark.engine
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (ANSWER.format(code=200, content=b'{"status": "healthy"}'), ""),
        (ANSWER.format(code=503, content=b"{}"), "503"),
        (ANSWER.format(code=200, content=b"<html>"), "not JSON"),
        ("time.sleep(3)", "within 1 second"),
    ],
)
def test_an_app_must_answer_health_with_200_and_json_within_a_second(
    yard: Yard, body: str, said: str
) -> None:
    compose = 'services:\n  web:\n    build: ./web\n    ports: ["8000:8000"]\n'
    dockerfile = f'FROM {BASE}\nCOPY server.py /\nUSER nobody\nCMD ["python", "/server.py"]\n'
    place = f"apps/{yard.name}"
    yard.write("", dockerfile, **{f"{place}/web/server.py": SERVER.format(body=body)})
    tree(yard.root, {f"{place}/docker-compose.yml": compose})
    (yard.root / place / "web/tests/test_it.py").unlink()
    yard.build()
    result = images_test(yard.workspace, ImagesTestRequest(up_timeout=8.0), None, yard.engine, yard.compose)
    health = result.tests[-1]
    assert health.runner == "health"
    assert health.outcome is (SuiteVerdict.FAILED if said else SuiteVerdict.PASSED), health
    assert said in health.message
    assert yard.left() == []


@contextmanager
def _begun(yard: Yard) -> Iterator[subprocess.Popen[bytes]]:
    """`catalog images test` as a program of its own, from the moment when its suite says `begun`."""
    program = [
        sys.executable,
        "-m",
        "catalog",
        "--workspace",
        str(yard.root),
        "images",
        "test",
        "--no-health",
    ]
    environment = os.environ | yard.environment
    with subprocess.Popen(
        program, env=environment, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if b"begun" in line:
                break
        yield process
