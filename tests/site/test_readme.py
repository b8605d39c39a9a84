"""What an author wrote, made safe for a page."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.site.readme import CUT_NOTE, MAX_CHARACTERS, document_html
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
    assert ids == ["readme-a", "readme-a-1", "readme-z"]


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
