"""The pipeline runs its steps in their order, stops at the first that fails, and tells all of it."""

from __future__ import annotations

import errno
import functools
import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from catalog.engine.containers import Ended
from catalog.errors import MissingError
from catalog.operations.ci import CiRequest, ci
from catalog.operations.ci_files import junit
from catalog.operations.ci_report import CiResult, Step, StepReport, Verdict
from catalog.operations.ci_steps import STEPS, Job
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.registry.stage import Stage
from catalog.workspace.workspace import Workspace, open_workspace
from tests.support.fake_engine import FakeEngine
from tests.support.fake_image import FakeImage
from tests.support.trees import MANIFEST, tree

if TYPE_CHECKING:
    from pathlib import Path

COMPOSE = """\
services:
  web:
    build: .
    ports: ["8000:8000"]
    healthcheck:
      test: ["CMD", "true"]
"""
PLACE = "tools/tool-notes"


def tool(compose: str = COMPOSE) -> dict[str, Any]:
    return {
        "catalog.toml": '[catalog]\nskin = "plain"\n',
        f"{PLACE}/kamiwaza.json": {**MANIFEST, "name": "tool-notes"},
        f"{PLACE}/docker-compose.yml": compose,
        f"{PLACE}/README.md": "# Notes\n",
        f"{PLACE}/Dockerfile": "FROM base:1\nUSER 1000\n",
        f"{PLACE}/tests/test_a.py": "",
    }


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    for name in ("CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    return open_workspace(tree(tmp_path / "ws", tool()), tmp_path)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine({"base:1": FakeImage(())})


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the last two steps pass without doing anything, where they are not what is asked about."""

    def passing(last: Step, _: Job) -> StepReport:
        return StepReport(step=last, verdict=Verdict.PASSED)

    for last in (Step.REGISTRY, Step.PACKAGE):
        monkeypatch.setitem(STEPS, last, functools.partial(passing, last))


class Watcher:
    """Notes what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def line(self, source: str, text: str) -> None:
        """Let it pass."""

    def advance(self, label: str, done: int, total: int | None) -> None:
        """Let it pass."""

    def transferred(self, label: str, done: int, total: int | None) -> None:
        """Let it pass."""

    def begun(self, step: Step) -> None:
        self.heard.append(f"{step.value}?")

    def ended(self, report: StepReport) -> None:
        self.heard.append(f"{report.step.value} {report.verdict.value}")


def verdicts(result: CiResult) -> dict[str, str]:
    return {report.step.value: report.verdict.value for report in result.steps}


def step(result: CiResult, wanted: Step) -> StepReport:
    return next(report for report in result.steps if report.step is wanted)


def test_the_steps_have_the_order_of_the_extension_guide() -> None:
    assert [step.value for step in Step] == [
        "libs",
        "build",
        "test",
        "sync-compose",
        "validate",
        "registry",
        "package",
    ]


def test_a_sound_workspace_passes_and_ends_with_a_bundle(workspace: Workspace, engine: FakeEngine) -> None:
    result = ci(workspace, CiRequest(), engine=engine)
    assert verdicts(result) == {
        "libs": "skipped",
        "build": "passed",
        "test": "passed",
        "sync-compose": "warning",
        "validate": "passed",
        "registry": "passed",
        "package": "passed",
    }, result
    assert (result.exit_code, result.failed) == (0, None)
    assert [path.name for path in step(result, Step.REGISTRY).produced] == ["kamiwaza-extension-registry"]
    (bundle,) = step(result, Step.PACKAGE).produced
    assert bundle.parent == workspace.root / "dist"
    assert result.seconds >= max(report.seconds for report in result.steps)


def test_a_workspace_without_shared_libraries_says_so(workspace: Workspace, engine: FakeEngine) -> None:
    engine.failure = MissingError("no engine, so nothing follows")
    libs = step(ci(workspace, CiRequest(), engine=engine), Step.LIBS)
    assert (libs.verdict, libs.summary) == (Verdict.SKIPPED, "there are no shared libraries")


@pytest.mark.slow
def test_shared_libraries_are_built_and_copied_before_the_images(
    workspace: Workspace, engine: FakeEngine
) -> None:
    library = "shared/python/acme-auth"
    settings = """\
[project]
name = "acme-auth"
version = "0.2.0"
requires-python = ">=3.10"
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""
    tree(
        workspace.root,
        {
            f"{library}/pyproject.toml": settings,
            f"{library}/acme_auth/__init__.py": "",
            f"{PLACE}/requirements.txt": "./acme_auth-0.1.0-py3-none-any.whl\n",
        },
    )
    engine.failure = MissingError("no engine, so nothing follows")
    libs = step(ci(workspace, CiRequest(), engine=engine), Step.LIBS)
    wheel = "acme_auth-0.2.0-py3-none-any.whl"
    assert [path.name for path in libs.produced] == [wheel]
    assert (libs.verdict, libs.items[-1].name) == (Verdict.WARNING, f"{PLACE}/{wheel}")
    assert "Commit it" in libs.items[-1].hint
    assert (workspace.root / PLACE / wheel).is_file()
    again = step(ci(workspace, CiRequest(), engine=engine), Step.LIBS)
    assert (again.verdict, again.summary) == (Verdict.PASSED, "1 library, 1 copy")


def test_nothing_runs_after_a_failure(workspace: Workspace, engine: FakeEngine) -> None:
    engine.ends["python -m pytest"] = Ended(1)
    watcher = Watcher()
    result = ci(workspace, CiRequest(), watcher, engine)
    assert (result.failed, result.exit_code) == (Step.TEST, 1)
    assert list(verdicts(result).values())[2:] == ["failed", *["not reached"] * 4]
    assert watcher.heard == ["libs?", "libs skipped", "build?", "build passed", "test?", "test failed"]
    assert not (workspace.root / "build").exists()


def test_a_run_may_begin_with_any_step(workspace: Workspace, engine: FakeEngine) -> None:
    result = ci(workspace, CiRequest(first=Step.SYNC), engine=engine)
    assert [step(result, early).verdict for early in (Step.LIBS, Step.BUILD, Step.TEST)] == [
        Verdict.SKIPPED
    ] * 3
    assert engine.built == []
    assert (result.failed, result.exit_code) == (Step.PACKAGE, MissingError.exit_code)
    (item,) = step(result, Step.PACKAGE).items
    assert "kamiwazaai/tool-notes-web:v1.0.0" in item.message


def test_the_exit_code_and_the_way_on_are_those_of_the_step_that_failed(
    workspace: Workspace, engine: FakeEngine
) -> None:
    engine.failure = MissingError("The engine does not answer", "start it")
    result = ci(workspace, CiRequest(), engine=engine)
    assert (result.failed, result.exit_code) == (Step.BUILD, 3)
    (item,) = step(result, Step.BUILD).items
    assert (item.message, item.hint) == ("The engine does not answer", "start it")


@pytest.mark.usefixtures("short")
def test_stale_files_are_written_or_refused(workspace: Workspace, engine: FakeEngine) -> None:
    file = workspace.root / PLACE / "docker-compose.appgarden.yml"
    refused = ci(workspace, CiRequest(check_compose=True), engine=engine)
    assert (refused.failed, file.exists()) == (Step.SYNC, False)
    (item,) = step(refused, Step.SYNC).items
    assert (item.name, item.message) == (f"{PLACE}/docker-compose.appgarden.yml", "it is stale")
    written = ci(workspace, CiRequest(), engine=engine)
    assert (written.exit_code, file.exists()) == (0, True)
    assert step(written, Step.SYNC).items[0].verdict is Verdict.WARNING
    assert "Commit it" in step(written, Step.SYNC).items[0].hint
    again = ci(workspace, CiRequest(check_compose=True), engine=engine)
    assert (step(again, Step.SYNC).verdict, step(again, Step.SYNC).summary) == (Verdict.PASSED, "1 current")


def test_a_file_that_cannot_be_made_names_the_file_and_stops(
    workspace: Workspace, engine: FakeEngine
) -> None:
    tree(workspace.root, {f"{PLACE}/kamiwaza.json": {**MANIFEST, "name": "tool-notes", "version": "1"}})
    result = ci(workspace, CiRequest(first=Step.SYNC), engine=engine)
    assert result.failed is Step.SYNC
    assert "before errors are corrected" in step(result, Step.SYNC).items[0].message
    assert any(finding.is_error for finding in result.findings)


@pytest.mark.usefixtures("short")
def test_warnings_pass_unless_strict(workspace: Workspace, engine: FakeEngine) -> None:
    tree(workspace.root, tool(COMPOSE + "  db:\n    image: redis\n"))
    engine.images["docker.io/library/redis:latest"] = engine.images["docker.io/library/base:1"]
    assert ci(workspace, CiRequest(), engine=engine).exit_code == 0
    strict = ci(workspace, CiRequest(strict=True), engine=engine)
    assert (strict.failed, step(strict, Step.VALIDATE).summary) == (
        Step.VALIDATE,
        "1 checked: 0 errors, 1 warning",
    )


@pytest.mark.usefixtures("short")
def test_an_extension_without_tests_is_a_warning_or_a_failure(
    workspace: Workspace, engine: FakeEngine
) -> None:
    (workspace.root / PLACE / "tests/test_a.py").unlink()
    (workspace.root / PLACE / "tests").rmdir()
    lenient = step(ci(workspace, CiRequest(), engine=engine), Step.TEST)
    assert (lenient.verdict, lenient.items[0].verdict) == (Verdict.WARNING, Verdict.WARNING)
    strict = ci(workspace, CiRequest(require_tests=True), engine=engine)
    assert (strict.failed, strict.exit_code) == (Step.TEST, 1)


def test_an_image_that_does_not_build_is_named(workspace: Workspace, engine: FakeEngine) -> None:
    tree(workspace.root, {f"{PLACE}/Dockerfile": "FROM base:1\nRUN false\n"})
    result = ci(workspace, CiRequest(), engine=engine)
    assert (result.failed, step(result, Step.BUILD).summary) == (Step.BUILD, "1 image, 1 failed")
    assert step(result, Step.BUILD).items[0].name == "kamiwazaai/tool-notes-web:v1.0.0"


def test_a_stage_tags_what_is_packed_and_tests_what_was_built(
    workspace: Workspace, engine: FakeEngine
) -> None:
    result = ci(workspace, CiRequest(stage=Stage.PROD), engine=engine)
    assert result.exit_code == 0, result
    names = [item.name for item in step(result, Step.BUILD).items]
    assert names == ["kamiwazaai/tool-notes-web:v1.0.0", "kamiwazaai/tool-notes-web:1.0.0"]
    (root,) = step(result, Step.REGISTRY).produced
    (entry,) = json.loads((root / "garden/default/tools.json").read_text())
    assert entry["docker_images"] == ["kamiwazaai/tool-notes-web:1.0.0"]


def test_an_empty_workspace_fails_at_the_registry(tmp_path: Path, engine: FakeEngine) -> None:
    root = tree(tmp_path / "ws", {"catalog.toml": ""})
    result = ci(open_workspace(root, root), CiRequest(), engine=engine)
    assert (result.failed, result.exit_code) == (Step.REGISTRY, 2)


def test_the_reports_say_the_same_as_the_result(workspace: Workspace, engine: FakeEngine) -> None:
    engine.ends["python -m pytest"] = Ended(1)
    place = workspace.root / "reports"
    request = CiRequest(report=place / "a.json", junit=place / "b.xml", code_quality=place / "c.json")
    result = ci(workspace, request, engine=engine)
    report = json.loads((place / "a.json").read_text())
    assert report == json.loads(result.model_dump_json()) | {"exit_code": 1}
    assert (report["failed"], [one["step"] for one in report["steps"]]) == (
        "test",
        [one.value for one in Step],
    )
    suites = ET.parse(place / "b.xml").getroot()  # noqa: S314  we wrote it
    assert [(one.get("name"), one.get("tests"), one.get("failures")) for one in suites] == [
        ("build", "1", "0"),
        ("test", "1", "1"),
    ]
    (failure,) = suites.iter("failure")
    assert "exit code 1" in (failure.get("message") or "")
    assert json.loads((place / "c.json").read_text()) == []


def test_every_step_that_fails_has_a_failure_in_junit(workspace: Workspace, engine: FakeEngine) -> None:
    tree(workspace.root, tool(COMPOSE + "  db:\n    image: redis\n"))
    sync_compose(workspace, SyncRequest())
    result = ci(workspace, CiRequest(first=Step.VALIDATE, strict=True), engine=engine)
    (suite,) = ET.fromstring(junit(result))  # noqa: S314  we wrote it
    (case,) = suite
    assert (case.get("name"), suite.get("failures")) == ("validate", "1")
    tree(workspace.root, {f"{PLACE}/docker-compose.yml": COMPOSE.replace("8000:8000", "\u0001")})
    result = ci(workspace, CiRequest(first=Step.VALIDATE), engine=engine)
    (suite,) = ET.fromstring(junit(result))  # noqa: S314  we wrote it
    failures = [case.get("name") or "" for case in suite if case.find("failure") is not None]
    assert failures
    assert all(name.startswith("KZ") for name in failures)


def test_a_report_that_cannot_be_written_stops_before_the_work(
    workspace: Workspace, engine: FakeEngine
) -> None:
    tree(workspace.root, {"taken": "a file"})
    with pytest.raises(MissingError, match=r"taken/report\.json cannot be written"):
        ci(workspace, CiRequest(report=workspace.root / "taken/report.json"), engine=engine)
    assert engine.calls == []


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "{root} cannot be used: no space left on device."),
        (
            OSError(errno.EROFS, "Read-only file system", "/mnt/a"),
            "/mnt/a cannot be used: read-only file system.",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", b"a"),
            "{root} cannot be used: permission denied.",
        ),
        (OSError("it is no regular file"), "{root} cannot be used: it is no regular file."),
    ],
)
def test_what_the_disk_refuses_is_the_failure_of_the_step_and_is_reported(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, refusal: OSError, said: str
) -> None:
    def refused(_: Job) -> StepReport:
        raise refusal

    monkeypatch.setitem(STEPS, Step.SYNC, refused)
    file = workspace.root / "report.json"
    result = ci(workspace, CiRequest(first=Step.SYNC, report=file))
    assert (result.failed, result.exit_code) == (Step.SYNC, MissingError.exit_code)
    assert step(result, Step.SYNC).summary == said.format(root=workspace.root)
    assert "df -h" in step(result, Step.SYNC).items[0].hint
    assert json.loads(file.read_text())["failed"] == "sync-compose"


def test_nobody_reports_to_a_reader_that_has_gone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Job) -> StepReport:
        raise BrokenPipeError

    monkeypatch.setitem(STEPS, Step.SYNC, refused)
    with pytest.raises(BrokenPipeError):
        ci(workspace, CiRequest(first=Step.SYNC))


def test_a_report_that_cannot_be_written_keeps_no_other_from_being_written(
    workspace: Workspace, engine: FakeEngine
) -> None:
    tree(workspace.root, {"taken": None})
    engine.failure = MissingError("no engine")
    request = CiRequest(report=workspace.root / "taken", junit=workspace.root / "junit.xml")
    with pytest.raises(MissingError, match="taken cannot be written: is a directory"):
        ci(workspace, request, engine=engine)
    assert "no engine" in (workspace.root / "junit.xml").read_text()


@pytest.mark.usefixtures("short")
def test_what_the_workspace_suppresses_is_reported_by_no_step(tmp_path: Path, engine: FakeEngine) -> None:
    files = tool(COMPOSE + "    volumes: ['./data:/data']\n")
    root = tree(tmp_path / "ws", files)
    found = ci(open_workspace(root, root), CiRequest(), engine=engine).findings
    assert {finding.code.id for finding in found} == {"KZ211"}
    suppressed = (
        f'{files["catalog.toml"]}[suppress.tool-notes]\nKZ211 = "it is empty at first, as it should"\n'
    )
    tree(root, {"catalog.toml": suppressed})
    assert ci(open_workspace(root, root), CiRequest(), engine=engine).findings == ()


def test_findings_of_several_steps_are_reported_once(workspace: Workspace, engine: FakeEngine) -> None:
    tree(workspace.root, tool(COMPOSE + "  db:\n    image: redis\n"))
    engine.images["docker.io/library/redis:latest"] = engine.images["docker.io/library/base:1"]
    file = workspace.root / "quality.json"
    result = ci(workspace, CiRequest(code_quality=file), engine=engine)
    assert sum(bool(report.findings) for report in result.steps) > 1
    (one,) = json.loads(file.read_text())
    assert (one["check_name"], one["location"]["lines"]) == ("KZ311", {"begin": 8})
