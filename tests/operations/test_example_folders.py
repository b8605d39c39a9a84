"""The examples of the reference page that need a folder are true: a bad one gives its code, a good one none.

Examples that are a piece of a file are tried word by word in tests/rules/test_examples.py.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import catalog
from catalog.appgarden.image_builds import image_builds
from catalog.model.codes import ALL_CODES
from catalog.operations.build import BuildRequest, build
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.operations.validate import ValidateRequest, validate
from catalog.registry.layout import RepositoryVersion
from catalog.workspace.extensions import read_extensions, select_folders
from catalog.workspace.workspace import open_workspace
from tests.rules.test_examples import BAD, GOOD
from tests.support.fake_engine import FakeEngine
from tests.support.fake_image import FakeImage, layer
from tests.support.trees import MANIFEST, app, tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from catalog.workspace.workspace import Workspace

PAGE = Path(catalog.__file__).parent.parent / "docs" / "reference" / "findings.md"
SERVICE = "services:\n  web:\n    {}\n    healthcheck: {{test: [CMD, 'true']}}\n"
SOCKET = "/var/run/docker.sock:/var/run/docker.sock"
NAMES_THE_HOST = "services: {web: {image: 'a/b:1', environment: {API: 'http://host.docker.internal:8080'}}}\n"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f0005"
    "0001ff89993d1d0000000049454e44ae426082"
)
GONE = None


def validated(workspace: Workspace) -> set[str]:
    return {finding.code.id for finding in validate(workspace, ValidateRequest()).findings}


def asked_of_the_engine(workspace: Workspace) -> set[str]:
    """What the engine is asked for, which has one image."""
    engine = FakeEngine({"acme/there:1": FakeImage((layer({"a": b""}),))})
    return {
        finding.code.id
        for finding in validate(workspace, ValidateRequest(images=True), engine=engine).findings
    }


def built(workspace: Workspace) -> set[str]:
    return {finding.code.id for finding in build(workspace, BuildRequest(record_history=False)).findings}


def built_for_v2(workspace: Workspace) -> set[str]:
    request = BuildRequest(versions=(RepositoryVersion.V2,), parts={"registry"}, record_history=False)
    return {finding.code.id for finding in build(workspace, request).findings}


def image_recipes(workspace: Workspace) -> set[str]:
    (extension,) = read_extensions(workspace.root, select_folders(workspace.root))
    return {finding.code.id for finding in image_builds(extension, "acme").findings}


@dataclass(frozen=True)
class Example:
    """How the workspace differs from one with a sound app: files by path, None for one that is not there."""

    bad: Mapping[str, Any]
    good: Mapping[str, Any] = field(default_factory=dict)
    look: Callable[[Workspace], set[str]] = validated
    is_synced: bool = True


def manifest(**fields: Any) -> dict[str, Any]:
    return {"apps/notes/kamiwaza.json": {**MANIFEST, **fields}}


def service(line: str) -> dict[str, str]:
    return {"apps/notes/docker-compose.yml": SERVICE.format(line)}


def moved(name: str, folder: str) -> dict[str, Any]:
    """The app in another folder, under another name."""
    gone = dict.fromkeys(app(), GONE)
    there = {path.replace("apps/notes", folder): content for path, content in app().items()}
    return {**gone, **there, f"{folder}/kamiwaza.json": {**MANIFEST, "name": name}}


def beside(name: str, folder: str) -> dict[str, Any]:
    """Another app beside the first one."""
    return {path: content for path, content in moved(name, folder).items() if content is not GONE}


COMPOSE, APPGARDEN = "apps/notes/docker-compose.yml", "apps/notes/docker-compose.appgarden.yml"
CODED = json.dumps({**MANIFEST, "description": "Garde des idées."}, ensure_ascii=False)
BACKEND = {"apps/notes/backend/Dockerfile": "FROM scratch\n"}
DOCKERFILES = {f"apps/notes/{name}/Dockerfile": "FROM scratch\n" for name in ("web", "api")}
OWN_IMAGE = "services: {{web: {{build: ./web, image: acme/{}}}, api: {{build: ./api, image: acme/{}}}}}\n"
SHARED = manifest(preview_image="/app-garden-images/notes.png")
EXAMPLES = {
    "KZ001": Example({"apps/notes/kamiwaza.json": GONE}),
    "KZ002": Example({"apps/notes/kamiwaza.json": GONE, "apps/notes/kamiwaza.json/x": "y"}),
    "KZ003": Example(
        {"apps/notes/kamiwaza.json": CODED.encode("latin-1")}, {"apps/notes/kamiwaza.json": CODED.encode()}
    ),
    "KZ004": Example({"apps/notes/kamiwaza.json": b"\xef\xbb\xbf" + CODED.encode()}),
    "KZ005": Example({COMPOSE: b""}),
    "KZ006": Example({"apps/notes/kamiwaza.json": '{"name": "notes",}'}),
    "KZ007": Example({"apps/notes/kamiwaza.json": '["notes"]'}),
    "KZ008": Example({"apps/notes/kamiwaza.json": '{"version": "1.0.0", "version": "1.1.0"}'}),
    "KZ009": Example(manifest(description="x" * 2_000_000)),
    "KZ010": Example({"apps/notes/README.md": Path("/etc/hostname")}),
    "KZ011": Example(moved("Field_Notes", "apps/Field_Notes"), moved("field-notes", "apps/field-notes")),
    "KZ012": Example(beside("notes", "services/notes"), beside("service-notes", "services/service-notes")),
    "KZ013": Example({"apps/notes/README.md": GONE}),
    "KZ014": Example({"catalog.toml": '[suppress."note"]\nKZ311 = "why"\n'}, {"catalog.toml": ""}),
    "KZ105": Example(moved("notes", "apps/field-notes"), moved("field-notes", "apps/field-notes")),
    "KZ106": Example(
        moved("embeddings", "services/embeddings"),
        moved("service-embeddings", "services/service-embeddings"),
    ),
    "KZ107": Example(moved("tool-notes", "apps/tool-notes"), moved("tool-notes", "tools/tool-notes")),
    "KZ110": Example({}, manifest(kamiwaza_version=">=1.0.0"), built_for_v2),
    "KZ117": Example({COMPOSE: GONE, APPGARDEN: GONE}),
    "KZ207": Example(
        service("image: kamiwazaai/charts-web:2.0.0"), service("image: kamiwazaai/notes-web:latest")
    ),
    "KZ213": Example({**manifest(risk_tier=2), **service(f"image: a/b:1\n    volumes: ['{SOCKET}']")}),
    "KZ231": Example(
        {**DOCKERFILES, COMPOSE: OWN_IMAGE.format("notes", "notes")},
        {**DOCKERFILES, COMPOSE: OWN_IMAGE.format("notes-web", "notes-api")},
        image_recipes,
    ),
    "KZ232": Example(
        {**BACKEND, **service("build: {context: ./backend, dockerfile: backend/Dockerfile}")},
        {**BACKEND, **service("build: {context: ./backend}")},
    ),
    "KZ236": Example(
        {"apps/notes/Dockerfile": "FROM nginx:1.27\nUSER nginx\n"},
        {"apps/notes/Dockerfile": "FROM nginx:1.27\nRUN chown -R nginx /var/cache/nginx /run\nUSER nginx\n"},
    ),
    "KZ301": Example({APPGARDEN: GONE}, is_synced=False),
    "KZ302": Example(manifest(version="1.1.0"), is_synced=False),
    "KZ303": Example({APPGARDEN: "services: {web: {image: 'a/b:1'}}\n"}),
    "KZ308": Example({APPGARDEN: NAMES_THE_HOST}),
    "KZ317": Example(service("image: acme/web:1"), service("image: acme/there:1"), asked_of_the_engine),
    "KZ401": Example(
        {**manifest(preview_image="preview.png"), "apps/notes/images/preview.png": PNG},
        {**manifest(preview_image="images/preview.png"), "apps/notes/images/preview.png": PNG},
    ),
    "KZ403": Example(
        manifest(preview_image="/app-garden-images/notes.png"),
        {**manifest(preview_image="/app-garden-images/notes.png"), "apps/notes/images/notes.png": PNG},
    ),
    "KZ405": Example(
        {**manifest(preview_image="preview.png"), "apps/notes/preview.png": PNG + bytes(12 * 1024 * 1024)},
        {**manifest(preview_image="preview.png"), "apps/notes/preview.png": PNG},
    ),
    "KZ406": Example(
        {**manifest(preview_image="preview.png"), "apps/notes/preview.png": PNG[:40]},
        {**manifest(preview_image="preview.png"), "apps/notes/preview.png": PNG},
        built,
    ),
    "KZ407": Example(
        {**manifest(preview_image="preview.png"), "apps/notes/preview.png": b"\xff\xd8\xff\xe0" + bytes(60)},
        {**manifest(preview_image="preview.jpg"), "apps/notes/preview.jpg": b"\xff\xd8\xff\xe0" + bytes(60)},
    ),
    "KZ408": Example(
        {
            **beside("other", "apps/other"),
            **SHARED,
            "apps/other/kamiwaza.json": {**SHARED["apps/notes/kamiwaza.json"], "name": "other"},
        },
    ),
}
IN_WORDS_ONLY = {"KZ212", "KZ310"}
"""Codes whose good example is a piece of a Dockerfile, or nothing at all."""


def found(files: Mapping[str, Any], example: Example, root: Path) -> set[str]:
    """The codes of a workspace with a sound app that was synced, once these files differ."""
    tree(root, app())
    workspace = open_workspace(root, root)
    sync_compose(workspace, SyncRequest())
    for path in files:
        (root / path).unlink(missing_ok=True)
    tree(root, {path: content for path, content in files.items() if content is not GONE})
    workspace = open_workspace(root, root)
    if example.is_synced:
        sync_compose(workspace, SyncRequest())
    return example.look(workspace)


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_bad_folder_gives_its_finding(code: str, tmp_path: Path) -> None:
    assert code in found(EXAMPLES[code].bad, EXAMPLES[code], tmp_path)


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_good_folder_does_not(code: str, tmp_path: Path) -> None:
    assert code not in found(EXAMPLES[code].good, EXAMPLES[code], tmp_path)


@pytest.mark.parametrize("code", ALL_CODES, ids=lambda code: code.id)
def test_every_code_has_a_bad_and_a_good_example_that_are_tried(code: Any) -> None:
    section = PAGE.read_text(encoding="utf-8").partition(f"## {code.id} ")[2].partition("\n## ")[0]
    assert len(re.findall(r"^- Bad: ", section, re.MULTILINE)) == 1
    assert len(re.findall(r"^- Good: ", section, re.MULTILINE)) == 1
    tried = [{each for each, _ in examples} | set(EXAMPLES) for examples in (BAD, GOOD)]
    assert code.id in tried[0]
    assert code.id in tried[1] | IN_WORDS_ONLY
