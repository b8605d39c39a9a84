"""validate reports everything of one run, with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.errors import UsageError
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.operations.validate import ValidateRequest, ValidateResult, validate
from catalog.workspace.workspace import open_workspace
from tests.support.fake_engine import FakeEngine
from tests.support.fake_image import FakeImage
from tests.support.trees import COMPOSE, MANIFEST, app, tree

if TYPE_CHECKING:
    from pathlib import Path


def checked(root: Path, **options: object) -> ValidateResult:
    return validate(open_workspace(root, root), ValidateRequest.model_validate(options))


def test_a_sound_workspace_has_no_findings(tmp_path: Path) -> None:
    tree(tmp_path, app())
    sync_compose(open_workspace(tmp_path, tmp_path), SyncRequest())
    result = checked(tmp_path, strict=True)
    assert result.findings == ()
    assert (result.checked, result.exit_code) == (1, 0)


def test_all_findings_of_all_files_come_at_once_with_their_places(tmp_path: Path) -> None:
    compose = "services:\n  web:\n    image: a:1\n    privileged: true\n    ports: ['x']\n"
    tree(tmp_path, app(manifest={"version": "v1", "verified": "yes"}, compose=compose))
    result = checked(tmp_path)
    assert {"KZ102", "KZ103", "KZ208", "KZ220"} <= {finding.code.id for finding in result.findings}
    assert all(
        finding.line for finding in result.findings if finding.code.id in {"KZ102", "KZ103", "KZ208", "KZ220"}
    )
    assert result.exit_code == 1


def test_warnings_fail_only_when_strict(tmp_path: Path) -> None:
    tree(tmp_path, app(manifest={"description": ""}))
    sync_compose(open_workspace(tmp_path, tmp_path), SyncRequest())
    assert checked(tmp_path).exit_code == 0
    assert checked(tmp_path, strict=True).exit_code == 1
    assert checked(tmp_path).warnings == 1
    assert checked(tmp_path).errors == 0


def test_only_the_named_extensions_are_reported(tmp_path: Path) -> None:
    tree(tmp_path, {**app("notes"), "apps/broken/kamiwaza.json": "{"})
    result = checked(tmp_path, names=("broken",))
    assert result.checked == 1
    assert {finding.file.parts[1] for finding in result.findings} == {"broken"}


def test_a_name_that_two_kinds_have_is_found_even_when_one_is_asked_for(tmp_path: Path) -> None:
    tree(tmp_path, {**app("notes"), "services/notes/kamiwaza.json": "{"})
    found = {finding.code.id for finding in checked(tmp_path, names=("notes",), kind="app").findings}
    assert "KZ012" in found


LATEST = COMPOSE.replace("postgres:15-alpine", "postgres")


def synced(root: Path) -> Path:
    sync_compose(open_workspace(root, root), SyncRequest())
    return root


def test_a_suppressed_warning_is_listed_apart_and_does_not_fail_a_strict_run(tmp_path: Path) -> None:
    tree(tmp_path, {**app(compose=LATEST), "catalog.toml": '[suppress.notes]\nKZ311 = "a demo"\n'})
    result = checked(synced(tmp_path), strict=True)
    assert (result.findings, result.exit_code) == ((), 0)
    assert [(one.finding.code.id, one.finding.line, one.reason) for one in result.suppressed] == [
        ("KZ311", 11, "a demo")
    ]
    assert result.model_dump(mode="json")["suppressed"][0]["reason"] == "a demo"


def test_a_suppression_without_effect_is_a_warning_in_its_line(tmp_path: Path) -> None:
    text = '[suppress.notes]\nKZ311 = "x"\n[suppress.gone]\nKZ311 = "x"\n[suppress.maps]\nKZ311 = "x"\n'
    tree(tmp_path, {**app(), **app("maps"), "catalog.toml": text})
    result = checked(synced(tmp_path), names=("notes",))
    assert [(str(one.file), one.line, one.code.id) for one in result.findings] == [
        ("catalog.toml", 2, "KZ014"),
        ("catalog.toml", 4, "KZ014"),
    ]


def test_two_manifests_with_one_published_preview_are_found_with_their_lines(tmp_path: Path) -> None:
    shared = {"preview_image": "/garden/default/p.png"}
    tree(tmp_path, {**app(manifest=shared), **app("maps", manifest=shared)})
    found = [one for one in checked(synced(tmp_path)).findings if one.code.id == "KZ408"]
    assert [(str(one.file), one.line) for one in found] == [
        ("apps/maps/kamiwaza.json", 7),
        ("apps/notes/kamiwaza.json", 7),
    ]


def test_images_that_the_engine_lacks_are_errors_when_they_are_asked_for(tmp_path: Path) -> None:
    tree(tmp_path, {**app(), "apps/broken/kamiwaza.json": "{"})
    tool = {**MANIFEST, "name": "tool-x", "image": "acme/x:1", "description": "x"}
    tree(tmp_path, {"tools/tool-x/kamiwaza.json": tool, "tools/tool-x/README.md": "x"})
    workspace = open_workspace(synced(tmp_path), tmp_path)
    engine = FakeEngine({"postgres:15-alpine": FakeImage(())})
    result = validate(workspace, ValidateRequest(images=True), engine=engine)
    missing = [one for one in result.findings if one.code.id == "KZ317"]
    assert [(str(one.file), one.line) for one in missing] == [
        ("apps/notes/docker-compose.appgarden.yml", 4),
        ("tools/tool-x/kamiwaza.json", 7),
    ]
    assert "kamiwazaai/notes-web:v1.0.0" in missing[0].message
    assert missing[0].is_error
    assert engine.calls[0][0] == "inspect"
    assert not [one for one in validate(workspace, ValidateRequest()).findings if one.code.id == "KZ317"]


def test_a_broken_development_file_is_the_only_thing_said_of_a_generated_pair(tmp_path: Path) -> None:
    tree(tmp_path, app())
    sync_compose(open_workspace(tmp_path, tmp_path), SyncRequest())
    (tmp_path / "apps/notes/docker-compose.yml").write_text("services: [\n")
    assert [finding.code.id for finding in checked(tmp_path).findings] == ["KZ006"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[publish.production]", "dev, stage and prod only"),
        ("[publish.prod]\nstor = 'x'", "'stor' of [publish.prod]"),
        ("[platform]\nurk = 'x'", "'urk' of [platform]"),
    ],
)
def test_tables_that_only_other_commands_need_are_checked_too(tmp_path: Path, table: str, said: str) -> None:
    tree(tmp_path, {**app(), "catalog.toml": f"{table}\n"})
    with pytest.raises(UsageError) as caught:
        checked(tmp_path)
    assert said in caught.value.message
