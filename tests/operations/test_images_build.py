"""Images are built with their tags and labels, several at once, and only as often as is asked for."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from catalog.errors import MissingError, UsageError
from catalog.operations.image_recipe import RECIPE_LABEL, bases, stages
from catalog.operations.images_build import (
    BuildOutcome,
    ImagesBuildRequest,
    ImagesBuildResult,
    images_build,
)
from catalog.operations.parallel import in_parallel
from catalog.registry.image_names import qualified
from catalog.registry.stage import Stage
from catalog.workspace.workspace import open_workspace
from tests.support.fake_engine import FakeEngine, FakeImage, layer
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from catalog.engine.building import BuildRecipe, Listener

COMPOSE = "services:\n  web: {build: ./web}\n  api: {build: ./api}\n  db: {image: postgres:15}\n"
DOCKERFILE = "FROM base:1\nCOPY . /app\n"
WEB, API = "kamiwazaai/notes-web:v1.0.0", "kamiwazaai/notes-api:v1.0.0"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = app("notes", compose=COMPOSE, manifest={"author": "Ada", "license": "MIT"})
    return tree(
        tmp_path, files | {"apps/notes/web/Dockerfile": DOCKERFILE, "apps/notes/api/Dockerfile": DOCKERFILE}
    )


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine({"base:1": FakeImage((layer({"etc": b""}),))})


class Hearing:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def line(self, source: str, text: str) -> None:
        self.lines.append((source, text))

    def advance(self, label: str, done: int, total: int | None) -> None: ...

    def transferred(self, label: str, done: int, total: int | None) -> None: ...


def built(
    root: Path, engine: FakeEngine, hearing: Hearing | None = None, **options: Any
) -> ImagesBuildResult:
    return images_build(open_workspace(root, root), ImagesBuildRequest(**options), hearing, engine)


def outcomes(result: ImagesBuildResult) -> dict[str, BuildOutcome]:
    return {image.ref: image.outcome for image in result.images}


def test_each_service_with_a_build_section_gets_its_image(root: Path, engine: FakeEngine) -> None:
    result = built(root, engine)
    assert outcomes(result) == {WEB: BuildOutcome.BUILT, API: BuildOutcome.BUILT}
    assert result.exit_code == 0
    assert sorted(engine.inspect([WEB, API])) == [API, WEB]
    assert all(image.image_id and image.bytes for image in result.images)


@pytest.mark.parametrize(
    ("stage", "tag"), [(Stage.DEV, "1.0.0-dev"), (Stage.STAGE, "1.0.0-stage"), (Stage.PROD, "1.0.0")]
)
def test_a_stage_tags_as_it_is_published(root: Path, engine: FakeEngine, stage: Stage, tag: str) -> None:
    assert [image.ref.partition(":")[2] for image in built(root, engine, stage=stage).images] == [tag, tag]


def test_an_image_says_where_it_comes_from(root: Path, engine: FakeEngine) -> None:
    built(root, engine)
    labels = dict(engine.images[qualified(WEB)].labels)
    assert labels | {RECIPE_LABEL: ""} == {
        "org.opencontainers.image.title": "notes web",
        "org.opencontainers.image.description": "Keeps notes.",
        "org.opencontainers.image.version": "1.0.0",
        "org.opencontainers.image.authors": "Ada",
        "org.opencontainers.image.licenses": "MIT",
        "org.opencontainers.image.ref.name": WEB,
        RECIPE_LABEL: "",
    }


def test_what_is_known_of_the_images_is_noted(root: Path, engine: FakeEngine) -> None:
    built(root, engine)
    noted = json.loads((root / ".catalog/images.json").read_text())["images"]
    assert {ref: facts["platform"] for ref, facts in noted.items()} == {
        WEB: "linux/amd64",
        API: "linux/amd64",
    }


def test_every_line_is_heard_with_who_said_it(root: Path, engine: FakeEngine) -> None:
    hearing = Hearing()
    built(root, engine, hearing)
    assert {source for source, _ in hearing.lines} == {"notes/web", "notes/api"}


def grow(root: Path) -> None:
    tree(root, {"apps/notes/web/new": "new"})


def touch_mode(root: Path) -> None:
    (root / "apps/notes/web/Dockerfile").chmod(0o755)


def raise_version(root: Path) -> None:
    path = root / "apps/notes/kamiwaza.json"
    path.write_text(path.read_text().replace("1.0.0", "1.0.1"))


def add_argument(root: Path) -> None:
    path = root / "apps/notes/docker-compose.yml"
    path.write_text(path.read_text().replace("{build: ./web}", "{build: {context: ./web, args: {A: 1}}}"))


@pytest.mark.parametrize("change", [grow, touch_mode, raise_version, add_argument])
def test_with_changed_only_what_is_as_it_was_is_left_out(
    root: Path, engine: FakeEngine, change: Callable[[Path], None]
) -> None:
    built(root, engine)
    before = len(engine.built)
    assert set(outcomes(built(root, engine, changed=True)).values()) == {BuildOutcome.UNCHANGED}
    assert len(engine.built) == before
    change(root)
    result = outcomes(built(root, engine, changed=True))
    assert next(outcome for ref, outcome in result.items() if "web" in ref) is BuildOutcome.BUILT


def test_another_value_in_the_environment_is_a_change(
    root: Path, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = root / "apps/notes/docker-compose.yml"
    path.write_text(path.read_text().replace("{build: ./web}", "{build: {context: ./web, args: [CHANNEL]}}"))
    monkeypatch.delenv("CHANNEL", raising=False)
    digests = []
    for value in ("", "hush-hush", "other"):
        built(root, engine, changed=True)
        assert outcomes(built(root, engine, changed=True))[WEB] is BuildOutcome.UNCHANGED
        digests.append(engine.images[qualified(WEB)].labels[RECIPE_LABEL])
        monkeypatch.setenv("CHANNEL", value)
        assert outcomes(built(root, engine, changed=True))[WEB] is BuildOutcome.BUILT
    assert len(set(digests)) == 3
    assert "hush" not in (root / ".catalog/images.json").read_text() + str(engine.images)


def test_a_new_base_image_is_a_change(root: Path, engine: FakeEngine) -> None:
    built(root, engine)
    engine.images[qualified("base:1")] = FakeImage((layer({"etc": b"newer"}),))
    assert set(outcomes(built(root, engine, changed=True)).values()) == {BuildOutcome.BUILT}


def test_a_file_that_the_context_leaves_out_is_no_change(root: Path, engine: FakeEngine) -> None:
    tree(root, {"apps/notes/web/.dockerignore": "*.log\n"})
    built(root, engine)
    tree(root, {"apps/notes/web/a.log": "noise"})
    assert outcomes(built(root, engine, changed=True))[WEB] is BuildOutcome.UNCHANGED


def test_a_dockerfile_with_an_ignore_file_of_its_own_counts_every_file(
    root: Path, engine: FakeEngine
) -> None:
    tree(root, {"apps/notes/web/.dockerignore": "*.log\n", "apps/notes/web/Dockerfile.dockerignore": ""})
    built(root, engine)
    tree(root, {"apps/notes/web/a.log": "noise"})
    assert outcomes(built(root, engine, changed=True))[WEB] is BuildOutcome.BUILT


def test_without_changed_everything_is_built_again(root: Path, engine: FakeEngine) -> None:
    built(root, engine)
    assert set(outcomes(built(root, engine, no_cache=True)).values()) == {BuildOutcome.BUILT}
    assert engine.built[-1].no_cache


def test_the_network_of_the_compose_file_comes_before_the_one_asked_for(
    root: Path, engine: FakeEngine
) -> None:
    path = root / "apps/notes/docker-compose.yml"
    path.write_text(path.read_text().replace("{build: ./web}", "{build: {context: ./web, network: none}}"))
    built(root, engine, network="host")
    assert {recipe.tags[0]: recipe.network for recipe in engine.built} == {WEB: "none", API: "host"}


@pytest.mark.parametrize(
    ("build", "link"),
    [
        ("{context: ./venv/x, dockerfile: ../../web/Dockerfile}", "venv/x"),
        ("{context: ./web, additional_contexts: {lib: ./venv/lib}}", "venv/lib"),
        ("{context: ./web, additional_contexts: {lib: ./gone}}", "gone"),
        ("{context: ./web, secrets: [key]}", "venv/key"),
    ],
)
def test_a_build_that_a_link_leads_out_of_the_workspace_is_refused(
    tmp_path: Path, engine: FakeEngine, build: str, link: str
) -> None:
    compose = (
        COMPOSE.replace("{build: ./web}", f"{{build: {build}}}") + "secrets: {key: {file: ./venv/key}}\n"
    )
    files = {f"apps/notes/{name}/Dockerfile": DOCKERFILE for name in ("web", "api", "venv")}
    root = tree(tmp_path / "workspace", app("notes", compose=compose) | files)
    if "gone" not in link:
        tree(tmp_path, {"outside/Dockerfile": DOCKERFILE})
    (root / "apps/notes" / link).symlink_to(tmp_path / "outside")
    result = built(root, engine)
    assert (result.exit_code, len(result.findings)) == (1, 1)
    assert [recipe.tags[0] for recipe in engine.built] == [API]


def test_a_link_in_the_workspace_may_be_built(root: Path, engine: FakeEngine) -> None:
    (root / "apps/notes/same").symlink_to("web")
    path = root / "apps/notes/docker-compose.yml"
    section = "{context: ./same, dockerfile: ../web/Dockerfile}"
    path.write_text(path.read_text().replace("./web", section))
    (root / "apps/notes/api/Dockerfile").unlink()
    (root / "apps/notes/api/Dockerfile").symlink_to("../web/Dockerfile")
    assert built(root, engine).exit_code == 0


def test_one_that_fails_keeps_no_other_from_being_built(root: Path, engine: FakeEngine) -> None:
    tree(root, {"apps/notes/web/Dockerfile": "FROM base:1\nRUN false\n"})
    result = built(root, engine)
    assert outcomes(result) == {WEB: BuildOutcome.FAILED, API: BuildOutcome.BUILT}
    assert result.exit_code == 1
    assert result.images[0].hint


def test_the_exit_code_is_that_of_the_worst(root: Path, engine: FakeEngine) -> None:
    tree(
        root,
        {
            "apps/notes/web/Dockerfile": "FROM base:1\nRUN false\n",
            "apps/notes/api/Dockerfile": "FROM nowhere:1",
        },
    )
    assert built(root, engine).exit_code == 3


def test_a_recipe_with_an_error_is_a_finding_and_the_others_are_built(root: Path, engine: FakeEngine) -> None:
    (root / "apps/notes/web/Dockerfile").unlink()
    result = built(root, engine)
    assert outcomes(result) == {API: BuildOutcome.BUILT}
    (finding,) = result.findings
    assert (finding.code.id, finding.line, result.exit_code) == ("KZ001", 2, 1)


def test_nothing_to_build_asks_no_engine(tmp_path: Path) -> None:
    tree(tmp_path, app("notes", compose="services: {db: {image: postgres:15}}\n"))
    engine = FakeEngine({}, failure=MissingError("not there"))
    assert built(tmp_path, engine).images == ()
    assert engine.calls == []


def test_a_name_that_is_not_there_is_refused(root: Path, engine: FakeEngine) -> None:
    with pytest.raises(UsageError):
        built(root, engine, names=("absent",))


def test_no_more_than_asked_for_are_built_at_once(root: Path) -> None:
    for number in range(6):
        compose = "services: {web: {build: .}}\n"
        tree(root, {**app(f"more-{number}", compose=compose), f"apps/more-{number}/Dockerfile": DOCKERFILE})
    together: list[int] = []
    gate = threading.Lock()
    busy: set[int] = set()

    class Counting(FakeEngine):
        def build(self, recipe: BuildRecipe, listener: Listener) -> None:
            with gate:
                busy.add(id(recipe))
                together.append(len(busy))
            super().build(recipe, listener)
            with gate:
                busy.discard(id(recipe))

    built(root, Counting({"base:1": FakeImage(())}), jobs=3)
    assert len(together) == 8
    assert max(together) <= 3


def test_who_is_interrupted_stops_the_work_that_goes_on() -> None:
    seen: list[bool] = []
    begun = threading.Event()

    def work(item: int, is_stopped: Callable[[], bool]) -> int:
        if item == 0:
            begun.wait(10)
            raise KeyboardInterrupt
        begun.set()
        while not is_stopped():
            threading.Event().wait(0.001)
        seen.append(True)
        return item

    with pytest.raises(KeyboardInterrupt):
        in_parallel(2, [0, 1], work)
    assert seen == [True]


def test_the_base_images_of_a_dockerfile_are_those_that_it_does_not_make() -> None:
    text = "ARG V=1\nFROM --platform=linux/amd64 golang:1 AS Build\nFROM build AS test\nFROM $V\n"
    text += "FROM scratch\nfrom nginx\n"
    assert bases(text) == ("golang:1", "nginx")
    assert stages(text) == ("Build", "test")
