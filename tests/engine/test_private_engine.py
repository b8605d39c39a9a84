"""The development engine starts once, says where it answers, and ends only what it started."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts.engine import base_images, daemon, machine

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.engine


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    if daemon.answers(daemon.DEFAULT_SOCKET):
        pytest.skip(f"NOT TESTED: the engine at {daemon.DEFAULT_SOCKET} would be used instead")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    with tempfile.TemporaryDirectory(prefix="engine-") as short:  # sockets allow no long paths
        yield Path(short)
        daemon.stop(Path(short))


def start(state: Path) -> daemon.Engine:
    try:
        return daemon.start(state)
    except daemon.EngineUnavailableError as error:
        pytest.skip(f"NO CONTAINER ENGINE, so this was not tested: {error}")


def test_tests_that_need_an_engine_share_one_worker(request: pytest.FixtureRequest) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return  # there is one process, so they do
    assert request.node.nodeid.endswith("@engine")


def test_a_second_start_finds_what_the_first_started(state: Path) -> None:
    assert start(state) == daemon.start(state) == daemon.running(state)


def test_stop_ends_what_start_started_and_a_new_start_works(state: Path) -> None:
    first = start(state)
    assert daemon.stop(state) == ["dockerd", "docker-registry"]
    assert not daemon.answers(first.docker_host)
    assert daemon.stop(state) == []
    assert daemon.start(state).pids != first.pids


def test_an_engine_that_runs_already_is_used_and_stays(
    state: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    owner = start(state)
    monkeypatch.setenv("DOCKER_HOST", owner.docker_host)
    other = tmp_path / "other"
    try:
        borrowed = daemon.start(other)
        assert (borrowed.docker_host, list(borrowed.pids)) == (owner.docker_host, ["docker-registry"])
    finally:
        daemon.stop(other)
    assert daemon.answers(owner.docker_host)


def test_a_process_that_only_has_an_old_id_of_ours_is_left_alone(state: Path) -> None:
    start(state)
    daemon.stop(state)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        recorded = {
            "docker_host": "unix:///gone",
            "registry": "127.0.0.1:1",
            "pids": {"dockerd": stranger.pid},
        }
        (state / "engine.json").write_text(json.dumps(recorded))
        assert daemon.stop(state) == []
        assert stranger.poll() is None
        stranger.terminate()


def test_a_pushed_image_comes_back_from_the_private_registry(state: Path) -> None:
    engine = start(state)
    (state / "context").mkdir()
    (state / "context" / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    name = f"{engine.registry}/samples/tiny:1.0.0"
    engine.docker("build", "--tag", name, str(state / "context"))
    engine.docker("push", "--quiet", name)
    built = engine.docker("image", "inspect", "--format", "{{.Id}}", name)
    engine.docker("image", "rm", name)
    engine.docker("pull", "--quiet", name)
    assert engine.docker("image", "inspect", "--format", "{{.Id}}", name) == built


def test_a_state_folder_too_deep_for_a_socket_is_refused_with_a_hint(state: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: without root no private engine starts at all")
    with pytest.raises(daemon.EngineFailedError, match="shorter --state"):
        daemon.start(state / ("deep" * 30))


def test_the_stand_ins_are_made_once(base_image_engine: daemon.Engine) -> None:
    state = Path(os.environ.get("CATALOG_ENGINE_STATE", daemon.DEFAULT_STATE)).resolve()
    assert base_images.ensure(base_image_engine, state) == []


def test_folders_of_this_machine_do_not_reach_a_containers_pip_settings() -> None:
    assert b"/opt/" not in machine.files()["pip.conf"]
    assert b"file:" not in machine.files()["pip.conf"]
