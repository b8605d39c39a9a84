"""Tests run in the built image, at a place of their own that is gone afterwards; every verdict is told."""

from __future__ import annotations

import http.server
import json
import tempfile
import threading
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import field

from catalog.engine.compose import Compose
from catalog.engine.containers import Ended
from catalog.errors import FindingsError, MissingError, StoppedError
from catalog.model.names import Kind
from catalog.operations.images_test import ImagesTestRequest, ImagesTestResult, images_test
from catalog.operations.suite_command import RESULTS, command, environment, layer, stage_for
from catalog.operations.suite_isolation import environment_of, isolated
from catalog.operations.suite_place import TEST_LABEL
from catalog.operations.suite_run import SuiteVerdict, junit_counts
from catalog.operations.suite_services import front_port, isolated_file, needs
from catalog.remote.health import illness
from catalog.workspace.run_lock import is_left_over, run_mark
from catalog.workspace.test_suites import Runner, Suite, find_suites
from catalog.workspace.workspace import open_workspace
from tests.support.fake_engine import FakeEngine, FakeImage
from tests.support.fake_workshop import FakeContainer
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from catalog.engine.building import Listener

COMPOSE = """\
services:
  web:
    build: ./web
    ports: ["8000:8000"]
    environment: {DB: db, LEFT: "${NOBODY}", GIVEN: , LEVEL: "${LEVEL:-info}"}
    depends_on: [db]
    volumes: ["./data:/data"]
  db:
    image: postgres:15
    environment: {PASSWORD: secret}
volumes: {kept: }
"""
IMAGE = "kamiwazaai/notes-web:v1.0.0"
JUNIT = b'<?xml version="1.0"?><testsuites><testsuite name="p" errors="0" failures="1" skipped="2" tests="9">'


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = app("notes", compose=COMPOSE, manifest={"env_defaults": {"GIVEN": "value"}})
    return tree(
        tmp_path,
        {
            **files,
            "apps/notes/data/.keep": "",
            "apps/notes/web/Dockerfile": "FROM base\n",
            "apps/notes/web/app/main.py": "",
            "apps/notes/web/tests/test_a.py": "",
            "apps/notes/web/requirements-dev.txt": "pytest>=7\npytest_cov ; python_version > '3'\n-r x\n",
        },
    )


@pytest.fixture
def engine() -> FakeEngine:
    found = FakeEngine({IMAGE: FakeImage(())})
    found.reports = {"junit.xml": JUNIT, "coverage.xml": b"<coverage/>"}
    return found


class FakeCompose(Compose, frozen=True):
    """Starts containers of a fake engine; `front` is where the published port answers."""

    engine: FakeEngine = field(default_factory=lambda: FakeEngine({}))
    files: list[dict[str, Any]] = field(default_factory=list)
    state: FakeContainer | None = None
    front: str = ""

    def up(
        self, file: Path, project: str, services: Sequence[str], listener: Listener, seconds: float
    ) -> None:
        del listener, seconds
        document = json.loads(file.read_text())
        self.files.append({**document, "up": list(services)})
        for name, service in document["services"].items():
            labels = {**service["labels"], "com.docker.compose.service": name}
            ports = {"8000/tcp": self.front} if service.get("ports") else {}
            made = self.state or FakeContainer(labels, "running", "", 0, ports)
            self.engine.containers[f"{project}-{name}"] = FakeContainer(
                labels,
                made.status,
                made.health,
                made.exit_code,
                ports,
                said=made.said,
                complaint=made.complaint,
            )


def result_of(
    root: Path, engine: FakeEngine, compose: FakeCompose | None = None, **options: Any
) -> ImagesTestResult:
    request = ImagesTestRequest(**{"health": False, **options})
    started = compose or FakeCompose((), {}, engine)

    return images_test(open_workspace(root, root), request, None, engine, lambda: started)


