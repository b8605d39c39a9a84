"""What every engine does: the fake, a stub of nerdctl, a real Docker and a real podman, in the same cases."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catalog.engine.cli_engine import CliEngine
from catalog.engine.dialect import NERDCTL
from catalog.engine.find import find_engine
from catalog.errors import IntegrityError, MissingError
from scripts.engine import daemon, podman
from tests.support import stub_program
from tests.support.fake_engine import FakeEngine, FakeImage, layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.engine.engine import Engine

BASE = layer({"etc/os-release": b"Debian" * 5000})
WEB = FakeImage((BASE, layer({"app/web.py": b"web"})), {"maintainer": "nobody"})
WORKER = FakeImage((BASE, layer({"app/worker.py": b"worker"}), layer({"app/web.py": b"web"})))
NAMES = ("fake", "nerdctl stub", "docker", "podman")
CASES = [
    pytest.param(name, marks=pytest.mark.engine if name in ("docker", "podman") else ()) for name in NAMES
]


@dataclass(frozen=True)
class Room:
    """An engine that has `web` and `worker` and may use a registry; `own(...)` makes a name for this test."""

    name: str
    engine: Engine
    prefix: str
    registry: str

    def own(self, name: str) -> str:
        return f"{self.prefix}/{name}"

    @property
    def web(self) -> str:
        return self.own("web:1")

    @property
    def worker(self) -> str:
        return self.own("worker:1")


def archive(images: dict[str, FakeImage]) -> bytes:
    with FakeEngine(images).save(list(images)) as stream:
        return stream.read(1 << 30)


def in_pieces(content: bytes) -> Iterator[bytes]:
    return (content[start : start + 70_000] for start in range(0, len(content), 70_000))


def read_all(engine: Engine, refs: list[str]) -> bytes:
    with engine.save(refs) as stream:
        return b"".join(iter(lambda: stream.read(65_536), b""))


def saved(engine: Engine, refs: list[str], platform: str | None = None) -> FakeEngine:
    """A fake engine that loaded what the engine saved."""
    reader = FakeEngine({})
    with engine.save(refs, platform) as stream:
        reader.load(iter(lambda: stream.read(65_536), b""))
    return reader


@pytest.fixture(params=CASES)
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    prefix = f"catalog.test/{uuid.uuid4().hex[:8]}"
    images = {f"{prefix}/web:1": WEB, f"{prefix}/worker:1": WORKER}
    if request.param == "fake":
        yield Room(request.param, FakeEngine(images), prefix, "registry.test")
    elif request.param == "nerdctl stub":
        program = stub_program.nerdctl_program(tmp_path / "nerdctl", images)
        yield Room(request.param, CliEngine(str(program), NERDCTL, os.environ), prefix, "registry.test")
    else:
        engine, registry = a_real_engine(request)
        engine.load(in_pieces(archive(images)))
        yield Room(request.param, engine, prefix, registry)
        for ref in images:
            with suppress(MissingError):
                engine.remove(ref)


def a_real_engine(request: pytest.FixtureRequest) -> tuple[Engine, str]:
    real: daemon.Engine = request.getfixturevalue("engine")
    if request.node.callspec.params["room"] == "docker":
        return find_engine("docker", real.environment()), real.registry
    state = Path(os.environ.get("CATALOG_ENGINE_STATE", daemon.DEFAULT_STATE)).resolve()
    try:
        environment = podman.environment(state, real.registry)
    except daemon.EngineUnavailableError as error:
        pytest.skip(f"NO PODMAN, so this was not tested: {error}")
    return find_engine("podman", environment), real.registry


def test_an_engine_says_who_it_is(room: Room) -> None:
    info = room.engine.info()
    expected = {"fake": "docker", "nerdctl stub": "nerdctl"}.get(room.name, room.name)
    assert info.name == expected
    assert info.platform.startswith("linux/")
    assert info.version[0].isdigit()


def test_loading_tells_the_names_that_were_in_the_archive(room: Room) -> None:
    content = archive({room.web: WEB, room.worker: WORKER})
    assert sorted(room.engine.load(in_pieces(content))) == [room.web, room.worker]


def test_a_loaded_image_is_described_as_it_was_made(room: Room) -> None:
    found = room.engine.inspect([room.web])[room.web]
    assert (found.ref, found.platform) == (room.web, "linux/amd64")
    assert found.diff_ids == WEB.diff_ids
    assert found.image_id == WEB.config_digest
    assert found.created == "2026-01-02T03:04:05Z"
    assert found.size > 0


def test_images_that_are_not_there_are_left_out_and_the_others_keep_their_names(room: Room) -> None:
    absent = [room.own("no:1"), room.own("neither:1")]
    found = room.engine.inspect([absent[0], room.worker, absent[1], room.web, room.worker])
    assert {ref: image.diff_ids for ref, image in found.items()} == {
        room.worker: WORKER.diff_ids,
        room.web: WEB.diff_ids,
    }


def test_nothing_is_found_where_nothing_is_or_nothing_is_asked(room: Room) -> None:
    assert room.engine.inspect([]) == {}
    assert room.engine.inspect([room.own("no:1")]) == {}
    assert room.engine.inspect([room.own("no:1"), room.own("neither:1")]) == {}


def test_a_short_name_finds_the_image_with_the_long_one(room: Room) -> None:
    name = f"catalog-{uuid.uuid4().hex[:8]}"
    room.engine.tag(room.web, f"docker.io/library/{name}:latest")
    try:
        found = room.engine.inspect([name, room.own("no:1"), f"docker.io/library/{name}:latest"])
        assert {ref: image.diff_ids for ref, image in found.items()} == {
            name: WEB.diff_ids,
            f"docker.io/library/{name}:latest": WEB.diff_ids,
        }
    finally:
        room.engine.remove(f"docker.io/library/{name}:latest")


def test_a_saved_image_loads_as_the_same_image(room: Room) -> None:
    assert saved(room.engine, [room.web]).images[room.web].config_digest == WEB.config_digest


def test_several_images_are_saved_as_one_archive(room: Room) -> None:
    found = saved(room.engine, [room.worker, room.web]).images
    assert {ref: image.config_digest for ref, image in found.items()} == {
        room.web: WEB.config_digest,
        room.worker: WORKER.config_digest,
    }


def test_saving_for_the_images_own_platform_is_saving(room: Room) -> None:
    assert list(saved(room.engine, [room.web], "linux/amd64").images) == [room.web]


def test_saving_for_another_platform_is_refused(room: Room) -> None:
    with pytest.raises(MissingError, match="web:1"):
        saved(room.engine, [room.web], "linux/arm64")


def test_saving_what_is_not_there_fails_by_the_end_of_the_stream_with_its_name(room: Room) -> None:
    absent = room.own("no:1")
    for refs in ([absent], [room.web, absent]):
        with pytest.raises(MissingError, match=absent):
            read_all(room.engine, refs)


def test_whoever_leaves_early_can_go_on_with_the_engine(room: Room) -> None:
    with room.engine.save([room.web, room.worker]) as stream:
        assert len(stream.read(100)) == 100
    assert list(room.engine.inspect([room.web])) == [room.web]


def test_reading_gives_as_much_as_is_asked_for_until_the_end(room: Room) -> None:
    sizes = []
    with room.engine.save([room.web]) as stream:
        while chunk := stream.read(10_007):
            sizes.append(len(chunk))
    assert set(sizes[:-1]) == {10_007}
    assert 0 < sizes[-1] <= 10_007


def test_an_archive_that_is_cut_off_is_refused(room: Room) -> None:
    content = archive({room.own("cut:1"): WEB})
    with pytest.raises(IntegrityError):
        room.engine.load(in_pieces(content[: len(content) // 2]))
    assert room.engine.inspect([room.own("cut:1")]) == {}


@pytest.mark.parametrize("content", [b"", b"no archive at all" * 10_000], ids=["nothing", "words"])
def test_what_is_no_archive_is_refused(room: Room, content: bytes) -> None:
    with pytest.raises(IntegrityError):
        room.engine.load(in_pieces(content))


def test_an_image_is_there_until_its_last_name_is_gone(room: Room) -> None:
    second = room.own("second:2")
    room.engine.tag(room.web, second)
    room.engine.remove(room.web)
    assert list(room.engine.inspect([room.web, second])) == [second]
    room.engine.remove(second)
    assert room.engine.inspect([second]) == {}


def test_what_is_not_there_can_be_neither_named_nor_removed_nor_sent(room: Room) -> None:
    absent = f"{room.registry}/no:1"
    with pytest.raises(MissingError, match="no:1"):
        room.engine.tag(absent, room.own("other:1"))
    with pytest.raises(MissingError, match="no:1"):
        room.engine.remove(absent)
    with pytest.raises(MissingError, match="no:1"):
        room.engine.push(absent)


def test_a_pushed_image_is_pulled_as_the_same_image(room: Room) -> None:
    name = f"{room.registry}/contract/{uuid.uuid4().hex[:8]}:1"
    room.engine.tag(room.worker, name)
    room.engine.push(name)
    room.engine.remove(name)
    room.engine.pull(name, "linux/amd64")
    assert room.engine.inspect([name])[name].diff_ids == WORKER.diff_ids
    room.engine.remove(name)


def test_an_image_that_the_registry_does_not_have_is_not_pulled(room: Room) -> None:
    with pytest.raises(MissingError, match=r"no:1") as raised:
        room.engine.pull(f"{room.registry}/no:1")
    assert raised.value.hint
