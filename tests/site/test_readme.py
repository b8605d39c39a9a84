"""What an author wrote, made safe for a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.site.picture import Picture, Variant
from catalog.site.readme import CUT_NOTE, MAX_CHARACTERS, MAX_NESTING, MAX_TAGS, document_html
from catalog.site.readme_places import within_extension
from tests.site.sample import HOSTILE_README

HARMFUL = re.compile(
    r"<(script|style|iframe|object|embed|link|meta|base|form|input|svg|math|img|video|audio|source|picture)\b"
    r"|<[^>]+\s(on\w+|style|src|srcset|action|formaction|background|poster)\s*="
    r"|<[^>]+href=\"\s*(javascript|data|vbscript|file|//)",
    re.IGNORECASE,
)
PARTS = [
    *(
        "<",
        ">",
        '"',
        "'",
        "`",
        "[a](",
        ")",
        "![",
        "](",
        "javascript:alert(1)",
        "<script>",
        "</script>",
        "<svg",
    ),
    *(
        " onload=x",
        "<img src=x onerror=y>",
        "&lt;",
        "\n",
        "    ",
        "<!--",
        "-->",
        "<style>",
        "\x00",
        "//e.test/x",
    ),
    *(
        "<a href='",
        "<b ",
        "```",
        "<table>",
        "<math>",
        "<template>",
        "<noscript>",
        "]]>",
        "<![CDATA[",
        "# ",
        "|",
    ),
]


def shown(markdown: str) -> str:
    return document_html(markdown, "readme-")


def test_hostile_markdown_leaves_nothing_that_acts_or_asks() -> None:
    assert HARMFUL.search(shown(HOSTILE_README)) is None


@given(st.lists(st.sampled_from(PARTS) | st.text(max_size=5), max_size=30).map("".join))
def test_no_markdown_leaves_anything_that_acts_or_asks(markdown: str) -> None:
    assert HARMFUL.search(shown(markdown)) is None


@pytest.mark.parametrize(
    "markdown",
    [
        "![The map](map.png)",
        "![The map](https://e.test/x.png)",
        '<img alt="The map" src="https://e.test/x.png">',
    ],
)
def test_a_picture_becomes_its_alternative_text(markdown: str) -> None:
    assert '<span class="image-note">Picture: The map</span>' in shown(markdown)


@pytest.mark.parametrize("address", ["https://e.test/a", "http://e.test/", "mailto:a@e.test"])
def test_a_link_outside_stays_and_says_nothing_about_the_page(address: str) -> None:
    assert f'<a href="{address}" rel="noopener noreferrer nofollow">x</a>' in shown(f"[x]({address})")


@pytest.mark.parametrize("address", ["docs/a.md", "/etc/passwd", "//e.test/", "ftp://e.test", "#", "?a=b"])
def test_a_link_that_leads_nowhere_on_the_website_is_plain_text(address: str) -> None:
    html = shown(f"[words]({address})")
    assert "words" in html
    assert "href" not in html


def test_a_link_to_a_heading_follows_the_prefix() -> None:
    html = shown("# A\n\n## Getting started, now\n\n[go](#getting-started-now)")
    assert 'id="readme-getting-started-now"' in html
    assert 'href="#readme-getting-started-now"' in html


def test_a_link_to_a_heading_that_is_not_there_is_plain_text() -> None:
    assert "href" not in shown("[go](#nowhere)")


def test_a_link_to_a_heading_in_another_script_works() -> None:
    html = shown("## Über uns\n\n[go](#über-uns)")
    assert "href" in html


def test_an_id_stands_once() -> None:
    ids = re.findall(
        r'id="([^"]+)"', shown('# A\n\n# A\n\n<b id="a">x</b>\n\n<b id="z">x</b><b id="z">y</b>')
    )
    assert sorted(ids) == ["readme-a", "readme-a-1", "readme-a-2", "readme-z"]


@pytest.mark.parametrize(
    ("markdown", "levels"),
    [
        ("# A\n\n## B\n\n### C", ["3", "4", "5"]),
        ("## B\n\n### C", ["3", "4"]),
        ("# A\n\n###### F", ["3", "6"]),
        ('<h1 align="center">A</h1>\n\n## B', ["3", "4"]),
    ],
)
def test_headings_stand_below_those_of_the_page(markdown: str, levels: list[str]) -> None:
    assert re.findall(r"<h([1-6])", shown(markdown)) == levels


def test_a_heading_that_repeats_the_title_is_left_out() -> None:
    assert document_html("# My app!\n\nText", "r-", title="My App").strip() == "<p>Text</p>"


def test_a_table_keeps_its_alignment_without_a_style() -> None:
    assert '<td align="right">1</td>' in shown("| a |\n|--:|\n| 1 |")


def test_classes_of_the_website_cannot_be_borrowed() -> None:
    assert "badge" not in shown('<span class="badge badge-verified">Verified</span>')


def test_code_is_coloured_and_escaped() -> None:
    html = shown("```yaml\na: <b>\n```")
    assert (
        '<pre class="highlight" tabindex="0"><code><span class="nt">a</span>: &lt;b&gt;\n</code></pre>'
        in html
    )


def test_details_and_keys_survive() -> None:
    html = shown("<details><summary>More</summary>\n\n<kbd>Ctrl</kbd>\n\n</details>")
    assert "<details><summary>More</summary>" in html
    assert "<kbd>Ctrl</kbd>" in html


def test_a_document_without_end_is_cut() -> None:
    html = shown("word " * MAX_CHARACTERS)
    assert len(html) < MAX_CHARACTERS + 500
    assert CUT_NOTE.strip("*\n") in html


def test_an_empty_document_is_empty() -> None:
    assert shown("") == ""


def picture(name: str, width: int = 900, own_width: int = 0) -> Picture:
    sizes = [(side, side // 3) for side in (320, 640, 960) if side <= width] or [(width, width // 3)]
    variants = tuple(Variant(f"{name}-{side}.webp", side, height, "") for side, height in sizes)
    return Picture(variants, "", own_width)


PICTURES = {
    PurePosixPath("docs/map.png"): picture("map"),
    PurePosixPath("two words.svg"): picture("words", 640, 90),
}
FILES = [*PICTURES, PurePosixPath("docs/guide.md"), PurePosixPath("<b>.txt")]


def with_files(markdown: str) -> str:
    return document_html(markdown, "readme-", pictures=PICTURES, files=FILES)


@pytest.mark.parametrize(
    "markdown",
    [
        "![The map](docs/map.png)",
        "![The map](./docs/map.png?raw=true)",
        "![The map](/docs/../docs/map.png#part)",
        '<img src="docs/map.png" alt="The map" onerror="x" style="y" srcset="https://e.test/x.png">',
    ],
)
def test_a_picture_of_the_extension_is_shown_in_all_its_widths(markdown: str) -> None:
    assert (
        '<img src="../pictures/map-640.webp" srcset="../pictures/map-320.webp 320w, '
        '../pictures/map-640.webp 640w" sizes="(max-width: 640px) 100vw, 640px" width="640" height="213" '
        'alt="The map" loading="lazy" decoding="async">' in with_files(markdown)
    )


@pytest.mark.parametrize(
    ("markdown", "size"),
    [
        ("![x](two%20words.svg)", 'width="90" height="30"'),
        ("![x](<two words.svg>)", 'width="90" height="30"'),
        ('<img src="two words.svg" width="300">', 'width="300" height="100"'),
        ('<img src="two words.svg" width="99999">', 'width="90" height="30"'),
        ('<img src="two words.svg" width="9999">', 'width="960" height="320"'),
        ('<img src="two words.svg" width="50%">', 'width="90" height="30"'),
    ],
)
def test_a_picture_has_its_own_size_or_that_which_its_author_gives_it(markdown: str, size: str) -> None:
    assert size in with_files(markdown)


def test_what_a_picture_is_called_cannot_break_out() -> None:
    html = with_files("""![" onerror="x" <b>](docs/map.png "' <script> \\"x")""")
    assert [tag for tag, _ in Outline(html).tags] == ["p", "img"]
    assert {name for _, names in Outline(html).tags for name in names} == {
        *("src", "srcset", "sizes", "width", "height", "alt", "title", "loading", "decoding"),
    }


@pytest.mark.parametrize(
    "markdown",
    [
        "![The map](other.png)",
        "![The map](../docs/map.png)",
        "![The map](data:image/png;base64,AAAA)",
        "![The map](//e.test/docs/map.png)",
        "![The map](file:///docs/map.png)",
        "![The map](docs\\\\map.png)",
    ],
)
def test_a_picture_from_elsewhere_is_its_alternative_text(markdown: str) -> None:
    assert with_files(markdown) == '<p><span class="image-note">Picture: The map</span></p>\n'


def test_a_link_to_a_picture_of_the_extension_opens_it() -> None:
    assert '<a href="../pictures/map-640.webp" ' in with_files("[the map](docs/map.png)")


def test_a_link_to_a_file_of_the_extension_names_the_file() -> None:
    assert with_files("See [the guide](docs/guide.md#part).") == (
        '<p>See the guide <span class="file-note">(docs/guide.md)</span>.</p>\n'
    )
    assert with_files("[docs/guide.md](docs/guide.md)") == "<p>docs/guide.md</p>\n"
    assert "(\u2039b\u203a.txt)" in with_files("[x](%3Cb%3E.txt)")


def test_footnotes_lead_to_their_notes() -> None:
    html = shown("Words[^1].\n\n[^1]: A note.")
    assert 'href="#readme-1"' in html
    assert 'id="readme-1"' in html


def test_settings_at_the_head_of_a_document_are_not_shown() -> None:
    assert shown("---\ntitle: x\n---\nWords") == "<p>Words</p>\n"


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("a.png", "a.png"),
        (" ./a/b.png?x#y ", "a/b.png"),
        ("/a.png", "a.png"),
        ("a/../b.png", "b.png"),
        ("%61.png", "a.png"),
        *(
            (address, None)
            for address in ("", "#a", "?x", ".", "..", "../a", "a/../../b", "//e/a", "C:\\\\a")
        ),
        *(
            (address, None)
            for address in ("http:a", "data:x", "javascript:x", "\\\\e\\a", "a%00b", "%2e%2e/a")
        ),
    ],
)
def test_an_address_is_a_place_in_the_extension_or_none(address: str, path: str | None) -> None:
    assert within_extension(address) == (PurePosixPath(path) if path else None)