def test_tests_pass_and_their_reports_are_kept(root: Path, engine: FakeEngine) -> None:
    (report,) = result_of(root, engine).tests
    assert (report.extension, report.service, report.runner) == ("notes", "web", "pytest")
    assert (report.outcome, report.code) == (SuiteVerdict.PASSED, 0)
    assert report.counts == {"tests": 9, "failures": 1, "errors": 0, "skipped": 2}
    folder = root / ".catalog/test-results/notes/web/pytest"
    assert report.reports == str(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["coverage.xml", "junit.xml", "output.log"]


def test_tests_see_the_services_environment_and_nothing_of_the_host(root: Path, engine: FakeEngine) -> None:
    result_of(root, engine)
    (container,) = engine.ran
    own = {"DB": "db", "LEFT": "", "GIVEN": "value", "LEVEL": "info"}
    assert {name: container.environment[name] for name in own} == own
    assert set(container.environment) - set(own) == {"CI", "PYTHONDONTWRITEBYTECODE", "COVERAGE_FILE"}


def test_what_the_tests_depend_on_is_started_cut_off_from_the_host(root: Path, engine: FakeEngine) -> None:
    compose = FakeCompose((), {}, engine)
    result_of(root, engine, compose)
    (file,) = compose.files
    assert file["up"] == ["db"]
    assert list(file["services"]) == ["db"]
    assert not {"ports", "build", "env_file", "container_name"} & set(file["services"]["db"])
    (container,) = engine.ran
    mark = container.labels[TEST_LABEL]
    assert file["networks"]["default"]["labels"] == {TEST_LABEL: mark}
    assert container.network.endswith("_default")


def test_everything_is_gone_afterwards(root: Path, engine: FakeEngine) -> None:
    result_of(root, engine)
    assert engine.labelled(TEST_LABEL) == []
    assert list(engine.images) == [f"docker.io/{IMAGE}"]


def test_a_failure_between_start_and_end_leaves_nothing(root: Path, engine: FakeEngine) -> None:
    compose = FakeCompose((), {}, engine, state=FakeContainer({}, "exited", "", 1, said="no password"))
    (report,) = result_of(root, engine, compose).tests
    assert (report.outcome, report.code) == (SuiteVerdict.ERROR, 1)
    assert "no password" in report.message
    assert engine.labelled(TEST_LABEL) == []


def test_a_service_that_does_not_become_healthy_in_time_is_named(root: Path, engine: FakeEngine) -> None:
    compose = FakeCompose((), {}, engine, state=FakeContainer({}, "running", "starting"))
    (report,) = result_of(root, engine, compose, up_timeout=0.1).tests
    assert "db did not become healthy" in report.message


def test_what_the_health_check_said_is_told_with_what_the_service_said(
    root: Path, engine: FakeEngine
) -> None:
    state = FakeContainer({}, "running", "unhealthy", said="ready", complaint="curl: not found")
    (report,) = result_of(root, engine, FakeCompose((), {}, engine, state=state), up_timeout=0.1).tests
    assert "Its health check said: curl: not found. It said: ready" in report.message


@pytest.mark.parametrize("health", ["starting", "unhealthy"])
def test_a_service_that_ends_before_it_is_healthy_is_not_waited_for(
    root: Path, engine: FakeEngine, health: str
) -> None:
    compose = FakeCompose((), {}, engine, state=FakeContainer({}, "exited", health, 0, said="bye"))
    (report,) = result_of(root, engine, compose, up_timeout=30).tests
    assert "db ended with 0 before it was healthy. It said: bye" in report.message
    assert report.seconds < 10


def test_a_service_without_a_health_check_may_do_its_work_and_end(root: Path, engine: FakeEngine) -> None:
    compose = FakeCompose((), {}, engine, state=FakeContainer({}, "exited", "", 0))
    (report,) = result_of(root, engine, compose).tests
    assert report.outcome is SuiteVerdict.PASSED


def test_services_that_nobody_finds_are_not_healthy(
    root: Path, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "states", lambda _: [])
    (report,) = result_of(root, engine, up_timeout=0.1).tests
    assert (report.outcome, report.code) == (SuiteVerdict.ERROR, 1)
    assert "no container" in report.message


def test_what_the_disk_refuses_is_told_with_its_place(root: Path, engine: FakeEngine) -> None:
    place = root / ".catalog/test-results"
    tree(root, {".catalog/test-results": "no folder"})
    (report,) = result_of(root, engine).tests
    assert (report.outcome, report.code) == (SuiteVerdict.ERROR, MissingError.exit_code)
    assert report.message.startswith(f"{place}/notes/web/pytest cannot be used: not a directory.")
    assert "df -h" in report.hint


@pytest.mark.parametrize("health", [False, True])
def test_a_full_disk_below_the_layer_or_the_services_is_told_with_its_place(
    root: Path, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, health: bool
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(root / "nowhere"))
    report = result_of(root, engine, health=health).tests[-1]
    assert (report.outcome, report.code) == (SuiteVerdict.ERROR, MissingError.exit_code)
    assert "nowhere" in report.message
    assert "cannot be used: no such file or directory." in report.message


def test_without_a_program_for_compose_it_is_said_what_is_missing(root: Path, engine: FakeEngine) -> None:
    def nowhere() -> Compose:
        raise MissingError("no program for compose", "install one")

    request = ImagesTestRequest(health=False)
    result = images_test(open_workspace(root, root), request, None, engine, nowhere)
    assert result.exit_code == 3


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (Ended(1), "exit code 1"),
        (Ended(-1, timed_out=True), "did not end within 600 seconds"),
        (Ended(137, out_of_memory=True), "2048 MiB"),
    ],
)
def test_tests_that_fail_say_how(root: Path, engine: FakeEngine, ended: Ended, said: str) -> None:
    engine.ends = {"python -m pytest": ended}
    result = result_of(root, engine)
    assert (result.tests[0].outcome, result.exit_code) == (SuiteVerdict.FAILED, 1)
    assert said in result.tests[0].message
    assert result.tests[0].hint


