"""The theme's style sheets keep what pages use, as it is spelled, and lose the rest."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import material
import pytest
import tinycss2

from catalog.site.shell import Look, material_shell
from catalog.site.used_styles import used_styles
from tests.site.building import build, pages_of
from tests.site.sample import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.site.shell import Shell

WORDS = {"a", "b"}
SHEETS = Path(material.__file__).parent.glob("**/assets/stylesheets/main.*.min.css")
THEME = re.sub(r"/\*# sourceMappingURL.*", "", next(SHEETS).read_text())


@pytest.mark.parametrize(
    ("sheet", "kept"),
    [
        (".a{color:red}.c{color:red}", ".a{color:red}"),
        (".a .b>p{x:1}.a .c{x:1}", ".a .b>p{x:1}"),
        (".a,.c,.b:hover{x:1}", ".a,.b:hover{x:1}"),
        (".a:not(.c){x:1}", ".a:not(.c){x:1}"),
        (":is(.c,.d) p{x:1}", ":is(.c,.d) p{x:1}"),
        ("p,[class~=c]{x:1}", "p,[class~=c]{x:1}"),
        ("@media print{.c{x:1}.a{x:1}}", "@media print{.a{x:1}}"),
        ("@media print{.c{x:1}}", ""),
        ("@supports (x:1){@media print{.b{x:1}}}", "@supports (x:1){@media print{.b{x:1}}}"),
        ("@keyframes c{0%{x:1}}", "@keyframes c{0%{x:1}}"),
        ('@font-face{font-family:".c"}', '@font-face{font-family:".c"}'),
        ('.a{content:"}.c{"}', '.a{content:"}.c{"}'),
        (
            ".a{background:url(data:image/svg+xml,%3Csvg%7D)}",
            ".a{background:url(data:image/svg+xml,%3Csvg%7D)}",
        ),
        (r".a\:b{x:1}", ""),
    ],
)
def test_selectors_of_other_classes_go_and_the_rest_stays_as_it_is(sheet: str, kept: str) -> None:
    assert used_styles(sheet, WORDS) == kept


def sheet_of(shell: Shell) -> str:
    content = next(file.content for file in shell.assets if file.path.name.startswith("main-"))
    assert isinstance(content, bytes)
    return content.decode()


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return material_shell(TEMPLATES, tmp_path_factory.mktemp("cache"))


def test_no_class_of_a_page_has_lost_its_rules(shell: Shell) -> None:
    pages: Mapping[str, str] = pages_of(build(shell))
    found = {
        name
        for page in pages.values()
        for words in re.findall(r'class="([^"]*)"', page)
        for name in words.split()
    }
    assert len(found) > 100
    assert used_styles(sheet_of(shell), found) == used_styles(THEME, found)


def test_most_of_the_theme_is_left_out_and_the_rest_can_be_read(shell: Shell) -> None:
    sheet = sheet_of(shell)
    assert len(sheet) < len(THEME) / 3
    assert not [rule for rule in tinycss2.parse_stylesheet(sheet) if rule.type == "error"]


def test_classes_of_a_sites_own_templates_keep_their_rules(tmp_path: Path) -> None:
    (tmp_path / "own" / "shared").mkdir(parents=True)
    own = (TEMPLATES / "shared" / "footer.html").read_text()
    (tmp_path / "own" / "shared" / "footer.html").write_text(f'{own}<p class="admonition"></p>')
    shell = material_shell(TEMPLATES, tmp_path / "cache", Look(templates=tmp_path / "own"))
    assert ".admonition" in sheet_of(shell)