@given(st.text(alphabet=st.sampled_from("./\\\\%2eE:#?a\0 ") | st.characters(), max_size=20))
def test_no_address_leads_out_of_the_extension(address: str) -> None:
    path = within_extension(address)
    assert path is None or not (path.is_absolute() or ".." in path.parts or not path.parts)


DEEP = {
    "quotes": "> " * 100_000 + "x",
    "lists": "1. " * 60_000 + "x",
    "both": "> - " * 50_000 + "x",
    "emphasis": "*a **b " * 14_000 + "c** d*" * 16_000,
    "brackets": "[" * 200_000,
    "links": "[a](" * 50_000,
    "pictures": "![" * 100_000,
    "same headings": "# a\n" * 50_000,
    "div": "<div>" * 40_000,
    "div with paragraphs": "<div>" * 4_900 + "\n\n" + "a\n\n" * 50_000,
    "bold": "<b></p>" * 28_000,
    "headings": "<h1><div>" * 2_400,
    "table": "|a" * 600 + "|\n" + "|-" * 600 + "|\n" + "|\n" * 60_000,
    "code": ("```ts\n" + "a." * 1990 + "\n```\n") * 40,
}


@pytest.mark.parametrize("kind", ["div", "quotes", "lists", "both", "same headings", "bold"])
def test_a_document_that_is_made_to_take_long_does_not(kind: str) -> None:
    html = shown(DEEP[kind])
    assert len(html) < 30 * MAX_CHARACTERS
    assert html.count("<blockquote>") + html.count("<ol>") <= MAX_NESTING