def test_an_image_that_was_not_built_is_asked_for(root: Path) -> None:
    result = result_of(root, FakeEngine({}))
    assert result.exit_code == 3
    assert result.tests[0].hint == "Build it: catalog images build notes"


def test_what_cannot_be_installed_says_so(
    root: Path, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise FindingsError("no matching distribution")

    monkeypatch.setattr(engine, "build", fails)
    (report,) = result_of(root, engine).tests
    assert "cannot be installed" in report.message
    assert "no matching distribution" in report.message


def test_pytest_that_finds_nothing_is_as_if_there_were_no_tests(root: Path, engine: FakeEngine) -> None:
    engine.ends = {"python -m pytest": Ended(5)}
    assert result_of(root, engine).exit_code == 0
    result = result_of(root, engine, require_tests=True)
    assert [report.outcome for report in result.tests] == [SuiteVerdict.NO_TESTS, SuiteVerdict.NO_TESTS]
    assert result.exit_code == 1


def test_an_extension_without_tests_is_a_warning_or_on_request_a_failure(tmp_path: Path) -> None:
    tree(
        tmp_path, {**app("notes", compose="services: {web: {build: .}}"), "apps/notes/Dockerfile": "FROM x\n"}
    )
    assert result_of(tmp_path, FakeEngine({})).exit_code == 0
    result = result_of(tmp_path, FakeEngine({}), require_tests=True)
    assert (result.tests[0].outcome, result.exit_code) == (SuiteVerdict.NO_TESTS, 1)


def test_all_extensions_are_tested_before_the_verdict(root: Path, engine: FakeEngine) -> None:
    files = {name.replace("notes", "zoo"): content for name, content in app("notes", compose=COMPOSE).items()}
    files["apps/zoo/kamiwaza.json"]["name"] = "zoo"
    files |= {"apps/zoo/web/Dockerfile": "FROM x\n", "apps/zoo/web/tests/test_a.py": ""}
    tree(root, files)
    engine.images["docker.io/kamiwazaai/zoo-web:v1.0.0"] = FakeImage(())
    engine.ends = {"python -m pytest": Ended(1)}
    assert [report.extension for report in result_of(root, engine).tests] == ["notes", "zoo"]
    assert len(engine.ran) == 2


def test_an_interrupt_is_no_verdict_and_leaves_nothing(
    root: Path, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stops(*_: object) -> None:
        raise StoppedError

    monkeypatch.setattr(engine, "run", stops)
    with pytest.raises(StoppedError):
        result_of(root, engine)
    assert engine.labelled(TEST_LABEL) == []


def test_what_a_dead_run_left_goes_and_what_a_living_or_a_strange_one_has_stays(tmp_path: Path) -> None:
    tree(tmp_path, app("notes", compose="services: {db: {image: x:1}}"))
    engine = FakeEngine({})
    with run_mark() as dead:
        assert not is_left_over(dead)
    assert is_left_over(dead)
    with run_mark() as living:
        marks = {"dead": f"{dead}.0", "living": f"{living}.0", "strange": "0123456789ab.run.0", "odd": "x"}
        for name, mark in marks.items():
            engine.containers[name] = FakeContainer({TEST_LABEL: mark})
        engine.volumes["dead-too"] = {TEST_LABEL: f"{dead}.1"}
        assert result_of(tmp_path, engine).left_over == 2
    assert sorted(engine.containers) == ["living", "odd", "strange"]
    assert engine.volumes == {}


def test_only_one_kind_is_tested_when_asked(root: Path, engine: FakeEngine) -> None:
    assert result_of(root, engine, kind=Kind.TOOL).tests == ()


# The health of an app, asked over a real socket.


@contextmanager
def serving(code: int, body: bytes) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code if self.path == "/health" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("code", "body", "said"),
    [
        (200, b'{"status": "healthy"}', ""),
        (500, b"{}", "500"),
        (200, b"<html>", "not JSON"),
        (204, b"", "204"),
    ],
)
def test_an_app_is_well_when_it_answers_200_with_json(
    root: Path, engine: FakeEngine, code: int, body: bytes, said: str
) -> None:
    with serving(code, body) as address:
        compose = FakeCompose((), {}, engine, front=address)
        result = result_of(root, engine, compose, health=True, up_timeout=0.2)
    report = result.tests[-1]
    assert (report.runner, report.service) == ("health", "web")
    assert report.outcome is (SuiteVerdict.FAILED if said else SuiteVerdict.PASSED)
    assert said in report.message
    assert compose.files[-1]["services"]["web"]["ports"] == ["127.0.0.1::8000"]
    assert "build" not in compose.files[-1]["services"]["web"]


def test_an_app_whose_front_has_ended_is_not_asked(root: Path, engine: FakeEngine) -> None:
    (root / "apps/notes/web/tests/test_a.py").unlink()
    compose = FakeCompose((), {}, engine, state=FakeContainer({}, "exited", "", 0))
    report = result_of(root, engine, compose, health=True, up_timeout=30).tests[-1]
    assert report.message.startswith("web: it ended with 0")
    assert report.seconds < 10


def test_nobody_who_answers_is_ill() -> None:
    with serving(200, b"{}") as address:
        pass
    assert "no answer" in illness(address)


def test_an_app_without_a_port_or_a_compose_file_cannot_be_well(root: Path, engine: FakeEngine) -> None:
    path = root / "apps/notes/docker-compose.yml"
    path.write_text(COMPOSE.replace('    ports: ["8000:8000"]\n', ""))
    assert "no service of the app has a port" in result_of(root, engine, health=True).tests[-1].message


def test_an_extension_with_errors_is_not_started(root: Path, engine: FakeEngine) -> None:
    path = root / "apps/notes/docker-compose.yml"
    path.write_text(COMPOSE.replace("image: postgres:15", "image: UPPER CASE"))
    result = result_of(root, engine, health=True)
    assert (result.tests, result.exit_code, engine.ran) == ((), 1, [])
    assert [finding.line for finding in result.findings if finding.is_error] == [9]


POWERS: dict[str, Any] = {
    "privileged": True,
    "pid": "host",
    "network_mode": "host",
    "volumes": ["/:/host"],
}


def test_a_file_written_by_hand_that_takes_power_over_the_host_is_not_started(
    tmp_path: Path, engine: FakeEngine
) -> None:
    files = app("evil", manifest={"image": "kamiwazaai/evil:v1.0.0", "risk_tier": 0})
    del files["apps/evil/docker-compose.yml"]
    service = {"image": "kamiwazaai/evil:v1.0.0", "ports": ["8000"], **POWERS}
    files["apps/evil/docker-compose.appgarden.yml"] = json.dumps({"services": {"web": service}})
    root = tree(tmp_path, {**files, "apps/evil/Dockerfile": "FROM base\n"})
    compose = FakeCompose((), {}, engine)
    result = result_of(root, engine, compose, health=True, up_timeout=0.1)
    assert (compose.files, result.exit_code) == ([], 1)
    assert {"KZ218", "KZ220", "KZ306"} <= {finding.code.id for finding in result.findings}


def test_power_that_the_risk_tier_allows_is_left_out_of_tests_and_said(
    root: Path, engine: FakeEngine
) -> None:
    taken = "    privileged: true\n    pid: host\n    devices: [/dev/kvm]\n    cap_add: [SYS_ADMIN]\n"
    path = root / "apps/notes/docker-compose.yml"
    path.write_text(COMPOSE.replace("    image: postgres:15\n", f"    image: postgres:15\n{taken}"))
    manifest = root / "apps/notes/kamiwaza.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"risk_tier": 2}))
    with serving(200, b"{}") as address:
        compose = FakeCompose((), {}, engine, front=address)
        result = result_of(root, engine, compose, health=True, up_timeout=5)
    assert result.exit_code == 0
    assert len(compose.files) == 2
    for file in compose.files:
        assert not {"privileged", "pid", "devices", "cap_add"} & set(file["services"]["db"])
    said = {report.message for report in result.tests}
    assert len(said) == 1
    assert "without db: privileged, pid, devices, cap_add" in said.pop()


def test_the_program_for_compose_gets_no_variable_of_an_extension(root: Path, engine: FakeEngine) -> None:
    manifest = root / "apps/notes/kamiwaza.json"
    given = {"env_defaults": {"LD_PRELOAD": "/x.so", "SHARE": "kept"}}
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | given))
    path = root / "apps/notes/docker-compose.yml"
    command = "command: [run, '${LD_PRELOAD}', '$${OWN}', '${NOBODY}']"
    path.write_text(COMPOSE.replace("image: postgres:15", f"image: postgres:15\n    {command}"))
    compose = FakeCompose((), {}, engine)
    assert result_of(root, engine, compose).exit_code == 0
    assert compose.files[0]["services"]["db"]["command"] == ["run", "/x.so", "$${OWN}", ""]


