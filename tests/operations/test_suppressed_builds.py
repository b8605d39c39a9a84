"""A build leaves suppressed warnings out of its result and pages, whatever it keeps from earlier builds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.operations.build import BuildRequest, BuildResult, build
from catalog.operations.show import ShowRequest, show
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.workspace.workspace import open_workspace
from tests.support.trees import COMPOSE, app, tree

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = '[catalog]\nskin = "plain"\n'
SUPPRESS = '[suppress.notes]\nKZ311 = "a demo"\nKZ406 = "drawn later"\nKZ407 = "x"\nKZ408 = "x"\n'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    published = {"preview_image": "/garden/default/p.png"}
    compose = COMPOSE.replace(":15-alpine", "")
    tree(tmp_path / "w", {**app(compose=compose, manifest=published), **app("maps", manifest=published)})
    for name in ("notes", "maps"):
        (tmp_path / "w/apps" / name / "p.png").write_bytes(b"no picture")
    sync_compose(open_workspace(tmp_path / "w", tmp_path), SyncRequest())
    return tmp_path / "w"


def built(root: Path, settings: str) -> BuildResult:
    (root / "catalog.toml").write_text(settings)
    return build(open_workspace(root, root), BuildRequest())


def codes_of(result: BuildResult, name: str) -> set[str]:
    return {one.code.id for one in result.findings if name in one.file.parts}


def test_a_build_knows_what_is_suppressed_now_although_it_reads_nothing_again(root: Path) -> None:
    before = built(root, PLAIN)
    assert {"KZ311", "KZ406", "KZ407", "KZ408"} <= codes_of(before, "notes")
    assert before.suppressed == ()
    page = next(root.glob("build/**/notes*/index.html"), None) or next(root.glob("build/**/notes.html"))
    assert "KZ311" in page.read_text()
    after = built(root, PLAIN + SUPPRESS)
    assert after.read == 0 or after.suppressed
    assert codes_of(after, "notes") & {"KZ311", "KZ406", "KZ407", "KZ408"} == set()
    assert {"KZ406", "KZ407", "KZ408"} <= codes_of(after, "maps")
    assert {one.finding.code.id for one in after.suppressed} == {"KZ311", "KZ406", "KZ407", "KZ408"}
    shown = page.read_text()
    assert "KZ311" not in shown
    assert "KZ406" not in shown
    again = built(root, PLAIN)
    assert {one.code.id for one in again.findings} == {one.code.id for one in before.findings}
    assert "KZ311" in page.read_text()


def test_findings_across_extensions_have_their_lines_in_a_build_too(root: Path) -> None:
    lines = {one.line for one in built(root, PLAIN).findings if one.code.id == "KZ408"}
    assert None not in lines


def test_show_leaves_suppressed_findings_out(root: Path) -> None:
    (root / "catalog.toml").write_text(SUPPRESS)
    found = show(open_workspace(root, root), ShowRequest(name="notes")).findings
    assert "KZ311" not in {one.code.id for one in found}


def test_sync_compose_leaves_them_out_as_well(root: Path) -> None:
    def codes() -> set[str]:
        result = sync_compose(open_workspace(root, root), SyncRequest())
        return {one.code.id for synced in result.extensions for one in synced.findings}

    (root / "apps/maps").rename(root / "maps-elsewhere")
    mounted = COMPOSE.replace("- data:/data", "- data:/data\n      - ./notes.conf:/etc/notes.conf:ro")
    (root / "apps/notes/docker-compose.yml").write_text(mounted)
    (root / "catalog.toml").write_text(PLAIN)
    told = codes()
    assert told
    lines = "".join(f'{code} = "known"\n' for code in told)
    (root / "catalog.toml").write_text(f"{PLAIN}[suppress.notes]\n{lines}")
    assert codes() == set()
