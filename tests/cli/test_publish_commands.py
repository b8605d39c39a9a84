"""What `catalog publish` and `catalog remote` print, and what they end with."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from catalog.cli import published
from catalog.cli.app import run
from catalog.workspace.image_facts import ImageFacts, record_image_facts
from tests.support.published import AllThere
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    (tmp_path / "store").mkdir()
    root = tree(
        tmp_path / "ws",
        {**app(), "catalog.toml": f'[publish.dev]\nstore = "{(tmp_path / "store").as_uri()}"\n'},
    )
    monkeypatch.chdir(root)
    monkeypatch.setattr("catalog.cli.publish.pullable_images", AllThere)
    run(["sync-compose"])
    capsys.readouterr()
    return root


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert run(list(arguments)) == code
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return out + err


def edit(workspace: Path, **fields: object) -> None:
    tree(workspace, app(manifest=fields))
    run(["sync-compose", "--quiet"])


@pytest.mark.usefixtures("workspace")
def test_publish_says_what_it_will_do_has_done_and_has_kept(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "publish", "--dry-run")
    assert "insert    notes 1.0.0" in out
    assert "Nothing was written" in out
    out = said(capsys, "publish")
    assert "Published to file://" in out
    assert "As it was before: " in out
    assert "has all of this already" in said(capsys, "publish")


@pytest.mark.slow
def test_a_website_that_fails_does_not_hide_that_the_catalog_is_published(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = workspace / "catalog.toml"
    settings.write_text(f'[catalog]\nskin = "plain"\n{settings.read_text()}')
    (workspace.parent / "store" / "site").write_text("in the way")
    out = said(capsys, "publish", "--site", code=3)
    assert "Published to file://" in out
    assert "As it was before: " in out
    assert "The website is not published as a whole: " in out
    assert "has all of this already" in said(capsys, "publish", "--site", code=3)
    assert "not a directory" in said(capsys, "--quiet", "publish", "--site", code=3)
    told = json.loads(said(capsys, "--json", "publish", "--site", code=3))
    assert (told["site_code"], told["site_files"], told["is_published"]) == (3, None, False)


def test_a_conflict_ends_with_5_and_names_the_way_on(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "publish")
    edit(workspace, description="Other words.")
    capsys.readouterr()
    out = said(capsys, "publish", code=5)
    assert "conflict  notes 1.0.0: version 1.0.0 is published with other content" in out
    assert "catalog bump NAME patch" in out
    assert "replace   notes 1.0.0 -> 1.0.0" in said(capsys, "publish", "--force", "notes")


@pytest.mark.usefixtures("workspace")
def test_a_missing_image_ends_with_3_and_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone:
        def missing(self, refs: Sequence[str]) -> Mapping[str, str]:
            return dict.fromkeys(refs, "its registry has no such image")

    monkeypatch.setattr("catalog.cli.publish.pullable_images", Gone)
    out = said(capsys, "publish", code=3)
    assert "kamiwazaai/notes-web:1.0.0-dev cannot be pulled: its registry has no such image" in out
    assert "catalog images publish --stage dev" in out


def test_a_dry_run_may_foresee_that_our_images_are_published_first(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class NothingThere:
        def missing(self, refs: Sequence[str]) -> Mapping[str, str]:
            return dict.fromkeys(refs, "its registry has no such image")

    monkeypatch.setattr("catalog.cli.publish.pullable_images", NothingThere)
    assert "notes-web" in said(capsys, "publish", "--dry-run", code=3)
    out = said(capsys, "publish", "--dry-run", "--images-first", code=3)
    assert ("postgres:15-alpine cannot be pulled" in out, "notes-web" in out) == (True, False)
    tree(workspace, app(compose="services:\n  web:\n    build: .\n"))
    run(["sync-compose"])
    capsys.readouterr()
    assert "insert    notes" in said(capsys, "publish", "--dry-run", "--images-first")
    assert "catalog images publish" in said(capsys, "publish", "--images-first", code=2)


@pytest.mark.usefixtures("workspace")
def test_force_is_refused_outside_of_dev(capsys: pytest.CaptureFixture[str]) -> None:
    assert "dev only" in said(capsys, "publish", "--stage", "prod", "--force", "notes", code=2)


@pytest.mark.usefixtures("workspace")
def test_json_has_the_plan_and_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    run(["publish", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["steps"][0]["deed"] == "insert"
    assert told["is_published"]


@pytest.mark.usefixtures("workspace")
def test_what_is_published_is_listed_downloaded_and_removed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "Nothing is published there." in said(capsys, "remote", "list")
    said(capsys, "publish")
    assert "1 published." in said(capsys, "remote", "list", "--type", "app")
    assert "Downloaded 1 entry and 0 pictures" in said(capsys, "remote", "download")
    assert "would remove notes 1.0.0" in said(capsys, "remote", "remove", "notes", "--dry-run")
    assert "--yes" in said(capsys, "remote", "remove", "notes", code=2)
    assert "removed notes 1.0.0" in said(capsys, "remote", "remove", "notes", "--yes")
    assert "is not published" in said(capsys, "remote", "remove", "notes", "--yes", code=2)


def test_a_catalog_is_not_downloaded_among_extensions(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "publish")
    out = said(capsys, "remote", "download", "--out", "apps/published", code=2)
    assert "each folder counts as an extension" in out
    assert "catalog remote download --out dist/published" in out
    assert not (workspace / "apps/published").exists()


@pytest.mark.parametrize(("typed", "agreed"), [("yes", True), ("YES ", True), ("y", False), ("", False)])
def test_removing_is_agreed_to_by_typing_yes(
    monkeypatch: pytest.MonkeyPatch, typed: str, agreed: bool
) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("catalog.cli.published.sys.stdin", Terminal())
    monkeypatch.setattr("catalog.cli.published.sys.stderr", Terminal())
    monkeypatch.setattr("click.prompt", lambda *_, **__: typed)
    assert published.confirmed("Remove?", yes=False) is agreed


def test_unlock_tells_whose_lock_it_freed(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "was free already" in said(capsys, "remote", "unlock")
    lock = workspace.parent / "store/garden/default/registry.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(json.dumps({"owner": "ci-7", "hostname": "build-1", "pid": 5}))
    assert "held by ci-7" in said(capsys, "remote", "list")
    assert "Free it now with --force" in said(capsys, "remote", "unlock", code=5)
    assert "was held by ci-7" in said(capsys, "remote", "unlock", "--force")


@pytest.mark.usefixtures("workspace")
def test_show_has_an_entry_as_the_registry_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(said(capsys, "show", "notes", "--entry", "--stage", "prod"))
    assert shown["docker_images"][0] == "kamiwazaai/notes-web:1.0.0"
    assert shown["visibility"] == "public"


def test_an_entry_of_a_stage_names_images_where_that_stage_has_them(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = workspace / "catalog.toml"
    settings.write_text(f'{settings.read_text()}\n[publish.prod]\nimages = "registry.acme.test/acme"\n')
    shown = json.loads(said(capsys, "show", "notes", "--entry", "--stage", "prod"))
    said(capsys, "build", "--stage", "prod")
    built = json.loads((workspace / "build/kamiwaza-extension-registry/garden/default/apps.json").read_text())
    assert shown["docker_images"][0] == "registry.acme.test/acme/notes-web:1.0.0"
    assert shown in built


def test_show_tells_what_keeps_an_entry_out(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(workspace, risk_tier=9)
    capsys.readouterr()
    assert "KZ102" in said(capsys, "show", "notes", "--entry", code=1)


PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(40)


def compared(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What the command says that a download recommends."""
    out = said(capsys, "remote", "download", *options)
    (line,) = (line for line in out.splitlines() if line.startswith("Compare it with this workspace: "))
    commands = [shlex.split(one) for one in line.partition(": ")[2].split("&&")]
    for command in commands:
        assert command[0] == "catalog"
        out = said(capsys, *command[1:])
    return out


