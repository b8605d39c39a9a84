"""Publishing a workspace: images first, one conflict blocks all, a dry run tells exactly what a run does."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from catalog.errors import ConflictError, MissingError, UsageError
from catalog.operations import publication, publish_site
from catalog.operations.publish import PublishRequest, PublishResult, publish
from catalog.operations.remote_download import RemoteDownloadRequest, remote_download
from catalog.operations.remote_list import RemoteListRequest, remote_list
from catalog.operations.remote_remove import RemoteRemoveRequest, remote_remove
from catalog.operations.remote_unlock import RemoteUnlockRequest, remote_unlock
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.registry.layout import RepositoryVersion
from catalog.registry.stage import Stage
from catalog.remote.store import put
from catalog.workspace.backups import KEPT, keep_backup
from catalog.workspace.workspace import Workspace, open_workspace
from tests.support.published import AllThere
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from catalog.remote.store import Store, Stored

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "5ef2a9260000000049454e44ae426082"
)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "store").mkdir()
    root = tmp_path / "ws"
    tree(root, {**app(), **app("charts"), "catalog.toml": _settings(tmp_path / "store")})
    return _synced(root)


def _settings(store: Path) -> str:
    return "".join(f'[publish.{stage.value}]\nstore = "{store.as_uri()}"\n' for stage in Stage)


def _synced(root: Path) -> Workspace:
    found = open_workspace(root, root)
    assert sync_compose(found, SyncRequest()).exit_code == 0
    return found


def change(workspace: Workspace, name: str = "notes", **fields: Any) -> None:
    tree(workspace.root, app(name, manifest=fields))
    _synced(workspace.root)


def run(workspace: Workspace, images: Any = None, **options: Any) -> PublishResult:
    return publish(workspace, PublishRequest(**options), images or AllThere())


def files(workspace: Workspace) -> dict[str, bytes]:
    store = workspace.root.parent / "store"
    return {str(path.relative_to(store)): path.read_bytes() for path in store.rglob("*") if path.is_file()}


def published(workspace: Workspace) -> dict[str, str]:
    found = json.loads(files(workspace)["garden/default/apps.json"])
    return {one["name"]: one["version"] for one in found}


class Gone:
    """Images that nobody has pushed."""

    def __init__(self, *gone: str) -> None:
        self.gone = gone
        self.asked: list[str] = []

    def missing(self, refs: Sequence[str]) -> Mapping[str, str]:
        self.asked += refs
        return {
            ref: "the registry does not have it" for ref in refs if any(word in ref for word in self.gone)
        }


def test_the_first_publish_makes_the_catalog(workspace: Workspace) -> None:
    result = run(workspace)
    assert [(step.name, step.deed.value) for step in result.steps] == [
        ("charts", "insert"),
        ("notes", "insert"),
    ]
    assert (result.exit_code, result.is_published) == (0, True)
    assert published(workspace) == {"charts": "1.0.0", "notes": "1.0.0"}


def test_images_carry_the_tag_of_the_stage(workspace: Workspace) -> None:
    run(workspace)
    text = files(workspace)["garden/default/apps.json"].decode()
    assert "kamiwazaai/notes-web:1.0.0-dev" in text
    assert ":v1.0.0" not in text


def test_a_catalog_names_images_where_the_stage_has_its_images(workspace: Workspace) -> None:
    settings = workspace.root / "catalog.toml"
    settings.write_text(
        settings.read_text().replace("[publish.dev]", '[publish.dev]\nimages = "r.acme.test/acme"')
    )
    run(workspace)
    text = files(workspace)["garden/default/apps.json"].decode()
    assert "r.acme.test/acme/notes-web:1.0.0-dev" in text
    assert "kamiwazaai/notes-web" not in text
    assert "postgres:15-alpine" in text


def test_what_is_published_already_is_unchanged_and_nothing_is_written(workspace: Workspace) -> None:
    """With the template, publishing an unchanged workspace always failed: every version was there."""
    run(workspace)
    before = files(workspace)
    result = run(workspace)
    assert {step.deed.value for step in result.steps} == {"unchanged"}
    assert (result.exit_code, result.is_published, result.backup) == (0, False, None)
    assert files(workspace) == before


def test_changed_content_under_a_published_version_blocks_all(workspace: Workspace) -> None:
    run(workspace)
    before = files(workspace)
    change(workspace, description="Other words.")
    change(workspace, "charts", version="2.0.0")
    result = run(workspace)
    assert (result.exit_code, result.is_published) == (5, False)
    assert files(workspace) == before


def test_a_reference_that_cannot_be_pulled_is_never_published(workspace: Workspace) -> None:
    result = run(workspace, Gone("charts-web"))
    assert result.exit_code == 3
    assert list(result.missing_images) == ["kamiwazaai/charts-web:1.0.0-dev"]
    assert files(workspace) == {}


def test_only_images_that_are_new_in_the_catalog_are_asked_for(workspace: Workspace) -> None:
    run(workspace)
    change(workspace, "charts", version="1.1.0")
    images = Gone()
    run(workspace, images)
    assert images.asked == ["kamiwazaai/charts-web:1.1.0-dev", "postgres:15-alpine"]


@pytest.mark.parametrize("case", ["first", "newer", "conflict", "missing", "unchanged"])
def test_a_dry_run_writes_nothing_and_its_plan_is_that_of_the_run(workspace: Workspace, case: str) -> None:
    if case != "first":
        run(workspace)
    if case in {"newer", "missing"}:
        change(workspace, version="1.0.1")
    if case == "conflict":
        change(workspace, description="Other words.")
    images = Gone("notes-web") if case == "missing" else None
    before = files(workspace)
    dry = run(workspace, images, dry_run=True)
    assert files(workspace) == before
    assert not dry.is_published
    real = run(workspace, images)
    for field in ("steps", "missing_images", "findings", "exit_code"):
        assert getattr(dry, field) == getattr(real, field)


def test_force_replaces_one_extension_on_dev(workspace: Workspace) -> None:
    run(workspace)
    change(workspace, description="Other words.")
    assert run(workspace, forced=frozenset({"notes"})).is_published
    assert "Other words." in files(workspace)["garden/default/apps.json"].decode()


@pytest.mark.parametrize("stage", [Stage.STAGE, Stage.PROD])
def test_nothing_is_forced_where_others_rely_on_it(workspace: Workspace, stage: Stage) -> None:
    with pytest.raises(UsageError, match="dev only"):
        run(workspace, stage=stage, forced=frozenset({"notes"}))


def test_what_is_not_here_cannot_be_forced(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="no extension nots"):
        run(workspace, forced=frozenset({"nots"}))


def test_an_extension_with_an_error_keeps_everything_from_being_published(workspace: Workspace) -> None:
    tree(workspace.root, app("broken", manifest={"risk_tier": 9}))
    result = run(workspace)
    assert result.exit_code == 1
    assert files(workspace) == {}


def test_a_backup_is_kept_outside_of_what_builds_and_cleans_remove(workspace: Workspace) -> None:
    """The template kept backups in build/, where the next build removed them."""
    run(workspace)
    before = files(workspace)
    change(workspace, version="1.1.0")
    backup = run(workspace).backup
    assert backup is not None
    assert workspace.root not in backup.parents
    for name in ("apps.json", "tools.json"):
        if f"garden/default/{name}" in before:
            assert (backup / name).read_bytes() == before[f"garden/default/{name}"]


def test_a_backup_that_cannot_be_written_stops_before_anything_is_changed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace.root / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(workspace.root / "file"))
    with pytest.raises(MissingError, match="Nothing was published"):
        run(workspace)
    assert "garden/default/apps.json" not in files(workspace)


def test_the_newest_backups_are_kept(tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        keep_backup(tmp_path / "b", f"{number:04}", {"apps.json": b"[]"})
    assert min(path.name for path in (tmp_path / "b").iterdir()) == "0003"


def test_a_backup_outlives_older_ones_that_a_wrong_clock_has_dated_later(tmp_path: Path) -> None:
    folder, catalog = tmp_path / "b", {"apps.json": b"[]"}
    for number in range(KEPT):
        ahead = keep_backup(folder, f"2031-{number:04}", catalog)
        os.utime(ahead, (1_930_000_000 + number, 1_930_000_000 + number))
    made = [keep_backup(folder, f"2026-{number:04}", catalog) for number in range(3)]
    assert all(backup.is_dir() for backup in made)
    assert min(path.name for path in folder.iterdir() if path not in made) == "2031-0003"
    assert len(list(folder.iterdir())) == KEPT


def test_a_picture_is_published_before_the_entry_and_never_replaced(workspace: Workspace) -> None:
    tree(workspace.root, {"apps/notes/preview.png": PNG})
    change(workspace, version="1.1.0", preview_image="preview.png")
    run(workspace)
    name = next(key for key in files(workspace) if key.endswith(".png"))
    assert f'"/{name}"' in files(workspace)["garden/default/apps.json"].decode()
    tree(workspace.root, {"apps/notes/preview.png": PNG + b"\0"})
    assert run(workspace).exit_code == 5  # another picture is another content
    change(workspace, version="1.2.0", preview_image="preview.png")
    run(workspace)
    assert sum(key.endswith(".png") for key in files(workspace)) == 2


def test_a_picture_of_that_name_with_another_content_is_not_overwritten(workspace: Workspace) -> None:
    tree(workspace.root, {"apps/notes/preview.png": PNG})
    change(workspace, preview_image="preview.png")
    run(workspace)
    store = workspace.root.parent / "store"
    name = next(key for key in files(workspace) if key.endswith(".png"))
    (store / name).write_bytes(b"somebody else's")
    for file in ("apps.json", "tools.json"):
        (store / "garden/default" / file).unlink(missing_ok=True)
    with pytest.raises(ConflictError, match="another content"):
        run(workspace)


def test_a_release_that_another_makes_in_between_is_merged_with_and_not_lost(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = workspace.root.parent / "other"
    tree(other, {**app("other"), "catalog.toml": (workspace.root / "catalog.toml").read_text()})
    planned: list[Any] = []
    plan = publication._planned

    def interrupted(*given: Any) -> Any:
        outcome = plan(*given)
        if not planned:
            planned.append(outcome)
            run(_synced(other))
        return outcome

    monkeypatch.setattr(publication, "_planned", interrupted)
    run(workspace)
    assert set(published(workspace)) == {"charts", "notes", "other"}


@pytest.mark.parametrize("version", [RepositoryVersion.V2])
def test_later_generations_keep_an_entry_for_each_range_of_platforms(
    workspace: Workspace, version: RepositoryVersion
) -> None:
    for name in ("notes", "charts"):
        change(workspace, name, version="1.0.0", kamiwaza_version="<2")
    run(workspace, version=version)
    change(workspace, version="2.0.0", kamiwaza_version=">=2")
    run(workspace, version=version)
    listed = remote_list(workspace.root, RemoteListRequest(version=version)).extensions
    assert [(one.name, one.version, one.platform) for one in listed] == [
        ("charts", "1.0.0", "<2"),
        ("notes", "1.0.0", "<2"),
        ("notes", "2.0.0", ">=2"),
    ]


@pytest.mark.parametrize(
    ("fields", "version", "platform", "images"),
    [
        ({}, "", "", ()),
        ({"version": 1.5, "docker_images": "a/web:1"}, "1.5", "", ("a/web:1",)),
        ({"version": None, "image": ["a/web:1"], "kamiwaza_version": None}, "", "", ("a/web:1",)),
        (
            {"version": ["1"], "docker_images": 5, "kamiwaza_version": {"min": "1"}},
            '["1"]',
            '{"min": "1"}',
            (),
        ),
        ({"version": "1", "compose_yml": "services:\n  web:\n    image: a/web:1\n"}, "1", "", ("a/web:1",)),
        ({"version": "1", "compose_yml": "volumes: {}\n", "docker_images": [None, {}]}, "1", "", ()),
    ],
    ids=str,
)
def test_what_another_tool_has_published_is_listed_as_it_stands(
    workspace: Workspace, fields: dict[str, Any], version: str, platform: str, images: tuple[str, ...]
) -> None:
    store = workspace.root.parent / "store/garden/default"
    store.mkdir(parents=True)
    (store / "apps.json").write_text(json.dumps([{"name": "theirs", **fields}]))
    (found,) = remote_list(workspace.root, RemoteListRequest()).extensions
    assert (found.version, found.platform, found.images) == (version, platform, images)


def test_a_stage_without_a_store_is_named(workspace: Workspace) -> None:
    (workspace.root / "catalog.toml").write_text("")
    with pytest.raises(UsageError, match="stage prod has no store"):
        run(workspace, stage=Stage.PROD)


def test_remove_takes_out_what_was_named_and_keeps_a_backup(workspace: Workspace) -> None:
    run(workspace)
    dry = remote_remove(workspace.root, RemoteRemoveRequest(names=("notes",), dry_run=True))
    assert dry.removed == ("notes 1.0.0",)
    assert set(published(workspace)) == {"charts", "notes"}
    result = remote_remove(workspace.root, RemoteRemoveRequest(names=("notes",)))
    assert set(published(workspace)) == {"charts"}
    assert result.backup is not None
    with pytest.raises(UsageError, match="notes is not published"):
        remote_remove(workspace.root, RemoteRemoveRequest(names=("notes",)))


@pytest.mark.parametrize(
    ("stage", "version", "command"),
    [
        (Stage.DEV, RepositoryVersion.V1, "catalog remote list --stage dev"),
        (Stage.PROD, RepositoryVersion.V2, "catalog remote list --stage prod --repo-version v2"),
    ],
)
def test_whoever_removes_what_is_not_published_is_pointed_to_the_same_catalog(
    workspace: Workspace, stage: Stage, version: RepositoryVersion, command: str
) -> None:
    (workspace.root / "x").mkdir()
    (workspace.root / "catalog.toml").write_text(f'[publish.{stage}]\nstore = "file://{workspace.root}/x"\n')
    with pytest.raises(UsageError) as caught:
        remote_remove(workspace.root, RemoteRemoveRequest(names=("nope",), stage=stage, version=version))
    assert caught.value.hint == f"See: {command}"


def test_what_was_removed_can_be_published_again(workspace: Workspace) -> None:
    run(workspace)
    remote_remove(workspace.root, RemoteRemoveRequest(names=("notes",)))
    run(workspace)
    assert set(published(workspace)) == {"charts", "notes"}


def test_a_download_is_a_registry_with_its_pictures(workspace: Workspace) -> None:
    tree(workspace.root, {"apps/notes/preview.png": PNG})
    change(workspace, preview_image="preview.png")
    run(workspace)
    result = remote_download(workspace.root, RemoteDownloadRequest())
    assert (result.entries, result.pictures, result.missing_pictures) == (2, 1, ())
    stored = files(workspace)
    for path in (path for path in result.root.rglob("*") if path.is_file()):
        key = str(path.relative_to(result.root))
        assert path.read_bytes() == stored.get(key, b"[]\n")


@pytest.mark.parametrize("address", ["../../x.png", "a/b.png", ".hidden", "a\\b.png", "", None, 5])
def test_a_picture_is_downloaded_from_its_own_folder_only(workspace: Workspace, address: Any) -> None:
    text = f"/garden/default/app-garden-images/{address}" if isinstance(address, str) else address
    store = workspace.root.parent / "store/garden/default"
    store.mkdir(parents=True)
    (store / "apps.json").write_text(json.dumps([{"name": "a", "version": "1", "preview_image": text}]))
    result = remote_download(workspace.root, RemoteDownloadRequest())
    assert (result.entries, result.pictures, result.missing_pictures) == (1, 0, ())


def test_a_folder_that_is_not_a_download_is_not_replaced(workspace: Workspace, tmp_path: Path) -> None:
    tree(tmp_path, {"mine/file": "x"})
    with pytest.raises(ConflictError):
        remote_download(workspace.root, RemoteDownloadRequest(out=tmp_path / "mine"))


def test_a_lock_is_freed_only_when_its_holder_is_gone_or_by_force(workspace: Workspace) -> None:
    assert remote_unlock(workspace.root, RemoteUnlockRequest()).holder == ""
    lock = workspace.root.parent / "store/garden/default/registry.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(json.dumps({"owner": "ci-7", "hostname": "build-1", "pid": 5}))
    assert "ci-7 on build-1" in remote_list(workspace.root, RemoteListRequest()).lock
    with pytest.raises(ConflictError, match="ci-7"):
        remote_unlock(workspace.root, RemoteUnlockRequest())
    with pytest.raises(ConflictError, match="held by ci-7"):
        run(workspace, wait=0)
    assert "ci-7" in remote_unlock(workspace.root, RemoteUnlockRequest(force=True)).holder
    assert run(workspace).is_published


def test_a_lock_that_was_left_behind_is_taken_over(workspace: Workspace) -> None:
    lock = workspace.root.parent / "store/garden/default/registry.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(json.dumps({"owner": "ci-7", "lock_ttl_seconds": 60}))
    os.utime(lock, (0, 0))
    assert "without a sign of life" in remote_list(workspace.root, RemoteListRequest()).lock
    assert run(workspace, wait=0).is_published


@pytest.mark.slow
def test_the_website_shows_what_others_have_published_too(workspace: Workspace) -> None:
    settings = (workspace.root / "catalog.toml").read_text()
    other = workspace.root.parent / "other"
    look = '[catalog]\nskin = "plain"\n'
    tree(other, {**app("other"), "catalog.toml": look + settings, "apps/other/preview.png": PNG})
    tree(other, app("other", manifest={"preview_image": "preview.png"}))
    run(_synced(other))
    tree(workspace.root, {"catalog.toml": look + settings})
    again = _synced(workspace.root)
    result = run(again, site=True)
    assert result.site_files
    pages = {name for name in files(again) if name.endswith(".html")}
    assert "index.html" in pages
    assert {
        name for name in ("other", "notes", "charts") if any(f"/{name}.html" in page for page in pages)
    } == {
        "other",
        "notes",
        "charts",
    }


@pytest.mark.slow
def test_of_a_website_only_what_changed_is_written(workspace: Workspace) -> None:
    tree(
        workspace.root,
        {"catalog.toml": '[catalog]\nskin = "plain"\n' + (workspace.root / "catalog.toml").read_text()},
    )
    again = _synced(workspace.root)
    first = run(again, site=True).site_files
    assert run(again, site=True).site_files == 0
    change(again, version="1.1.0")
    later = run(again, site=True).site_files
    assert first
    assert later
    assert later < first


class BrokenOffError(Exception):
    """The publisher is gone."""


@pytest.mark.slow
def test_a_website_that_was_left_half_written_is_put_right_by_the_next_publisher(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = '[catalog]\nskin = "plain"\n' + (workspace.root / "catalog.toml").read_text()
    tree(workspace.root, {"catalog.toml": look})
    again = _synced(workspace.root)
    run(again, site=True)
    whole = files(again)
    change(again, version="1.1.0")
    with monkeypatch.context() as patched:
        patched.setattr(publish_site, "put", _put_until("site/badges/notes.svg"))
        with pytest.raises(BrokenOffError):
            run(again, site=True)
    change(again)
    run(again, site=True, forced=frozenset({"notes"}))
    pages = {name: content for name, content in whole.items() if not name.startswith("garden/")}
    assert {name: content for name, content in files(again).items() if name in pages} == pages


def _put_until(last: str) -> Callable[..., str]:
    """Writes to a store, and is gone after the file `last`."""

    def written(store: Store, key: str, content: bytes, before: Stored | None) -> str:
        tag = put(store, key, content, before)
        if key == last:
            raise BrokenOffError
        return tag

    return written
