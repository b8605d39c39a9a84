"""Listing shows every folder; bumping changes one value and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.errors import FindingsError, UsageError
from catalog.model.names import Kind
from catalog.model.version import Level
from catalog.operations.bump import BumpRequest, bump
from catalog.operations.list import list_extensions
from catalog.operations.selection import Selection
from catalog.workspace.workspace import Workspace, open_workspace
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from pathlib import Path


def opened(root: Path) -> Workspace:
    return open_workspace(root, root)


def test_the_list_has_every_folder_even_broken_ones(tmp_path: Path) -> None:
    tree(tmp_path, {**app("notes"), "apps/broken/kamiwaza.json": "{", "tools/tool-x": None})
    result = list_extensions(opened(tmp_path), Selection())
    assert [(row.name, row.kind, row.version, row.has_manifest) for row in result.extensions] == [
        ("broken", Kind.APP, "", False),
        ("notes", Kind.APP, "1.0.0", True),
        ("tool-x", Kind.TOOL, "", False),
    ]
    assert result.extensions[1].has_compose
    assert result.extensions[1].has_readme
    assert not result.extensions[1].has_appgarden


def test_the_list_can_be_of_one_kind(tmp_path: Path) -> None:
    tree(tmp_path, {**app("notes"), "tools/tool-x": None})
    assert [row.name for row in list_extensions(opened(tmp_path), Selection(kind=Kind.TOOL)).extensions] == [
        "tool-x"
    ]


def test_a_bump_changes_the_version_and_no_other_byte(tmp_path: Path) -> None:
    text = '{\n\t"description": "version: \\"version\\" 1.0.0 ü",\n'
    text += '   "version"  :  "1.0.0",  "name": "notes",\r\n'
    text += ' "nested": {"version": "1.0.0"}, "source_type": "kamiwaza", "risk_tier": 0}'
    tree(tmp_path, {"apps/notes/kamiwaza.json": text.encode()})
    result = bump(opened(tmp_path), BumpRequest(name="notes", level=Level.MINOR))
    assert (result.before, result.after) == ("1.0.0", "1.1.0")
    expected = text.replace('"version"  :  "1.0.0"', '"version"  :  "1.1.0"')
    assert (tmp_path / "apps/notes/kamiwaza.json").read_bytes() == expected.encode()


@pytest.mark.parametrize("version", ["v1", 1])
def test_what_is_no_version_is_not_bumped(tmp_path: Path, version: object) -> None:
    tree(tmp_path, app("notes", manifest={"version": version}))
    before = (tmp_path / "apps/notes/kamiwaza.json").read_bytes()
    with pytest.raises(FindingsError) as caught:
        bump(opened(tmp_path), BumpRequest(name="notes", level=Level.PATCH))
    assert "catalog validate notes" in caught.value.hint
    assert (tmp_path / "apps/notes/kamiwaza.json").read_bytes() == before


def test_a_name_of_two_kinds_asks_which(tmp_path: Path) -> None:
    tree(tmp_path, {**app("notes"), "tools/notes": None})
    with pytest.raises(UsageError) as caught:
        bump(opened(tmp_path), BumpRequest(name="notes", level=Level.PATCH))
    assert "--type" in caught.value.hint
    assert (
        bump(opened(tmp_path), BumpRequest(name="notes", level=Level.PATCH, kind=Kind.APP)).after == "1.0.1"
    )
