"""validate reports everything of one run, with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.operations.validate import ValidateRequest, ValidateResult, validate
from catalog.workspace.workspace import open_workspace
from tests.support.trees import app, tree

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
