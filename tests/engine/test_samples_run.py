"""Every sample extension builds from its own Dockerfiles, comes up, answers and leaves nothing behind."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from catalog.engine.compose import find_compose
from catalog.engine.find import find_engine
from catalog.operations.images_build import ImagesBuildRequest, images_build
from catalog.operations.images_test import ImagesTestRequest, images_test
from catalog.operations.libs_build import LibsBuildRequest, libs_build
from catalog.operations.libs_install import LibsInstallRequest, libs_install
from catalog.operations.suite_run import SuiteVerdict
from catalog.workspace.workspace import open_workspace
from scripts.engine.samples import DEVELOPMENT_FILE, Sample, SampleError, build_and_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.engine.daemon import Engine

pytestmark = pytest.mark.engine

EXTENSIONS = Path(__file__).resolve().parents[2] / "extensions"
APPGARDEN_FILE = "docker-compose.appgarden.yml"
CASES = [
    pytest.param((path.parent.relative_to(EXTENSIONS), name), id=f"{path.parent.name}-{name}")
    for path in sorted(EXTENSIONS.glob("*/*/kamiwaza.json"))
    for name in (DEVELOPMENT_FILE, APPGARDEN_FILE)
    if (path.parent / name).is_file()
]


# Images of others run as their makers say; the sample's README tells it.
AS_DELIVERED = {"status-board": {"proxy"}, "service-milvus": {"milvus", "etcd", "minio"}}
USER = {"X-User-Id": "u7", "X-User-Name": "Example User"}


PATIENCE = 60  # seconds: a proxy that waits for a service that is gone waits long on a busy machine


def send(method: str, url: str, body: Any = None, more: dict[str, str] | None = None) -> Any:
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    headers |= more or {}
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, content, headers, method=method)  # noqa: S310  loopback
    with urllib.request.urlopen(request, timeout=PATIENCE) as reply:  # noqa: S310  loopback
        text = reply.read().decode()
    # MCP answers as a stream of one event.
    events = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    return json.loads(events[-1] if events else text or "null")


def use_field_notes(sample: Sample) -> None:
    send("POST", sample.url("/api/notes"), {"title": "Pump", "body": "It leaks oil.", "tags": ["deck"]})
    assert [note["title"] for note in send("GET", sample.url("/api/notes?q=leaking"))["notes"]] == ["Pump"]


def use_service_embeddings(sample: Sample) -> None:
    items = [{"id": "pump", "text": "The pump leaks oil"}, {"id": "login", "text": "Reset a password"}]
    send("PUT", sample.url("/v1/collections/manuals/items"), {"items": items})
    sample.compose("restart", "--timeout", "3", seconds=60)
    sample.wait_until_healthy()
    found = send("POST", sample.url("/v1/collections/manuals/search"), {"text": "oil leak"})
    assert [match["id"] for match in found] == ["pump"]


def use_tool_log_search(sample: Sample) -> None:
    call = {"name": "search_logs", "arguments": {"pattern": "could not be saved"}}
    question = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    result = send("POST", sample.url("/mcp"), question)["result"]
    # The generated file mounts a volume instead of ./logs, and a new volume is empty.
    expected = {"shop/api.log"} if sample.compose_file.name == DEVELOPMENT_FILE else set()
    assert {match["file"] for match in result["structuredContent"]["matches"]} == expected


def use_status_board(sample: Sample) -> None:
    send("PUT", sample.url("/api/items/printer"), {"state": "down", "note": "out of toner"})
    # Through the proxy, whose configuration stands in the compose file; nothing may hold the event back.
    with urllib.request.urlopen(sample.url("/api/sse/board"), timeout=PATIENCE) as stream:  # noqa: S310
        assert stream.readline() == b"event: board\n"
        (item,) = json.loads(stream.readline().removeprefix(b"data: "))
    assert (item["name"], item["state"]) == ("printer", "down")
    sample.compose("stop", "--timeout", "3", "backend", seconds=60)
    try:
        with pytest.raises(urllib.error.HTTPError, match="503"):
            send("GET", sample.url("/health"))
    finally:  # whatever came of it, the next test meets the whole sample
        sample.compose("start", "backend", seconds=60)
        sample.wait_until_healthy()
    assert [item["name"] for item in send("GET", sample.url("/api/items"))] == ["printer"]


def use_summary_desk(sample: Sample) -> None:
    found = send("POST", sample.url("/api/summary"), {"text": "One thing. Another thing.", "sentences": 2})
    assert found["summary"] == "One thing. Another thing."
    assert set(send("GET", sample.url("/api/deployment")).values()) == {""}


def use_duty_roster(sample: Sample) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401"):
        send("POST", sample.url("/api/duties"), {})
    send("POST", sample.url("/api/duties"), {}, USER)
    sample.compose("restart", "--timeout", "3", seconds=60)
    sample.wait_until_healthy()
    found = send("GET", sample.url("/api/duties"), more=USER)
    assert [duty["name"] for duty in found["on_duty"]] == ["Example User"]


def use_subnet_planner(sample: Sample) -> None:
    found = send("POST", sample.url("/api/plan"), {"network": "10.0.0.0/24", "wanted": ["office 100"]})
    assert [subnet["network"] for subnet in found["subnets"]] == ["10.0.0.0/25"]
    assert send("GET", sample.url("/api/session"), more=USER)["user"]["name"] == "Example User"


def use_service_milvus(sample: Sample) -> None:
    """Proves the wiring with stand-ins: none of the three real programs is to be had here."""
    assert sample.wait_until_healthy() == b"OK"
    for neighbour in ("etcd", "minio"):
        # Not stopped: asking for the name of a stopped container takes longer than anybody waits.
        sample.compose("pause", neighbour, seconds=60)
        with pytest.raises(urllib.error.HTTPError, match="500"):
            send("GET", sample.url("/"))
        sample.compose("unpause", neighbour, seconds=60)
        sample.wait_until_healthy()


def use_mcp_unit_convert(sample: Sample) -> None:
    call = {"name": "convert", "arguments": {"value": 25, "from": "knots", "to": "km/h"}}
    question = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    result = send("POST", sample.url("/mcp"), question)["result"]
    assert result["content"] == [{"type": "text", "text": "25 kn = 46.3 km/h"}]


USES = {
    "duty-roster": use_duty_roster,
    "field-notes": use_field_notes,
    "mcp-unit-convert": use_mcp_unit_convert,
    "service-embeddings": use_service_embeddings,
    "service-milvus": use_service_milvus,
    "status-board": use_status_board,
    "subnet-planner": use_subnet_planner,
    "summary-desk": use_summary_desk,
    "tool-log-search": use_tool_log_search,
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the samples, with the shared libraries that some of them install."""
    copy = shutil.copytree(
        EXTENSIONS,
        tmp_path_factory.mktemp("samples") / "extensions",
        ignore=shutil.ignore_patterns("build", "dist", ".catalog", "*.whl", "*.tgz", "node_modules"),
    )
    libs_build(open_workspace(copy, copy), LibsBuildRequest())
    libs_install(open_workspace(copy, copy), LibsInstallRequest())
    return copy


