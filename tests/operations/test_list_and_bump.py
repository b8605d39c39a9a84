"""Listing shows every folder; bumping changes one value and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.cli.app import run
from catalog.errors import FindingsError, UsageError
from catalog.model.names import Kind
from catalog.model.version import Level
from catalog.operations.bump import BumpRequest, bump
from catalog.operations.list import Row, list_extensions
from catalog.operations.selection import Selection
from catalog.operations.show import ShowRequest, show
from catalog.workspace.workspace import Workspace, open_workspace
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from pathlib import Path


def opened(root: Path) -> Workspace:
    return open_workspace(root, root)


def listed(root: Path) -> dict[str, Row]:
    return {row.name: row for row in list_extensions(opened(root), Selection()).extensions}


def test_the_list_has_every_folder_even_broken_ones(tmp_path: Path) -> None:
    tree(tmp_path, {**app("notes"), "apps/broken/kamiwaza.json": "{", "tools/tool-x": None})
    rows = listed(tmp_path)
    assert [(row.name, row.kind, row.version, row.has_manifest) for row in rows.values()] == [
        ("broken", Kind.APP, "", True),
        ("notes", Kind.APP, "1.0.0", True),
        ("tool-x", Kind.TOOL, "", False),
    ]
    assert [row.is_broken for row in rows.values()] == [True, False, True]
    assert rows["notes"].has_compose
    assert rows["notes"].has_readme
    assert not rows["notes"].has_appgarden


def test_a_file_that_is_there_is_never_listed_as_absent(tmp_path: Path) -> None:
    tree(tmp_path, {**app("text", compose="services: ["), **app("number", manifest={"version": "1.0"})})
    tree(tmp_path, {**app("json"), "apps/json/docker-compose.appgarden.yml": "services: {}\n"})
    tree(tmp_path, {"apps/json/kamiwaza.json": "{,}", "apps/text/docker-compose.appgarden.yml": ":\n- ["})
    tree(tmp_path, {**app("link"), "out.json": "{}"})
    (tmp_path / "apps/link/kamiwaza.json").unlink()
    (tmp_path / "apps/link/kamiwaza.json").symlink_to("/etc/hostname")
    rows = listed(tmp_path)
    assert (rows["json"].has_manifest, rows["json"].has_compose, rows["json"].has_appgarden) == (True,) * 3
    assert (rows["text"].has_compose, rows["text"].has_appgarden) == (True, True)
    assert rows["json"].unusable == rows["link"].unusable == ("kamiwaza.json",)
    assert rows["text"].unusable == ("docker-compose.yml", "docker-compose.appgarden.yml")
    assert (rows["number"].version, rows["number"].unusable, rows["number"].is_broken) == ("", (), True)


def test_the_list_says_what_is_broken_and_how_to_see_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(tmp_path, {**app("text", compose="services: ["), **app("sound")})
    assert run(["--workspace", str(tmp_path), "list"]) == 0
    said = capsys.readouterr()
    assert "1 is broken. See why with: catalog validate" in said.err
    (line,) = [line.split() for line in said.out.splitlines() if line.startswith("text")]
    assert line[:6] == ["text", "app", "1.0.0", "yes", "broken", "no"]
    tree(tmp_path, app("other", manifest={"version": "1.0"}))
    assert run(["--workspace", str(tmp_path), "list"]) == 0
    said = capsys.readouterr()
    assert "2 are broken." in said.err
    assert "other  app   ?" in said.out


def test_nothing_is_shown_of_a_version_that_nobody_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(tmp_path, app("notes", manifest={"version": "1.0"}))
    found = show(opened(tmp_path), ShowRequest(name="notes"))
    assert (found.version, found.exit_code) == ("", 0)
    assert found.images == ("kamiwazaai/notes-web:?", "postgres:15-alpine")
    assert run(["--workspace", str(tmp_path), "show", "notes"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("notes ? (app")
    assert "0.0.0" not in said


def test_showing_a_manifest_that_cannot_be_read_fails_with_the_next_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(tmp_path, {**app("notes"), "apps/notes/kamiwaza.json": "{"})
    assert run(["--workspace", str(tmp_path), "show", "notes"]) == 1
    assert "catalog validate notes" in capsys.readouterr().err


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


def test_a_bump_changes_the_file_that_a_link_leads_to(tmp_path: Path) -> None:
    tree(tmp_path, {**app("notes"), "shared/.keep": ""})
    manifest = tmp_path / "apps/notes/kamiwaza.json"
    manifest.rename(tmp_path / "shared/notes.json")
    manifest.symlink_to("../../shared/notes.json")
    assert bump(opened(tmp_path), BumpRequest(name="notes", level=Level.PATCH)).after == "1.0.1"
    assert manifest.is_symlink()
    assert '"1.0.1"' in (tmp_path / "shared/notes.json").read_text()


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (
            '{"description": "It\u0092s", "version": "1.0.0"',
            '{"description": "It\u0092s", "version": "1.0.1"',
        ),
        ('{"description": "\x7f", "version": "1.0.0"', '{"description": "\x7f", "version": "1.0.1"'),
        (r'{"\u0076ersion": "1.0.0"', r'{"\u0076ersion": "1.0.1"'),
        (r'{"version": "1.0\u002e0"', '{"version": "1.0.1"'),
        (
            '{"x": {"version": "1.0.0"}, "version"\n:"1.0.0"',
            '{"x": {"version": "1.0.0"}, "version"\n:"1.0.1"',
        ),
    ],
)
def test_a_version_is_raised_however_the_json_around_it_is_written(
    tmp_path: Path, text: str, after: str
) -> None:
    rest = ', "name": "notes", "source_type": "kamiwaza", "risk_tier": 0}'
    tree(tmp_path, {"apps/notes/kamiwaza.json": (text + rest).encode()})
    bump(opened(tmp_path), BumpRequest(name="notes", level=Level.PATCH))
    assert (tmp_path / "apps/notes/kamiwaza.json").read_bytes() == (after + rest).encode()


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


@pytest.mark.parametrize("version", ["0.3.0", "v0.3.0", "2"])
def test_a_version_in_the_place_of_a_part_is_told_how_it_is_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], version: str
) -> None:
    tree(tmp_path, app("notes"))
    assert run(["--workspace", str(tmp_path), "bump", "notes", version]) == 2
    said = capsys.readouterr().err
    assert f"{version} looks like a version" in said
    assert 'write it as "version" in kamiwaza.json' in said
    assert run(["--workspace", str(tmp_path), "bump", "notes", "big"]) == 2
    assert "looks like a version" not in capsys.readouterr().err