@pytest.mark.slow
@pytest.mark.parametrize("kind", DEEP)
def test_a_megabyte_of_anything_is_shown_or_cut(kind: str) -> None:
    assert len(shown((DEEP[kind] + "\n") * 6)) < 30 * MAX_CHARACTERS


def test_a_document_with_too_many_tags_is_shown_as_it_was_written() -> None:
    assert shown("<i>" * (MAX_TAGS + 1)).startswith(
        '<pre class="highlight" tabindex="0"><code>&lt;i&gt;&lt;i&gt;'
    )


def test_characters_that_no_file_can_hold_are_replaced() -> None:
    assert shown("a \ud800 b") == "<p>a ? b</p>\n"


class Outline(HTMLParser):
    """Whether the tags of a document are closed in the order in which they were opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, list[str]]] = []
        self.is_sound = True
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.tags.append((tag, names))
        self.is_sound &= len(names) == len(set(names))
        if tag not in {"br", "hr", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.is_sound &= bool(self.open) and self.open.pop() == tag


LINKED = [
    *PARTS,
    "![x](docs/map.png)",
    "[y](docs/guide.md)",
    '<img title="<img>" src="docs/map.png" alt="<">',
    "<h1>",
]


@given(st.lists(st.sampled_from(LINKED) | st.text(max_size=5), max_size=30).map("".join))
def test_every_document_is_closed_where_it_ends(markdown: str) -> None:
    outline = Outline(with_files(markdown))
    assert outline.is_sound
    assert outline.open == []