@pytest.fixture(scope="module", params=CASES)
def sample(request: pytest.FixtureRequest, workspace: Path, base_image_engine: Engine) -> Iterator[Sample]:
    extension, compose_file = request.param
    with build_and_up(base_image_engine, workspace / extension, compose_file) as running:
        running.wait_until_healthy()
        yield running


def name_of(sample: Sample) -> str:
    return sample.compose_file.parent.name


def service_of(sample: Sample, container: str) -> str:
    template = '{{index .Config.Labels "com.docker.compose.service"}}'
    return sample.engine.docker("inspect", "--format", template, container).strip()


def test_a_sample_says_that_it_is_healthy_through_its_published_port(sample: Sample) -> None:
    said = sample.wait_until_healthy()
    is_well = (
        said == b"OK" if name_of(sample) == "service-milvus" else json.loads(said)["status"] == "healthy"
    )
    assert is_well, said


def test_a_sample_does_its_work(sample: Sample) -> None:
    USES[name_of(sample)](sample)


def test_every_container_of_a_sample_has_a_memory_limit(sample: Sample) -> None:
    facts = sample.engine.docker("inspect", "--format", "{{.HostConfig.Memory}}", *sample.containers())
    assert all(int(limit) > 0 for limit in facts.split())


def test_no_server_of_a_sample_runs_as_root(sample: Sample) -> None:
    for container in sample.containers():
        if service_of(sample, container) in AS_DELIVERED.get(name_of(sample), ()):
            continue
        lines = sample.engine.docker("top", container, "-eo", "pid,uid").splitlines()[1:]
        users = {line.split()[1] for line in lines}
        assert users
        assert "0" not in users