@pytest.mark.parametrize("images", ["", "r.acme.test/acme"])
@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_right_after_publishing_the_recommended_comparison_finds_no_difference(
    workspace: Path, capsys: pytest.CaptureFixture[str], version: str, images: str, stage: str
) -> None:
    settings = (workspace / "catalog.toml").read_text().replace("dev", stage)
    (workspace / "catalog.toml").write_text(f'{settings}images = "{images}"\n')
    tree(workspace, {"apps/notes/preview.png": PICTURE})
    edit(workspace, preview_image="preview.png", kamiwaza_version=">=1.0.0, <2.0.0")
    tag = "1.0.0" if stage == "prod" else f"1.0.0-{stage}"
    ours = f"{images or 'kamiwazaai'}/notes-web:{tag}"
    facts = ImageFacts(1, "linux/amd64", f"sha256:{'a' * 64}")
    record_image_facts(workspace, {ours: facts, "postgres:15-alpine": facts})
    capsys.readouterr()
    where = ("--stage", stage, "--repo-version", version)
    said(capsys, "publish", *where)
    assert "No difference: 1 entry before, 1 now." in compared(capsys, *where)


def test_a_picture_with_another_content_is_a_difference_to_what_is_published(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(workspace, {"apps/notes/preview.png": PICTURE})
    edit(workspace, preview_image="preview.png")
    said(capsys, "publish")
    tree(workspace, {"apps/notes/preview.png": PICTURE + b"more"})
    out = compared(capsys)
    assert "field preview_image" in out
    assert "1 differ" in out


def test_a_catalog_with_ranges_is_compared_by_what_publishing_would_change(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for version, platform in (("1.0.0", "<2.0.0"), ("2.0.0", ">=2.0.0")):
        edit(workspace, version=version, kamiwaza_version=platform)
        capsys.readouterr()
        said(capsys, "publish", "--repo-version", "v2")
    assert "unchanged notes 2.0.0" in compared(capsys, "--repo-version", "v2")
    said(capsys, "build", "--stage", "dev", "--repo-version", "v2")
    out = said(capsys, "diff", "dist/published-dev", ".")
    assert "notes (app, <2.0.0) removed 1.0.0" in out
    assert "1 differ: 2 entries before, 1 now." in out
