"""The guides of the website: Markdown in, HTML pages out, in whichever skin."""

from __future__ import annotations

import re
from html import escape, unescape
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.site.addresses import GUIDES
from catalog.site.markdown import markdown_html

if TYPE_CHECKING:
    from collections.abc import Mapping

_TITLE = re.compile(r"\A\s*# +(.+?)\s*$", re.MULTILINE)
_SUMMARY = re.compile(r"\A\s*# .*\n+([^\n#].*(?:\n[^\n].*)*)")
_SECTION = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>')
_HEADING = re.compile(r"<(?P<tag>h[1-6])>(?P<words>.*?)</(?P=tag)>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_OUTSIDE_WORDS = re.compile(r"[^\w]+")


class Guide(Struct, frozen=True):
    """A guide: its page, what it is called, its first paragraph as text, and its content as HTML.

    `sections` has the id and the title of each of its headings below the first.
    """

    path: PurePosixPath
    title: str
    summary: str
    html: str
    sections: tuple[tuple[str, str], ...]


def make_guides(texts: Mapping[str, str], contents: Mapping[str, str]) -> tuple[Guide, ...]:
    """The guides by the order of their file names; `texts` has their Markdown, `contents` their HTML."""
    return tuple(_guide(name, texts[name], contents[name]) for name in sorted(texts))


def rendered(texts: Mapping[str, str]) -> dict[str, str]:
    """The HTML of guides, made without any theme; headings have ids to link to."""
    return {name: _HEADING.sub(_named, markdown_html(text)) for name, text in texts.items()}


def _guide(name: str, text: str, content: str) -> Guide:
    title, summary = _TITLE.search(text), _SUMMARY.search(text)
    stem = PurePosixPath(name).stem
    return Guide(
        path=GUIDES / f"{stem}.html",
        title=title[1] if title else stem.capitalize(),
        summary=" ".join(summary[1].split()) if summary else "",
        html=_reachable(content),
        sections=tuple(
            (anchor, unescape(_TAG.sub("", words))) for anchor, words in _SECTION.findall(content)
        ),
    )


def _reachable(content: str) -> str:
    """The content with what can be scrolled in reach of the keyboard."""
    content = content.replace("<pre>", '<pre class="code" tabindex="0" data-copy>')
    return content.replace("<table>", '<table tabindex="0">')


def _named(heading: re.Match[str]) -> str:
    words = unescape(_TAG.sub("", heading["words"]))
    name = _OUTSIDE_WORDS.sub("-", words.lower()).strip("-")
    return f'<{heading["tag"]} id="{escape(name)}">{heading["words"]}</{heading["tag"]}>'