def test_every_sample_with_a_compose_file_is_used() -> None:
    assert {path.parent.name for path in EXTENSIONS.glob(f"*/*/{DEVELOPMENT_FILE}")} == set(USES)


def test_a_tool_given_by_its_image_alone_runs_as_that_image(
    workspace: Path, base_image_engine: Engine, tmp_path: Path
) -> None:
    folder = shutil.copytree(workspace / "tools/tool-calendar", tmp_path / "tool-calendar")
    limits = {"deploy": {"resources": {"limits": {"memory": "256M"}}}}
    server = {"build": ".", "image": "kamiwazaai/tool-calendar:v1.0.0", "ports": ["8000"], **limits}
    deployment = {"version": "3.8", "services": {"server": server}}
    (folder / DEVELOPMENT_FILE).write_text(json.dumps(deployment))
    with build_and_up(base_image_engine, folder) as running:
        running.wait_until_healthy()
        call = {"name": "describe_date", "arguments": {"date": "2026-11-20"}}
        question = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        result = send("POST", running.url("/mcp"), question)["result"]
        assert result["structuredContent"]["weekday"] == "Friday"


def test_the_images_of_all_samples_build_and_their_own_tests_pass(
    workspace: Path, base_image_engine: Engine
) -> None:
    opened, environment = open_workspace(workspace, workspace), base_image_engine.environment()
    engine = find_engine("docker", environment)
    # A private engine reaches package indexes over the machine's own network only.
    built = images_build(opened, ImagesBuildRequest(network="host"), engine=engine)
    assert [(image.ref, image.message) for image in built.images if image.code] == []
    tested = images_test(
        opened,
        ImagesTestRequest(network="host", require_tests=True),
        engine=engine,
        compose=lambda: find_compose(environment),
    )
    assert [test for test in tested.tests if test.code] == []
    passed = {test.extension for test in tested.tests if test.outcome is SuiteVerdict.PASSED}
    assert passed == {path.parent.name for path in EXTENSIONS.glob("*/*/kamiwaza.json")} - {"service-milvus"}
    runners = {test.runner for test in tested.tests if test.counts or test.runner in {"npm", "go"}}
    assert runners >= {"pytest", "npm", "go"}


def test_a_sample_leaves_nothing_behind_even_when_the_test_fails(base_image_engine: Engine) -> None:
    def fail_while_running() -> None:
        with build_and_up(base_image_engine, EXTENSIONS / "apps" / "field-notes") as running:
            left.append(running)
            raise AssertionError

    left: list[Sample] = []
    with pytest.raises(AssertionError):
        fail_while_running()
    label = f"label=com.docker.compose.project={left[0].project}"
    assert left[0].containers() == []
    for kind in ("volume", "network"):
        assert base_image_engine.docker(kind, "ls", "--quiet", "--filter", label) == ""


def test_a_dockerfile_that_fails_is_told_with_its_output(base_image_engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim\nRUN echo broken-step >&2 && exit 1\n")
    (tmp_path / DEVELOPMENT_FILE).write_text("services: {web: {build: ., image: broken-sample}}\n")
    with pytest.raises(SampleError, match="broken-step"), build_and_up(base_image_engine, tmp_path):
        pass