# Which tests there are, and how they run.


def suites(root: Path, **files: str) -> tuple[Suite, ...]:
    tree(root, files)
    return find_suites(root, [PurePosixPath(name) for name in files])


@pytest.mark.parametrize(
    ("files", "runners"),
    [
        ({"tests/test_a.py": ""}, [Runner.PYTEST]),
        ({"test/a.py": ""}, [Runner.PYTEST]),
        ({"pytest.ini": ""}, [Runner.PYTEST]),
        ({"dev-requirements.txt": "pytest"}, [Runner.PYTEST]),
        ({"tests/a.test.ts": "", "package.json": '{"scripts": {"test": "vitest run"}}'}, [Runner.NPM]),
        ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, []),
        ({"package.json": '{"scripts": {}}'}, []),
        ({"package.json": "{"}, []),
        ({"package.json": "[]"}, []),
        ({"a/b_test.go": ""}, [Runner.GO]),
        ({"tests/a.py": "", "x_test.go": ""}, [Runner.PYTEST, Runner.GO]),
        ({"requirements.txt": "", "app/main.py": ""}, []),
    ],
)
def test_tests_are_found_by_the_signs_of_the_guide(
    tmp_path: Path, files: dict[str, str], runners: list[Runner]
) -> None:
    assert [suite.runner for suite in suites(tmp_path, **files)] == runners


