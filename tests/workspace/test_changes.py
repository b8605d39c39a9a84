"""What counts as a change of a workspace's sources, and when it is told."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.workspace.changes import SourceWatch, changes, difference, take_snapshot
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SNAPSHOTS = st.dictionaries(st.sampled_from("abcd"), st.tuples(st.integers(0, 3), st.integers(0, 2)))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tree(tmp_path / "workspace", {**app(), "catalog.toml": "[catalog]\n"})


def noticed(workspace: Path, files: Mapping[str, str | Path | None]) -> tuple[str, ...]:
    before = take_snapshot(workspace)
    tree(workspace, files)
    return difference(before, take_snapshot(workspace))


@pytest.mark.parametrize(
    "name",
    [
        "catalog.toml",
        ".env",
        ".catalog/images.json",
        "site_templates/pages/list.html",
        "apps/notes/kamiwaza.json",
        "apps/notes/frontend/src/app.js",
        "apps/notes/.dockerignore",
        "services/service-new/kamiwaza.json",
        "tools/tool-new/README.md",
    ],
)
def test_a_source_that_is_written_counts(workspace: Path, name: str) -> None:
    assert noticed(workspace, {name: "something else"}) == (name,)


@pytest.mark.parametrize(
    ("setting", "file"),
    [
        ('templates = "branding"', "branding/pages/list.html"),
        ('templates = "', "site_templates/pages/list.html"),
    ],
)
def test_a_template_counts_where_the_settings_have_the_templates(
    workspace: Path, setting: str, file: str
) -> None:
    tree(workspace, {"catalog.toml": f"[catalog]\n{setting}\n"})
    assert noticed(workspace, {file: "other words"}) == (file,)


def test_what_is_built_does_not_count_even_where_the_templates_are_everywhere(workspace: Path) -> None:
    tree(workspace, {"catalog.toml": '[catalog]\ntemplates = "."\n'})
    assert noticed(workspace, {"build/index.html": "new"}) == ()


@pytest.mark.parametrize(
    "name",
    [
        "build/kamiwaza-extension-registry/index.html",
        "dist/bundle.tar.gz",
        "README.md",
        "catalog-history.json",
        "apps/notes/node_modules/left-pad/index.js",
        "apps/notes/backend/__pycache__/main.pyc",
        "apps/notes/.git/index",
        "apps/.hidden/kamiwaza.json",
    ],
)
def test_what_no_build_reads_does_not_count(workspace: Path, name: str) -> None:
    assert noticed(workspace, {name: "something else"}) == ()


def test_a_file_that_goes_counts_and_so_does_one_whose_time_alone_is_new(workspace: Path) -> None:
    before = take_snapshot(workspace)
    (workspace / "apps/notes/README.md").unlink()
    os.utime(workspace / "apps/notes/kamiwaza.json", ns=(1, 1))
    assert difference(before, take_snapshot(workspace)) == (
        "apps/notes/README.md",
        "apps/notes/kamiwaza.json",
    )


def test_reading_and_linking_a_file_does_not_count(workspace: Path, tmp_path: Path) -> None:
    before = take_snapshot(workspace)
    (workspace / "apps/notes/README.md").read_bytes()
    os.link(workspace / "apps/notes/README.md", tmp_path / "linked")
    assert take_snapshot(workspace) == before


def test_an_edit_behind_a_link_within_the_workspace_counts(workspace: Path) -> None:
    tree(workspace, {"shared/README.md": "one", "shared-app/README.md": "one"})
    tree(workspace, {"apps/notes/SHARED.md": workspace / "shared/README.md"})
    tree(workspace, {"apps/linked": workspace / "shared-app"})
    assert noticed(workspace, {"shared/README.md": "two 2"}) == ("apps/notes/SHARED.md",)
    assert noticed(workspace, {"shared-app/README.md": "two 2"}) == ("apps/linked/README.md",)


def test_nothing_is_looked_for_behind_a_link_that_leaves_the_workspace(
    workspace: Path, tmp_path: Path
) -> None:
    tree(tmp_path, {"elsewhere/README.md": "one"})
    tree(workspace, {"apps/linked": tmp_path / "elsewhere", "apps/loop": workspace / "apps/loop"})
    assert noticed(tmp_path, {"elsewhere/README.md": "two 2"}) == ()
    assert not any("linked" in name or "loop" in name for name in take_snapshot(workspace))


def test_a_workspace_that_is_gone_has_no_sources(tmp_path: Path) -> None:
    assert take_snapshot(tmp_path / "gone") == {}


def told(*looks: Mapping[str, tuple[int, int]]) -> list[tuple[str, ...]]:
    """All that is told of a workspace that looks so, one look after the other, and then stays as it is."""
    ahead = iter(looks)
    seen: list[tuple[str, ...]] = []

    def look() -> Mapping[str, tuple[int, int]]:
        if (seen_next := next(ahead, None)) is None:
            raise _NoMoreLooksError
        return seen_next

    with suppress(_NoMoreLooksError):
        seen.extend(changes(look, lambda: None))
    return seen


class _NoMoreLooksError(Exception):
    pass


A1, A2, A3 = {"a": (1, 1)}, {"a": (2, 1)}, {"a": (3, 1)}


def test_at_first_everything_is_told() -> None:
    assert told({**A1, "b": (1, 1)}) == [("a", "b")]
    assert told({}) == [()]


def test_a_change_is_told_when_it_has_settled() -> None:
    assert told(A1, A1, A2) == [("a",)]
    assert told(A1, A1, A2, A2) == [("a",), ("a",)]
    assert told(A1, A2, A3, A2, A3) == [("a",)]
    assert told(A1, A2, A3, A3, A3, A3) == [("a",), ("a",)]


def test_a_change_that_is_taken_back_is_not_told() -> None:
    assert told(A1, A2, A1, A1) == [("a",)]


def test_what_changes_while_the_caller_works_is_told_next(workspace: Path) -> None:
    stream = changes(SourceWatch(workspace).look, lambda: None)
    next(stream)
    tree(workspace, {"apps/notes/README.md": "edited while the first build ran"})
    assert next(stream) == ("apps/notes/README.md",)
    tree(workspace, {"apps/notes/README.md": "edited while the second one ran", "apps/notes/new.txt": ""})
    assert next(stream) == ("apps/notes/README.md", "apps/notes/new.txt")


@given(SNAPSHOTS, st.lists(SNAPSHOTS, max_size=8), SNAPSHOTS)
def test_after_any_turmoil_all_that_differs_in_the_end_has_been_told(
    first: dict[str, tuple[int, int]],
    between: list[dict[str, tuple[int, int]]],
    last: dict[str, tuple[int, int]],
) -> None:
    seen = told(first, *between, last, last)
    assert set(difference(first, last)) <= {name for names in seen[1:] for name in names}
    assert all(seen[1:])


def test_looks_take_a_tenth_of_one_core_at_most(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = SourceWatch(workspace)
    assert watch.pause == 0.2
    clock = iter((0.0, 0.001, 10.0, 12.0))
    monkeypatch.setattr("catalog.workspace.changes.time.monotonic", lambda: next(clock))
    watch.look()
    assert watch.pause == 0.2
    watch.look()
    assert watch.pause == 18.0
