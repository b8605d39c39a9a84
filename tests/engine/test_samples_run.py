"""Every sample extension builds from its own Dockerfiles, comes up, answers and leaves nothing behind."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scripts.engine.samples import DEVELOPMENT_FILE, Sample, SampleError, build_and_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.engine.daemon import Engine

pytestmark = pytest.mark.engine

EXTENSIONS = Path(__file__).resolve().parents[2] / "extensions"
APPGARDEN_FILE = "docker-compose.appgarden.yml"
CASES = [
    pytest.param((path.parent, name), id=f"{path.parent.name}-{name}")
    for path in sorted(EXTENSIONS.glob("*/*/kamiwaza.json"))
    for name in (DEVELOPMENT_FILE, APPGARDEN_FILE)
    if (path.parent / name).is_file()
]


def send(method: str, url: str, body: Any = None) -> Any:
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, content, headers, method=method)  # noqa: S310  loopback
    with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310  loopback
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


USES = {
    "field-notes": use_field_notes,
    "service-embeddings": use_service_embeddings,
    "tool-log-search": use_tool_log_search,
}


@pytest.fixture(scope="module", params=CASES)
def sample(request: pytest.FixtureRequest, base_image_engine: Engine) -> Iterator[Sample]:
    extension, compose_file = request.param
    with build_and_up(base_image_engine, extension, compose_file) as running:
        running.wait_until_healthy()
        yield running


def test_a_sample_says_that_it_is_healthy_through_its_published_port(sample: Sample) -> None:
    assert json.loads(sample.wait_until_healthy())["status"] == "healthy"


def test_a_sample_does_its_work(sample: Sample) -> None:
    USES[sample.compose_file.parent.name](sample)


def test_every_container_of_a_sample_has_a_memory_limit(sample: Sample) -> None:
    facts = sample.engine.docker("inspect", "--format", "{{.HostConfig.Memory}}", *sample.containers())
    assert all(int(limit) > 0 for limit in facts.split())


def test_no_server_of_a_sample_runs_as_root(sample: Sample) -> None:
    for container in sample.containers():
        lines = sample.engine.docker("top", container, "-eo", "pid,uid").splitlines()[1:]
        users = {line.split()[1] for line in lines}
        assert users
        assert "0" not in users


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