def test_only_what_pytest_needs_is_put_into_its_layer(tmp_path: Path) -> None:
    files = dict.fromkeys(
        ("tests/a.py", "tests/data/x.bin", "pyproject.toml", "requirements.txt", "test_top.py", "app/m.py"),
        "",
    )
    (suite,) = suites(tmp_path, **files)
    assert [str(file) for file in suite.files] == [name for name in files if name != "app/m.py"]
    assert suite.code == "app"


def test_pytest_writes_junit_and_measures_coverage_where_that_is_installed(tmp_path: Path) -> None:
    (suite,) = suites(tmp_path, **{"tests/a.py": "", "requirements-dev.txt": "pytest\nPytest_Cov==4 # x\n"})
    words = command(suite)
    assert words[:3] == ("python", "-m", "pytest")
    assert f"--junitxml={RESULTS}/junit.xml" in words
    assert "--cov=." in words
    assert words[-1] == "tests/"
    assert environment(suite)["COVERAGE_FILE"].startswith(RESULTS)


@pytest.mark.parametrize(
    ("script", "packages", "expected"),
    [
        ("vitest run", {"vitest"}, "--reporter=junit"),
        ("vitest run", {"@vitest/coverage-v8"}, "--coverage.enabled=true"),
        ("jest", {"jest"}, "--coverage"),
        ("jest --ci", {"jest-junit"}, "--reporters=jest-junit"),
    ],
)
def test_node_runners_write_what_they_can(script: str, packages: set[str], expected: str) -> None:
    suite = Suite(Runner.NPM, (), packages=frozenset(packages), script=script)
    assert command(suite)[:2] == ("npm", "test")
    assert expected in command(suite)
    assert "JEST_JUNIT_OUTPUT_FILE" in environment(suite)


