"""What every engine does when it builds: the fake, a real Docker and a real podman, in the same cases."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catalog.engine.building import BuildRecipe, Listener
from catalog.engine.find import find_engine
from catalog.errors import FindingsError, MissingError, StoppedError
from catalog.operations.images_build import BuildOutcome, ImagesBuildRequest, images_build
from catalog.workspace.workspace import open_workspace
from scripts.engine import daemon, podman
from tests.support.fake_engine import FakeEngine
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.engine.engine import Engine

CASES = [
    pytest.param(name, marks=pytest.mark.engine if name != "fake" else ())
    for name in ("fake", "docker", "podman")
]


@dataclass
class Yard:
    """An engine, a folder to build from, and the images that a test made, which go at its end."""

    name: str
    engine: Engine
    folder: Path
    said: list[str]
    made: list[str]

    def recipe(self, dockerfile: str, **options: object) -> BuildRecipe:
        (self.folder / "Dockerfile").write_text(dockerfile)
        (self.folder / "greeting").write_text("hello")
        tag = f"catalog.test/p{uuid.uuid4().hex[:8]}:1"
        self.made.append(tag)
        return BuildRecipe(self.folder, self.folder / "Dockerfile", (tag,), **options)  # type: ignore[arg-type]

    def build(self, dockerfile: str, **options: object) -> str:
        recipe = self.recipe(dockerfile, **options)
        self.engine.build(recipe, Listener(self.said.append))
        return recipe.tags[0]


def real_engine(request: pytest.FixtureRequest, name: str) -> Engine:
    real: daemon.Engine = request.getfixturevalue("engine")
    if name == "docker":
        return find_engine("docker", real.environment())
    state = Path(os.environ.get("CATALOG_ENGINE_STATE", daemon.DEFAULT_STATE)).resolve()
    try:
        environment = podman.environment(state, real.registry)
    except daemon.EngineUnavailableError as error:
        pytest.skip(f"NO PODMAN, so this was not tested: {error}")
    return find_engine("podman", environment)


@pytest.fixture(params=CASES)
def yard(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Yard]:
    engine = FakeEngine({}) if request.param == "fake" else real_engine(request, request.param)
    found = Yard(request.param, engine, tmp_path, [], [])
    yield found
    for tag in found.made:
        with suppress(MissingError):
            engine.remove(tag)


def test_an_image_is_built_from_its_context_and_carries_its_labels(yard: Yard) -> None:
    labels = {
        "org.opencontainers.image.title": r'with "quotes", =, $HOME, ${A:-b}, \back and ünicode',
        "a": "1",
    }
    tag = yard.build("FROM scratch\nCOPY greeting /greeting\n", labels=labels)
    found = yard.engine.inspect([tag])[tag]
    assert len(found.diff_ids) == 1
    assert {name: found.labels[name] for name in labels} == labels
    assert yard.said


def test_labels_arrive_also_where_they_cannot_stand_in_the_dockerfile(yard: Yard) -> None:
    labels = {"two.lines": "one\ntwo"}
    tag = yard.build("FROM scratch AS final\nCOPY greeting /greeting\n", labels=labels, target="final")
    assert yard.engine.inspect([tag])[tag].labels["two.lines"] == "one\ntwo"


def test_a_recipe_that_fails_says_what_the_engine_said(yard: Yard) -> None:
    with pytest.raises(FindingsError, match="absent") as raised:
        yard.build("FROM scratch\nCOPY absent /absent\n")
    assert raised.value.hint
    assert yard.engine.inspect([yard.made[0]]) == {}


def test_a_base_image_that_is_nowhere_is_something_missing(yard: Yard) -> None:
    with pytest.raises(MissingError, match="base image"):
        yard.build("FROM localhost:1/catalog-test/nowhere:1\n")


def test_a_build_that_nobody_waits_for_stops(yard: Yard) -> None:
    recipe = yard.recipe("FROM scratch\nCOPY greeting /greeting\n")
    with pytest.raises(StoppedError):
        yard.engine.build(recipe, Listener(yard.said.append, lambda: True))


@pytest.mark.engine
def test_one_failure_among_many_leaves_the_others_built(engine: daemon.Engine, tmp_path: Path) -> None:
    found = find_engine("docker", engine.environment())
    for number in range(4):
        compose = "services:\n  web:\n    build: .\n"
        files = app(f"p1-many-{number}", compose=compose)
        copied = "absent" if number == 2 else "README.md"
        files[f"apps/p1-many-{number}/Dockerfile"] = f"FROM scratch\nCOPY {copied} /x\n"
        tree(tmp_path, files)
    workspace = open_workspace(tmp_path, tmp_path)
    try:
        result = images_build(workspace, ImagesBuildRequest(jobs=4), engine=found)
        outcomes = [image.outcome for image in result.images]
        assert outcomes == [BuildOutcome.BUILT, BuildOutcome.BUILT, BuildOutcome.FAILED, BuildOutcome.BUILT]
        assert result.exit_code == 1
        again = images_build(workspace, ImagesBuildRequest(changed=True), engine=found)
        assert [image.outcome for image in again.images].count(BuildOutcome.UNCHANGED) == 3
    finally:
        for image in result.images:
            with suppress(MissingError):
                found.remove(image.ref)
