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
from catalog.site.shell import Look, material_shell, plain_shell
from tests.site.sample import TEMPLATES

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.site.shell import Shell

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


@pytest.fixture(scope="module")
def theme_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the theme's page and nothing else."""
    cache = tmp_path_factory.mktemp("theme")
    theme_page(MATERIAL, cache)
    return cache


def test_the_theme_is_built_once(theme_cache: Path, tmp_path: Path) -> None:
    (file,) = theme_cache.glob("*.json")
    kept = {"document": "kept [[content]]", "styles": {}, "guides": {}}
    (tmp_path / file.name).write_text(json.dumps(kept), encoding="utf-8")
    assert theme_page(MATERIAL, tmp_path).document == "kept [[content]]"


@pytest.mark.parametrize("damage", ["", "{}", '{"document": "x"', "[]"])
def test_a_damaged_cache_is_built_anew(theme_cache: Path, tmp_path: Path, damage: str) -> None:
    page = theme_page(MATERIAL, theme_cache)
    (file,) = theme_cache.glob("*.json")
    (tmp_path / file.name).write_text(damage, encoding="utf-8")
    assert theme_page(MATERIAL, tmp_path) == page


def test_a_cache_that_cannot_be_written_is_no_error(theme_cache: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert theme_page(MATERIAL, tmp_path / "file" / "cache") == theme_page(MATERIAL, theme_cache)


def test_a_changed_configuration_is_built_anew(theme_cache: Path, skin: Path, tmp_path: Path) -> None:
    theme_page(MATERIAL, theme_cache)
    shutil.copytree(theme_cache, tmp_path / "cache")
    main = skin / "overrides" / "main.html"
    main.write_text(main.read_text(encoding="utf-8").replace("Skip to", "Jump to"), encoding="utf-8")
    assert "Jump to the content" in theme_page(skin, tmp_path / "cache").document


def test_builds_at_the_same_time_share_a_cache(theme_cache: Path, tmp_path: Path) -> None:
    page = theme_page(MATERIAL, theme_cache)
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
    ours = {path.stem for path in (TEMPLATES / "assets").iterdir()} | {"skin"}
    assert set(names) == ours | {"main"}


def test_guides_are_part_of_what_the_theme_is_asked_for(theme_cache: Path, tmp_path: Path) -> None:
    shutil.copytree(theme_cache, tmp_path / "cache")
    made = theme_page(MATERIAL, tmp_path / "cache", {"one.md": "# One\n\nText with `code`.\n"})
    assert made.guides == {"one.md": '<h1 id="one">One</h1>\n<p>Text with <code>code</code>.</p>'}
    assert "<h1" not in made.document


def test_a_guide_that_brings_a_script_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"an inline script in one\.md"):
        theme_page(MATERIAL, tmp_path, {"one.md": "# One\n\n<script>alert(1)</script>\n"})


def test_a_site_replaces_assets_and_shared_pieces_with_its_own(tmp_path: Path) -> None:
    for name, text in {
        "assets/favicon.svg": "<svg/>",
        "assets/extra.css": "p{}",
        "shared/logo.html": "<b>Acme</b>",
        "guides/house.md": "# House rules\n\nBe kind.\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    own, ours = plain_shell(TEMPLATES, Look(tmp_path)), plain_shell(TEMPLATES)
    contents = {file.path.name.split("-")[0]: file.content for file in own.assets}
    assert contents["favicon"] == b"<svg/>"
    assert contents["extra"] == b"p{}"
    assert "<b>Acme</b>" in "".join(own.frame.pieces)
    assert [guide.title for guide in own.guides if guide not in ours.guides] == ["House rules"]
    assert len(own.guides) == len(ours.guides) + 1


def test_pages_load_only_the_scripts_that_they_need(plain: Shell) -> None:
    everywhere = "".join(plain.frame.pieces)
    assert "assets/browse-" not in everywhere
    assert "assets/gallery-" not in everywhere
    assert "assets/browse-" in plain.scripts["list"]
    assert "assets/compare-" in plain.scripts["compare"]
    assert "assets/gallery-" in plain.scripts["entry"]
    assert "assets/gallery-" not in plain.scripts["list"]