def test_other_scripts_of_node_run_as_they_are_and_go_measures_coverage() -> None:
    assert command(Suite(Runner.NPM, (), script="node --test")) == ("npm", "test")
    assert command(Suite(Runner.GO, ()))[:3] == ("go", "test", "-v")
    assert environment(Suite(Runner.GO, ())) == {"CI": "true"}


def test_the_layer_is_marked_first_and_gives_the_user_back() -> None:
    suite = Suite(Runner.PYTEST, (), requirements="requirements-dev.txt")
    lines = layer(suite, "x:1", {"l": 'a "b"'}, user="app", workdir="/srv").splitlines()
    assert lines[:5] == ["FROM x:1", 'LABEL "l"="a \\"b\\""', "USER root", "WORKDIR /srv", "COPY . ./"]
    assert lines[5].startswith('RUN ["python", "-m", "pip", "install"')
    assert lines[-1] == "USER app"
    assert "WORKDIR /app" in layer(suite, "x:1", {}, user="", workdir="/")


def test_node_installs_what_it_is_developed_with() -> None:
    with_lock = Suite(Runner.NPM, (PurePosixPath("package-lock.json"),), requirements="package.json")
    assert '"npm", "ci"' in layer(with_lock, "x", {}, user="", workdir="")
    assert '"npm", "install"' in layer(Suite(Runner.NPM, (), "package.json"), "x", {}, user="", workdir="")
    assert "npm" not in layer(Suite(Runner.NPM, ()), "x", {}, user="", workdir="")


@pytest.mark.parametrize(
    ("runner", "stages", "expected"),
    [
        (Runner.PYTEST, ("build", "Test"), "Test"),
        (Runner.PYTEST, ("build",), ""),
        (Runner.NPM, ("builder", "test"), "test"),
        (Runner.GO, ("builder",), "builder"),
        (Runner.GO, ("builder", "build", "test"), "test"),
        (Runner.GO, (), ""),
    ],
)
def test_the_stage_that_is_meant_for_tests_is_taken(
    runner: Runner, stages: tuple[str, ...], expected: str
) -> None:
    assert stage_for(Suite(runner, ()), stages) == expected


def test_tests_run_in_the_stage_of_the_dockerfile_that_is_meant_for_them(
    root: Path, engine: FakeEngine
) -> None:
    engine.images["docker.io/library/base:latest"] = FakeImage(())
    tree(root, {"apps/notes/web/Dockerfile": "FROM base AS test\nFROM base\n"})
    assert result_of(root, engine).exit_code == 0
    assert [recipe.target for recipe in engine.built] == ["test", ""]
    assert f"docker.io/{IMAGE}" in engine.images


def test_needs_are_followed_through_others_and_circles() -> None:
    data = {
        "services": {"a": {"depends_on": {"b": {}}}, "b": {"depends_on": ["c", "a", "x"]}, "c": {}, "d": {}}
    }
    assert needs(data, "a") == ("b", "c")
    assert needs(data, "d") == ()
    assert needs({}, "a") == ()


def test_an_isolated_file_keeps_only_dependencies_that_are_there() -> None:
    data = {
        "services": {
            "a": {
                "image": "x",
                "depends_on": {"b": {"condition": "service_healthy"}, "c": {}},
                "restart": "always",
            },
            "b": {"image": "y", "depends_on": ["c"], "ports": ["1:1"]},
            "c": {},
        },
        "volumes": {"v": None},
    }
    file = json.loads(isolated_file(data, ["a", "b"], {"l": "1"}, {}))
    assert list(file["services"]["a"]["depends_on"]) == ["b"]
    assert "depends_on" not in file["services"]["b"]
    assert file["services"]["a"]["restart"] == "no"
    assert file["volumes"] == {"v": {"labels": {"l": "1"}}}


def test_the_front_is_the_first_service_with_a_port_that_can_be_read() -> None:
    data = {
        "services": {"a": {}, "b": {"ports": ["x", {}]}, "c": {"ports": ["8080-8081"]}, "d": {"ports": [1]}}
    }
    assert front_port(data) == ("c", 8080)
    assert front_port({}) is None


