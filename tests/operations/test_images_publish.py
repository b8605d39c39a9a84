"""Publishing images: the plan stands before the deeds, and a version stays what it is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from catalog.engine.engine import EngineInfo, LocalImage
from catalog.errors import ConflictError, FindingsError, IntegrityError, MissingError, UsageError
from catalog.operations.image_publication import ImageDeed
from catalog.operations.image_tools import ImageTools
from catalog.operations.images_publish import ImagesPublishRequest, images_publish
from catalog.operations.images_push import ImagesPushRequest, images_push
from catalog.operations.images_verify import ImagesVerifyRequest, images_verify
from catalog.operations.publish import PublishRequest
from catalog.operations.publish import publish as publish_catalog
from catalog.registry.layout import RepositoryVersion
from catalog.registry.stage import Stage
from catalog.remote.failures import PlatformError, RefusedImageError
from catalog.remote.oci_registry import RemoteImage, RemoteVariant
from catalog.workspace.image_facts import ImageFacts, read_image_facts, record_image_facts
from catalog.workspace.workspace import open_workspace
from tests.support.published import AllThere

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from catalog.engine.building import BuildRecipe, Listener
    from catalog.errors import CatalogError
    from catalog.operations.image_publication import ImagePublication
    from catalog.workspace.workspace import Workspace

WEB, API = "kamiwazaai/notes-web", "kamiwazaai/notes-api"
HERE = "registry.acme.test/acme"


def sha(letter: str) -> str:
    return f"sha256:{letter * 64}"


@dataclass
class Registries:
    """Registries as values: the images by reference, and what is raised for some."""

    images: dict[str, RemoteImage] = field(default_factory=dict)
    failures: dict[str, CatalogError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def manifest_of(self, ref: str) -> RemoteImage | None:
        self.asked.append(ref)
        if ref in self.failures:
            raise self.failures[ref]
        return self.images.get(ref)

    def put(self, ref: str, config: str, *platforms: str, digest: str = "") -> RemoteImage:
        names = platforms or ("linux/amd64",)
        known = digest or sha("d")
        variants = tuple(RemoteVariant(name, known, config, 500) for name in names)
        self.images[ref] = RemoteImage(ref, known, variants, is_list=len(names) > 1)
        return self.images[ref]


@dataclass
class Engine:
    """As much of an engine as publishing needs: images by name, and a registry that pushes arrive in."""

    registries: Registries
    images: dict[str, LocalImage] = field(default_factory=dict)
    pushed: list[str] = field(default_factory=list)
    refused: dict[str, CatalogError] = field(default_factory=dict)
    arrives: str = ""

    def have(self, ref: str, image_id: str, created: str = "2026-11-21T10:00:00Z") -> None:
        self.images[ref] = LocalImage(ref, image_id, "linux/amd64", (), 900, created=created)

    def info(self) -> EngineInfo:
        return EngineInfo("docker", "20.10", "linux/amd64")

    def inspect(self, refs: Sequence[str]) -> dict[str, LocalImage]:
        return {ref: replace(self.images[ref], ref=ref) for ref in refs if ref in self.images}

    def tag(self, source: str, target: str) -> None:
        self.images[target] = self.images[source]

    def push(self, ref: str) -> None:
        if ref in self.refused:
            raise self.refused[ref]
        self.pushed.append(ref)
        self.registries.put(ref, self.arrives or self.images[ref].image_id)


@dataclass
class Builder:
    """A builder for several platforms whose digests are known beforehand, by repository."""

    registries: Registries
    digests: dict[str, str]
    built: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    lacks: tuple[str, ...] = ()

    def push(self, recipe: BuildRecipe, name: str, platforms: Sequence[str], listener: Listener) -> str:
        assert recipe.labels["org.opencontainers.image.version"] == "1.0.0"
        listener.line("a step")
        self.built.append((name, tuple(platforms)))
        return self.digests[name]

    def tag(self, name: str, digest: str, ref: str) -> None:
        platforms = [one for one in self.built[0][1] if one not in self.lacks]
        self.registries.put(ref, sha("9"), *platforms, digest=digest)
        assert name == ref.rpartition(":")[0]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    app = tmp_path / "apps/notes"
    app.mkdir(parents=True)
    manifest = {"name": "notes", "version": "1.0.0", "source_type": "kamiwaza", "risk_tier": 1}
    (app / "kamiwaza.json").write_text(json.dumps(manifest | {"description": "Notes."}))
    services = {"web": {"build": "."}, "api": {"build": "."}, "db": {"image": "postgres:15-alpine"}}
    (app / "docker-compose.yml").write_text(json.dumps({"services": services}))
    limits = {"deploy": {"resources": {"limits": {"cpus": "1.0", "memory": "1G"}}}}
    images = {"web": f"{WEB}:v1.0.0", "api": f"{API}:v1.0.0", "db": "postgres:15-alpine"}
    deployed = {"services": {name: {"image": image, **limits} for name, image in images.items()}}
    (app / "docker-compose.appgarden.yml").write_text(json.dumps(deployed))
    (app / "Dockerfile").write_text("FROM scratch\n")
    (app / "README.md").write_text("# Notes\n")
    return open_workspace(tmp_path, tmp_path)


@pytest.fixture
def registries() -> Registries:
    return Registries()


@pytest.fixture
def engine(registries: Registries) -> Engine:
    engine = Engine(registries)
    engine.have(f"{WEB}:v1.0.0", sha("1"))
    engine.have(f"{API}:v1.0.0", sha("2"))
    return engine


def publish(workspace: Workspace, engine: Engine, **options: Any) -> ImagePublication:
    options.setdefault("single_arch", True)
    tools = ImageTools(engine.registries, engine)  # type: ignore[arg-type]
    return images_publish(workspace, ImagesPublishRequest(**options), tools)


def deeds(result: ImagePublication) -> list[str]:
    return [image.deed.value for image in result.images]


def test_images_get_the_stages_tag_and_arrive(workspace: Workspace, engine: Engine) -> None:
    result = publish(workspace, engine)
    assert result.exit_code == 0
    assert engine.pushed == [f"{WEB}:1.0.0-dev", f"{API}:1.0.0-dev"]
    assert all(image.is_done and image.digest == sha("d") for image in result.images)
    facts = read_image_facts(workspace.root)
    assert facts[f"{WEB}:1.0.0-dev"].digest == sha("d")


def test_the_settings_say_where_images_of_ours_lie(workspace: Workspace, engine: Engine) -> None:
    (workspace.root / "catalog.toml").write_text(f'[publish.stage]\nimages = "{HERE}"\n')
    publish(workspace, engine, stage=Stage.STAGE)
    assert engine.pushed == [f"{HERE}/notes-web:1.0.0-stage", f"{HERE}/notes-api:1.0.0-stage"]


def test_a_second_run_pushes_nothing(workspace: Workspace, engine: Engine) -> None:
    publish(workspace, engine, stage=Stage.PROD)
    again = publish(workspace, engine, stage=Stage.PROD)
    assert deeds(again) == ["unchanged", "unchanged"]
    assert len(engine.pushed) == 2


def test_a_run_that_broke_off_goes_on_where_it_was(workspace: Workspace, engine: Engine) -> None:
    broken = f"{API}:1.0.0"
    engine.refused[broken] = MissingError("the line is dead", "wait")
    first = publish(workspace, engine, stage=Stage.PROD)
    assert (first.exit_code, deeds(first)) == (3, ["push", "failed"])
    del engine.refused[broken]
    second = publish(workspace, engine, stage=Stage.PROD)
    assert (second.exit_code, deeds(second)) == (0, ["unchanged", "push"])
    assert engine.pushed == [f"{WEB}:1.0.0", broken]


def test_nothing_follows_a_failure(workspace: Workspace, engine: Engine) -> None:
    engine.refused[f"{WEB}:1.0.0"] = MissingError("full", "")
    result = publish(workspace, engine, stage=Stage.PROD)
    assert [image.is_done for image in result.images] == [False, False]
    assert engine.pushed == []


@pytest.mark.parametrize("stage", [Stage.STAGE, Stage.PROD])
def test_a_published_version_stays_what_it_is(workspace: Workspace, engine: Engine, stage: Stage) -> None:
    tag = "1.0.0" if stage is Stage.PROD else "1.0.0-stage"
    engine.registries.put(f"{API}:{tag}", sha("7"))
    result = publish(workspace, engine, stage=stage)
    assert (result.exit_code, deeds(result)) == (5, ["push", "conflict"])
    assert engine.pushed == []
    assert result.images[1].hint == "Raise the version: catalog bump notes patch"


def test_a_tag_of_development_may_move(workspace: Workspace, engine: Engine) -> None:
    engine.registries.put(f"{API}:1.0.0-dev", sha("7"), digest=sha("e"))
    result = publish(workspace, engine)
    assert deeds(result) == ["push", "replace"]
    assert result.images[1].before == sha("e")


def test_an_image_that_was_not_built_stops_all(workspace: Workspace, engine: Engine) -> None:
    del engine.images[f"{API}:v1.0.0"]
    result = publish(workspace, engine)
    assert (result.exit_code, deeds(result), engine.pushed) == (3, ["push", "missing"], [])
    assert result.images[1].hint == "Build it: catalog images build notes"


def test_the_newest_of_several_builds_is_published(workspace: Workspace, engine: Engine) -> None:
    engine.have(f"{WEB}:1.0.0-dev", sha("8"), created="2026-11-21T11:00:00Z")
    engine.have(f"{API}:1.0.0-dev", sha("8"), created="2026-11-21T09:00:00Z")
    publish(workspace, engine)
    found = [engine.registries.images[f"{name}:1.0.0-dev"].variants[0].config for name in (WEB, API)]
    assert found == [sha("8"), sha("2")]


def test_an_image_is_also_known_by_what_the_engine_remembers(workspace: Workspace, engine: Engine) -> None:
    for name in (WEB, API):
        ref = f"{name}:v1.0.0"
        engine.images[ref] = replace(engine.images[ref], repo_digests=(f"{name}@{sha('d')}",))
        engine.registries.put(f"{name}:1.0.0", sha("7"))
    assert deeds(publish(workspace, engine, stage=Stage.PROD)) == ["unchanged", "unchanged"]


def test_a_push_that_does_not_arrive_is_no_success(workspace: Workspace, engine: Engine) -> None:
    engine.arrives = sha("7")
    result = publish(workspace, engine)
    assert (result.exit_code, result.images[0].deed) == (4, ImageDeed.FAILED)
    assert "another image" in result.images[0].reason


def test_whoever_was_quicker_keeps_the_version(workspace: Workspace, engine: Engine) -> None:
    ref = f"{WEB}:1.0.0"
    original = engine.registries.manifest_of

    def then_somebody_else(asked: str) -> RemoteImage | None:
        found = original(asked)
        if asked == ref:
            engine.registries.put(ref, sha("7"))
        return found

    engine.registries.manifest_of = then_somebody_else  # type: ignore[method-assign, assignment]
    result = publish(workspace, engine, stage=Stage.PROD)
    assert (result.exit_code, engine.pushed) == (5, [])


def test_a_dry_run_is_the_plan_and_nothing_else(workspace: Workspace, engine: Engine) -> None:
    engine.registries.put(f"{API}:1.0.0-dev", sha("7"))
    result = publish(workspace, engine, dry_run=True)
    assert (deeds(result), engine.pushed, result.exit_code) == (["push", "replace"], [], 0)
    assert not (workspace.root / ".catalog/images.json").exists()
    assert deeds(publish(workspace, engine)) == deeds(result)


def test_without_a_builder_one_platform_is_published_and_that_is_said(
    workspace: Workspace, engine: Engine
) -> None:
    result = publish(workspace, engine, single_arch=False)
    assert result.notes == ("Without docker buildx, images are published for linux/amd64 only.",)
    with pytest.raises(MissingError, match="linux/arm64 need docker buildx"):
        publish(workspace, engine, single_arch=False, platforms=("linux/amd64", "linux/arm64"))


@pytest.mark.parametrize("registry", ["", "UPPER/x", "https://a.test/x", "a.test/x:1", "a.test/x@sha256:1"])
def test_a_registry_that_is_none_is_refused(workspace: Workspace, engine: Engine, registry: str) -> None:
    with pytest.raises(UsageError):
        publish(workspace, engine, registry=registry)


def test_a_wrong_recipe_stops_before_anything(workspace: Workspace, engine: Engine) -> None:
    (workspace.root / "apps/notes/Dockerfile").unlink()
    with pytest.raises(FindingsError, match="Dockerfile"):
        publish(workspace, engine)


def builder_tools(registries: Registries, web: str = "a", api: str = "b") -> tuple[Builder, ImageTools]:
    builder = Builder(registries, {WEB: sha(web), API: sha(api)})
    return builder, ImageTools(registries, Engine(registries), builder)  # type: ignore[arg-type]


def test_a_builder_pushes_lists_for_both_usual_platforms(
    workspace: Workspace, registries: Registries
) -> None:
    builder, tools = builder_tools(registries)
    result = images_publish(workspace, ImagesPublishRequest(), tools)
    assert (result.exit_code, deeds(result)) == (0, ["push", "push"])
    assert builder.built[0] == (WEB, ("linux/amd64", "linux/arm64"))
    assert [one.platform for one in result.images[0].variants] == ["linux/amd64", "linux/arm64"]
    facts = read_image_facts(workspace.root)[f"{API}:1.0.0-dev"]
    assert (facts.digest, facts.platforms) == (sha("b"), ("linux/amd64", "linux/arm64"))
    again = images_publish(workspace, ImagesPublishRequest(), tools)
    assert deeds(again) == ["unchanged", "unchanged"]


def test_no_tag_moves_when_one_list_is_in_conflict(workspace: Workspace, registries: Registries) -> None:
    registries.put(f"{API}:1.0.0", sha("7"), digest=sha("7"))
    _, tools = builder_tools(registries)
    result = images_publish(workspace, ImagesPublishRequest(stage=Stage.PROD), tools)
    assert (result.exit_code, deeds(result)) == (5, ["push", "conflict"])
    assert list(registries.images) == [f"{API}:1.0.0"]


def test_a_list_that_lacks_a_platform_is_no_success(workspace: Workspace, registries: Registries) -> None:
    builder, tools = builder_tools(registries)
    builder.lacks = ("linux/arm64",)
    result = images_publish(workspace, ImagesPublishRequest(), tools)
    assert result.exit_code == IntegrityError.exit_code
    assert "not for linux/arm64" in result.images[0].reason


def test_a_dry_run_builds_no_list(workspace: Workspace, registries: Registries) -> None:
    registries.put(f"{API}:1.0.0-dev", sha("7"))
    builder, tools = builder_tools(registries)
    result = images_publish(workspace, ImagesPublishRequest(dry_run=True), tools)
    assert (deeds(result), builder.built) == (["push", "compare"], [])


def test_push_keeps_the_tag_of_local_builds(workspace: Workspace, engine: Engine) -> None:
    tools = ImageTools(engine.registries, engine)  # type: ignore[arg-type]
    result = images_push(workspace, ImagesPushRequest(names=("notes",), registry=HERE), tools)
    assert (result.exit_code, engine.pushed) == (0, [f"{HERE}/notes-web:v1.0.0", f"{HERE}/notes-api:v1.0.0"])


def verify(workspace: Workspace, engine: Engine, **options: Any) -> Any:
    tools = ImageTools(engine.registries, engine)  # type: ignore[arg-type]
    return images_verify(workspace, ImagesVerifyRequest(**options), tools)


def test_verify_tells_what_the_engine_lacks(workspace: Workspace, engine: Engine) -> None:
    result = verify(workspace, engine)
    problems: Mapping[str, str] = {image.ref: image.problem for image in result.images}
    assert result.exit_code == 3
    assert problems == {
        f"{API}:v1.0.0": "",
        f"{WEB}:v1.0.0": "",
        "postgres:15-alpine": "the engine has no such image",
    }
    assert read_image_facts(workspace.root)[f"{API}:v1.0.0"].bytes == 900


def test_verify_tells_of_registries_that_lack_refuse_lie_or_are_silent(
    workspace: Workspace, engine: Engine
) -> None:
    refs = [f"{HERE}/notes-api:1.0.0", f"{HERE}/notes-web:1.0.0", "postgres:15-alpine"]
    engine.registries.put(refs[0], sha("1"), "linux/amd64", "linux/arm64")
    failures: list[tuple[CatalogError, int]] = [
        (RefusedImageError("refused", ""), 3),
        (IntegrityError("a lie", ""), 4),
        (PlatformError("silence"), 3),
    ]
    for error, code in failures:
        engine.registries.failures[refs[1]] = error
        result = verify(workspace, engine, remote=True, stage=Stage.PROD, registry=HERE)
        problems = {image.ref: image.problem for image in result.images}
        assert problems == dict(zip(refs, ("", error.message, "its registry has no such image"), strict=True))
        assert result.exit_code == code
    assert read_image_facts(workspace.root)[refs[0]].platforms == ("linux/amd64", "linux/arm64")


def test_verify_asks_for_every_platform_that_is_wanted(workspace: Workspace, engine: Engine) -> None:
    engine.have("postgres:15-alpine", sha("3"))
    assert verify(workspace, engine, platforms=("linux/amd64",)).exit_code == 0
    result = verify(workspace, engine, platforms=("linux/amd64", "linux/arm64"))
    assert result.exit_code == 3
    assert result.images[0].problem == "it is not there for linux/arm64"


def test_a_conflict_says_what_is_there(workspace: Workspace, engine: Engine) -> None:
    there = engine.registries.put(f"{WEB}:1.0.0", sha("7"))
    result = publish(workspace, engine, stage=Stage.PROD)
    assert there.digest in result.images[0].reason
    assert result.images[0].code == ConflictError.exit_code


@pytest.mark.parametrize("version", [RepositoryVersion.V1, RepositoryVersion.V3])
def test_the_catalog_names_images_as_they_are_published(
    workspace: Workspace, engine: Engine, version: RepositoryVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(workspace.root / "state"))
    (workspace.root / "store").mkdir()
    store = (workspace.root / "store").as_uri()
    settings = f'[publish.prod]\nstore = "{store}"\nimages = "{HERE}"\n'
    (workspace.root / "catalog.toml").write_text(settings)
    file = workspace.root / "apps/notes/kamiwaza.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"kamiwaza_version": ">=1.0.0"}))
    done = publish(workspace, engine, stage=Stage.PROD)
    facts = {"postgres:15-alpine": ImageFacts(1, "linux/amd64", sha("5"))}
    record_image_facts(workspace.root, facts)
    publish_catalog(workspace, PublishRequest(stage=Stage.PROD, version=version), AllThere())
    content = (workspace.root / "store" / version.garden.apps).read_text()
    (entry,) = json.loads(content)
    pins = {image.ref: f"{image.ref}@{image.digest}" for image in done.images} | {
        ref: f"{ref}@{one.digest}" for ref, one in facts.items()
    }
    expected = pins.values() if version is RepositoryVersion.V3 else pins.keys()
    assert set(entry["docker_images"]) == set(expected)
    assert all(name in entry["compose_yml"] for name in expected)


def test_verify_notes_the_digest_of_the_images_own_repository(workspace: Workspace, engine: Engine) -> None:
    ref = f"{WEB}:v1.0.0"
    known = (f"mirror.example/nginx@{sha('a')}", f"docker.io/{WEB}@{sha('b')}")
    engine.images[ref] = replace(engine.images[ref], repo_digests=known)
    engine.images[f"{API}:v1.0.0"] = replace(engine.images[f"{API}:v1.0.0"], repo_digests=known[:1])
    digests = {image.ref: image.digest for image in verify(workspace, engine).images}
    assert (digests[ref], digests[f"{API}:v1.0.0"]) == (sha("b"), "")
    noted = read_image_facts(workspace.root)
    assert (noted[ref].digest, noted[f"{API}:v1.0.0"].digest) == (sha("b"), None)
