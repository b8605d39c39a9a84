"""The frame that pages are filled into."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError
from typing import TYPE_CHECKING

import pytest

from catalog.errors import MissingError
from catalog.site import material
from catalog.site.fill import SLOTS, Frame
from catalog.site.material import theme_page
from catalog.site.shell import material_shell
from tests.site.sample import TEMPLATES

if TYPE_CHECKING:
    from pathlib import Path

MATERIAL = TEMPLATES / "material"


@pytest.fixture
def skin(tmp_path: Path) -> Path:
    """A copy of the skin that a test may change."""
    return shutil.copytree(MATERIAL, tmp_path / "material")


def test_slots_are_filled_in_their_places() -> None:
    frame = Frame.of("<p>[[title]]</p>[[content]]<a href='[[root]]x'>")
    assert (
        frame.fill({"title": "[[root]]", "content": "C", "root": "../"}) == "<p>[[root]]</p>C<a href='../x'>"
    )


@pytest.mark.parametrize("document", ["[[content]][[other]]", "[[title]]"])
def test_a_frame_that_no_page_fits_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match="the frame has"):
        Frame.of(document)


def test_the_theme_is_built_once(shell_cache: Path) -> None:
    page = theme_page(MATERIAL, shell_cache)
    (file,) = shell_cache.glob("*.json")
    file.write_text(json.dumps({"document": "kept [[content]]", "styles": {}}), encoding="utf-8")
    try:
        assert theme_page(MATERIAL, shell_cache).document == "kept [[content]]"
    finally:
        file.write_text(
            json.dumps({"document": page.document, "styles": dict(page.styles)}), encoding="utf-8"
        )


@pytest.mark.parametrize("damage", ["", "{}", '{"document": "x"', "[]"])
def test_a_damaged_cache_is_built_anew(shell_cache: Path, tmp_path: Path, damage: str) -> None:
    page = theme_page(MATERIAL, shell_cache)
    (file,) = shell_cache.glob("*.json")
    (tmp_path / file.name).write_text(damage, encoding="utf-8")
    assert theme_page(MATERIAL, tmp_path) == page


def test_a_changed_configuration_is_built_anew(shell_cache: Path, skin: Path, tmp_path: Path) -> None:
    theme_page(MATERIAL, shell_cache)
    shutil.copytree(shell_cache, tmp_path / "cache")
    main = skin / "overrides" / "main.html"
    main.write_text(main.read_text(encoding="utf-8").replace("Skip to", "Jump to"), encoding="utf-8")
    assert "Jump to the content" in theme_page(skin, tmp_path / "cache").document


def test_builds_at_the_same_time_share_a_cache(shell_cache: Path, tmp_path: Path) -> None:
    page = theme_page(MATERIAL, shell_cache)
    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(lambda _: theme_page(MATERIAL, tmp_path), range(2)))
    assert pages == [page, page]
    assert [file.suffix for file in tmp_path.iterdir()] == [".json"]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("<script>alert(1)</script>", "an inline script"),
        ("<style>p{}</style>", "an inline style"),
        ('<p style="color:red">', "an inline style"),
        ('<p onclick="x()">', "an event handler"),
        ('<img src="https://e.test/x.png">', "an address outside"),
    ],
)
def test_a_theme_that_brings_what_the_policy_forbids_is_refused(
    skin: Path, tmp_path: Path, code: str, what: str
) -> None:
    main = skin / "overrides" / "main.html"
    main.write_text(
        main.read_text(encoding="utf-8").replace("[[content]]", f"[[content]]{code}"), encoding="utf-8"
    )
    with pytest.raises(MissingError, match=what):
        theme_page(skin, tmp_path / "cache")


@pytest.mark.parametrize(
    "rule", ["@import 'x.css';", "p{background:url(x.png)}", 'p{background:url("//e.test/x")}']
)
def test_a_style_sheet_that_loads_other_files_is_refused(skin: Path, tmp_path: Path, rule: str) -> None:
    (skin / "overrides" / "own.css").write_text(rule, encoding="utf-8")
    with (skin / "mkdocs.yml").open("a", encoding="utf-8") as file:
        file.write("extra_css: [own.css]\n")
    with pytest.raises(MissingError, match="a style sheet that loads other files"):
        theme_page(skin, tmp_path / "cache")


def test_without_the_theme_the_other_skin_is_suggested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(material, "version", missing)
    with pytest.raises(MissingError) as caught:
        theme_page(MATERIAL, tmp_path)
    assert 'skin = "plain"' in caught.value.hint


def test_a_configuration_that_mkdocs_refuses_is_named(skin: Path, tmp_path: Path) -> None:
    (skin / "mkdocs.yml").write_text("theme: {name: no-such-theme}\n", encoding="utf-8")
    with pytest.raises(MissingError, match="mkdocs could not build") as caught:
        theme_page(skin, tmp_path / "cache")
    assert "mkdocs.yml" in caught.value.hint


def test_the_frame_has_a_place_for_everything_a_page_says(shell_cache: Path) -> None:
    assert set(material_shell(TEMPLATES, shell_cache).frame.pieces[1::2]) == SLOTS


def test_none_of_the_themes_scripts_is_shipped(shell_cache: Path) -> None:
    names = [file.path.name.split("-")[0] for file in material_shell(TEMPLATES, shell_cache).assets]
    assert sorted(names) == ["catalog", "catalog", "dark", "favicon", "main", "skin", "theme"]