def test_an_environment_may_be_a_list() -> None:
    assert environment_of({"environment": ["A=1", "B", "C=${D:-2}"]}, {"B": "3"}) == {
        "A": "1",
        "B": "3",
        "C": "2",
    }
    assert environment_of({"environment": {"A": True, "B": None, "C": 1.5}}, {}) == {"A": "true", "C": "1.5"}


def test_a_report_that_is_a_link_or_nonsense_counts_nothing(tmp_path: Path) -> None:
    (tmp_path / "real.xml").write_bytes(JUNIT)
    (tmp_path / "link.xml").symlink_to(tmp_path / "real.xml")
    (tmp_path / "odd.xml").write_bytes(b"\x00tests=9")
    assert junit_counts(tmp_path / "real.xml")["tests"] == 9
    assert junit_counts(tmp_path / "link.xml") == {}
    assert junit_counts(tmp_path / "odd.xml") == {}
    assert junit_counts(tmp_path / "absent.xml") == {}


def test_only_what_stays_in_the_container_is_taken_over() -> None:
    harmless: dict[str, Any] = {
        "image": "x:1", "command": ["run"], "user": "1000", "working_dir": "/app", "expose": ["80"],
        "healthcheck": {"test": ["CMD", "true"]}, "tmpfs": ["/run"], "shm_size": "64m", "mem_limit": "1g",
        "read_only": True, "init": True, "stop_signal": "SIGINT", "extra_hosts": ["a:host-gateway"],
        "cap_drop": ["ALL"],
    }  # fmt: skip
    powerful = {
        **POWERS, "ipc": "host", "uts": "host", "userns_mode": "host", "cgroup": "host",
        "cgroup_parent": "/", "devices": ["/dev/sda"], "device_cgroup_rules": ["a *:* rwm"], "gpus": "all",
        "cap_add": ["ALL"], "volumes_from": ["container:x"], "runtime": "other", "sysctls": {"a": 1},
        "secrets": ["s"], "configs": ["c"], "use_api_socket": True, "provider": {"type": "program"},
        "post_start": [{"command": "x", "privileged": True}], "extends": {"file": "/etc/x"}, "new_key": 1,
    }  # fmt: skip
    made = isolated(harmless | powerful, (), {})
    assert made.section == harmless
    assert set(made.left_out) == set(powerful) - {"volumes"} | {"the mount of /"}


def test_only_fresh_volumes_are_mounted() -> None:
    volumes = [
        "kept:/data:ro",
        "/anonymous",
        {"type": "tmpfs", "target": "/t"},
        {"type": "volume", "source": "kept", "target": "/sub", "volume": {"subpath": "../.."}},
        "./here:/here",
        "${HOST:-/}:/root",
        "${GIVEN}",
        {"type": "bind", "source": "/etc", "target": "/e"},
        {"type": "image", "source": "x:1", "target": "/i"},
        7,
    ]
    made = isolated({"volumes": volumes}, (), {"GIVEN": "/var:/given"})
    assert made.section["volumes"] == [
        {"type": "volume", "source": "kept", "target": "/data", "read_only": True},
        {"type": "volume", "target": "/anonymous"},
        {"type": "tmpfs", "target": "/t"},
        {"type": "volume", "source": "kept", "target": "/sub"},
    ]
    hosts = ("./here", "/", "/var", "/etc", "x:1", "7")
    assert made.left_out == tuple(f"the mount of {host}" for host in hosts)


def test_limits_names_and_hardening_stay_while_devices_and_profiles_go() -> None:
    devices = [{"driver": "nvidia", "capabilities": ["gpu"]}]
    limits = {"cpus": "${CPUS:-1}", "memory": "1G", "devices": devices}
    service = {
        "deploy": {"resources": {"limits": limits, "reservations": {"devices": devices}}, "replicas": 3},
        "networks": {"inner": {"aliases": ["db"]}, "outer": None},
        "security_opt": ["no-new-privileges:true", "seccomp:unconfined"],
        "read_only": "${RO:-true}",
        "tty": False,
    }
    made = isolated(service, (), {"CPUS": "0.5"})
    assert made.section == {
        "deploy": {"resources": {"limits": {"cpus": "0.5", "memory": "1G"}}},
        "networks": {"default": {"aliases": ["db"]}},
        "security_opt": ["no-new-privileges:true"],
        "read_only": True,
        "tty": False,
    }
    assert made.left_out == ("security_opt", "devices")
    assert isolated({"networks": ["inner"], "deploy": {}, "privileged": False}, (), {}).left_out == ()
