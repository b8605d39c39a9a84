"""sync-compose writes what is missing or stale, says what it did, and leaves the rest alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.operations.sync_compose import Outcome, SyncRequest, SyncResult, sync_compose
from catalog.workspace.workspace import open_workspace
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from pathlib import Path

TARGET = "apps/notes/docker-compose.appgarden.yml"
BROKEN = "services:\n  web:\n    image: a:1\n    network_mode: host\n"


def sync(root: Path, **options: object) -> SyncResult:
    return sync_compose(open_workspace(root, root), SyncRequest.model_validate(options))


def outcomes(result: SyncResult) -> dict[str, Outcome]:
    return {synced.name: synced.outcome for synced in result.extensions}


def test_a_missing_file_is_written_and_a_second_run_finds_it_current(tmp_path: Path) -> None:
    tree(tmp_path, app())
    assert outcomes(sync(tmp_path)) == {"notes": Outcome.WRITTEN}
    before = (tmp_path / TARGET).stat()
    second = sync(tmp_path)
    assert outcomes(second) == {"notes": Outcome.CURRENT}
    assert (tmp_path / TARGET).stat().st_mtime_ns == before.st_mtime_ns
    assert second.exit_code == 0


def test_an_empty_file_that_a_power_failure_left_is_written_again(tmp_path: Path) -> None:
    tree(tmp_path, app())
    sync(tmp_path)
    before = (tmp_path / TARGET).read_text()
    (tmp_path / TARGET).write_text("")
    assert outcomes(sync(tmp_path)) == {"notes": Outcome.WRITTEN}
    assert (tmp_path / TARGET).read_text() == before


def test_check_writes_nothing_and_fails_on_what_is_stale(tmp_path: Path) -> None:
    tree(tmp_path, app())
    result = sync(tmp_path, check=True)
    assert outcomes(result) == {"notes": Outcome.STALE}
    assert result.exit_code == 1
    assert not (tmp_path / TARGET).exists()
    sync(tmp_path)
    assert sync(tmp_path, check=True).exit_code == 0


def test_a_changed_version_makes_the_file_stale(tmp_path: Path) -> None:
    tree(tmp_path, app())
    sync(tmp_path)
    tree(tmp_path, app(manifest={"version": "1.0.1"}))
    (synced,) = sync(tmp_path).extensions
    assert synced.outcome is Outcome.WRITTEN
    assert "-    image: kamiwazaai/notes-web:v1.0.0" in synced.diff
    assert "+    image: kamiwazaai/notes-web:v1.0.1" in synced.diff


def test_a_file_that_differs_only_in_its_layout_is_current(tmp_path: Path) -> None:
    tree(tmp_path, app())
    sync(tmp_path)
    text = (tmp_path / TARGET).read_text()
    (tmp_path / TARGET).write_text(text + "\n# a remark\n")
    assert outcomes(sync(tmp_path)) == {"notes": Outcome.CURRENT}


def test_a_file_written_by_hand_is_left_alone_unless_forced(tmp_path: Path) -> None:
    tree(tmp_path, {**app(), TARGET: "services: {}\n"})
    result = sync(tmp_path)
    assert outcomes(result) == {"notes": Outcome.HANDWRITTEN}
    assert result.exit_code == 0
    assert (tmp_path / TARGET).read_text() == "services: {}\n"
    assert outcomes(sync(tmp_path, force=True)) == {"notes": Outcome.WRITTEN}


def test_one_refused_extension_does_not_keep_the_others_from_being_written(tmp_path: Path) -> None:
    tree(tmp_path, {**app("broken", compose=BROKEN), **app("notes")})
    result = sync(tmp_path)
    assert outcomes(result) == {"broken": Outcome.REFUSED, "notes": Outcome.WRITTEN}
    assert result.exit_code == 1
    (finding,) = result.extensions[0].findings
    assert (finding.code.id, finding.line) == ("KZ218", 4)


@pytest.mark.parametrize("manifest", ["{", None])
def test_an_extension_that_cannot_be_read_is_refused(tmp_path: Path, manifest: str | None) -> None:
    tree(tmp_path, {"apps/notes/kamiwaza.json": manifest})
    assert outcomes(sync(tmp_path)) == {"notes": Outcome.REFUSED}


def test_an_extension_without_a_compose_file_is_passed_over(tmp_path: Path) -> None:
    files = app()
    del files["apps/notes/docker-compose.yml"]
    result = sync(tree(tmp_path, files))
    assert outcomes(result) == {"notes": Outcome.NO_COMPOSE}
    assert result.exit_code == 0


def test_a_read_error_of_the_compose_file_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, app(compose="services: ["))
    assert outcomes(sync(tmp_path)) == {"notes": Outcome.REFUSED}
