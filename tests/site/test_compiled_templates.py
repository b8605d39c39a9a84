"""Templates are compiled once, and again when their text is another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.site.compiled_templates import CompiledTemplates
from catalog.site.templates import page_templates
from catalog.workspace.forked import in_parallel
from catalog.workspace.kept import Kept

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2.bccache import Bucket


class Counted(CompiledTemplates):
    """Counts what had to be compiled."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept)
        self.compiled: list[str] = []

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.compiled.append(bucket.key)
        super().dump_bytecode(bucket)


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a.html").write_text("Hello {{ name }}, {% for x in 'ab' %}{{ x }}{% endfor %}")
    (folder / "b.html").write_text("Bye {{ name }}")
    return folder


def build(pages: Path, *names: str, recipe: str = "1") -> tuple[list[str], list[str]]:
    """What one build says, and which templates it compiled."""
    with Kept(pages.parent / "builds.kept", recipe) as kept:
        counted = Counted(kept)
        environment = page_templates(pages, None, counted)
        said = [environment.get_template(name).render(name="<Ada>") for name in names]
        kept.forget_the_rest()
        return said, counted.compiled


def test_a_second_build_compiles_nothing_and_says_the_same(pages: Path) -> None:
    said, compiled = build(pages, "a.html", "b.html")
    assert said == ["Hello &lt;Ada&gt;, ab", "Bye &lt;Ada&gt;"]
    assert compiled == ["template a.html", "template b.html"]
    assert build(pages, "a.html", "b.html") == (said, [])


def test_a_build_without_use_for_a_template_lets_it_go_on(pages: Path) -> None:
    build(pages, "a.html", "b.html")
    build(pages, "a.html")
    assert build(pages, "b.html") == (["Bye &lt;Ada&gt;"], [])


def test_a_template_with_another_text_is_compiled_again(pages: Path) -> None:
    build(pages, "a.html", "b.html")
    (pages / "b.html").write_text("Farewell {{ name }}")
    assert build(pages, "a.html", "b.html")[1] == ["template b.html"]


def test_another_version_of_the_tool_compiles_everything(pages: Path) -> None:
    build(pages, "b.html")
    assert build(pages, "b.html", recipe="2") == (["Bye &lt;Ada&gt;"], ["template b.html"])


def test_what_is_no_bytecode_is_compiled_again(pages: Path) -> None:
    with Kept(pages.parent / "builds.kept", "1") as kept:
        checksum = CompiledTemplates(kept).get_source_checksum((pages / "b.html").read_text())
        kept.put("template b.html", b"bm90aGluZw==", checksum)
    assert build(pages, "b.html") == (["Bye &lt;Ada&gt;"], ["template b.html"])


def test_copies_of_the_process_keep_nothing(pages: Path) -> None:
    with Kept(pages.parent / "builds.kept", "1") as kept:
        environment = page_templates(pages, None, CompiledTemplates(kept))
        texts = in_parallel(lambda _: environment.get_template("b.html").render(name="Ada").encode(), 80)
        assert set(list(texts)[1:]) <= {b"Bye Ada", None}  # None: there is one processor
    assert build(pages, "b.html")[1] == ["template b.html"]
