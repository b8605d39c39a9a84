"""Markdown of an author -> HTML that is safe to put into a page and asks for nothing from outside.

GitHub's tables and strikethrough are understood, and HTML in the Markdown is kept as far as it is harmless.
Pictures become their alternative text, links that lead nowhere on the website become plain text, headings
move below the page's own, and ids get a prefix.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt

from catalog.site.highlight import CLASSES, highlight_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

MAX_CHARACTERS = 200_000
"""What is read of one document; nobody reads on, and parsing must stay bounded."""
CUT_NOTE = "\n\n*The rest of this document is left out here: it is very long.*\n"
TOP_LEVEL = 3
"""The level of a document's highest heading: the page has h1, its sections have h2."""

_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s"),
    *("samp", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th"),
    *("thead", "tr", "ul", "var"),
}
_ATTRIBUTES = {
    "*": {"id", "dir", "lang"},
    "a": {"href", "title", "name"},
    "details": {"open"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
    "p": {"align"},
    "div": {"align"},
}
_CLASSES = {"span": {*CLASSES, "image-note"}, "pre": {"highlight"}}
_BY_KEYBOARD = {"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}}
"""What may be wider than its column must be reachable for scrolling (WCAG 2.1.1)."""
_DROPPED_WITH_CONTENT = {
    "script",
    "style",
    "template",
    "iframe",
    "object",
    "svg",
    "math",
    "title",
    "noscript",
}
_OUTSIDE = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)
_RAW_PICTURE = re.compile(r"<img\b(?P<attributes>[^>]*)>", re.IGNORECASE)
_ALTERNATIVE = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_RAW_HEADING = re.compile(r"(?P<open></?)h(?P<level>[1-6])\b", re.IGNORECASE)
_INNER_LINK = re.compile(r'(<a\b[^>]*?) href="#([^"]*)"')
_NOT_IN_SLUG = re.compile(r"[^\w\- ]")

_MARKDOWN = MarkdownIt("commonmark", {"html": True, "highlight": None}).enable(["table", "strikethrough"])


def document_html(markdown: str, prefix: str, title: str = "") -> str:
    """The HTML of a Markdown document, sanitised; ids start with `prefix`.

    A first heading that only repeats `title` is left out.
    """
    if len(markdown) > MAX_CHARACTERS:
        markdown = markdown[:MAX_CHARACTERS] + CUT_NOTE
    tokens = _without_title(_MARKDOWN.parse(markdown), title)
    _shift_headings(tokens)
    _name_headings(tokens)
    for token in tokens:
        _rewrite(token)
    return _sanitised(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}), prefix)


def _without_title(tokens: list[Token], title: str) -> list[Token]:
    is_heading = len(tokens) > 2 and tokens[0].tag == "h1" and tokens[0].type == "heading_open"  # noqa: PLR2004
    return tokens[3:] if is_heading and _bare(tokens[1].content) == _bare(title) else tokens


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()


def _shift_headings(tokens: Sequence[Token]) -> None:
    levels = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
    raw = (match["level"] for token in tokens for match in _RAW_HEADING.finditer(_raw_html(token)))
    highest = min([*levels, *map(int, raw)], default=TOP_LEVEL)
    shift = TOP_LEVEL - highest
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = _level(int(token.tag[1]) + shift)
        elif token.type == "html_block":
            token.content = _RAW_HEADING.sub(
                lambda match: match["open"] + _level(int(match["level"]) + shift), token.content
            )


def _raw_html(token: Token) -> str:
    return token.content if token.type == "html_block" else ""


def _level(number: int) -> str:
    return f"h{max(TOP_LEVEL, min(6, number))}"


def _name_headings(tokens: Sequence[Token]) -> None:
    """Give headings the ids that GitHub gives them, which is what links in a README rely on."""
    used: dict[str, int] = {}
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            slug = _slug(
                "".join(child.content for child in inline.children or () if child.type != "html_inline")
            )
            count = used[slug] = used.get(slug, -1) + 1
            token.attrSet("id", f"{slug}-{count}" if count else slug)


def _slug(text: str) -> str:
    return _NOT_IN_SLUG.sub("", text.strip().lower()).replace(" ", "-") or "section"


def _rewrite(token: Token) -> None:
    if token.type == "inline":
        for child in token.children or ():
            if child.type in {"image", "html_inline"}:
                _replace_picture(child)
    elif token.type == "html_block":
        _replace_picture(token)
    elif token.type in {"fence", "code_block"}:
        code = highlight_code(token.content, token.info.split(maxsplit=1)[0] if token.info.strip() else "")
        token.type, token.content = "html_block", f'<pre class="highlight"><code>{code}</code></pre>\n'
    elif token.type in {"td_open", "th_open"} and (style := token.attrGet("style")):
        token.attrSet("align", str(style).removeprefix("text-align:"))


def _replace_picture(token: Token) -> None:
    if token.type == "image":
        token.type, token.content = "html_inline", _picture_note(token.content)
    else:
        token.content = _RAW_PICTURE.sub(_raw_picture_note, token.content)


def _picture_note(alternative: str) -> str:
    label = f"Picture: {alternative}" if alternative.strip() else "Picture"
    return f'<span class="image-note">{html.escape(label)}</span>'


def _raw_picture_note(match: re.Match[str]) -> str:
    found = _ALTERNATIVE.search(match["attributes"])
    return _picture_note(html.unescape(found[1] or found[2] or "") if found else "")


@dataclass(slots=True)
class _Attributes:
    """Decides on the attributes of one document, which the sanitiser shows in order."""

    prefix: str
    seen: set[str] = field(default_factory=set)

    def decide(self, tag: str, name: str, value: str) -> str | None:
        """The value to write, or None to leave the attribute out."""
        if name in {"id", "name"}:
            return self.new_id(value)
        if tag == "a" and name == "href":
            return self.address(value.strip())
        return value

    def new_id(self, value: str) -> str | None:
        """The prefixed id; None for one that is taken, since ids are unique."""
        if value in self.seen:
            return None
        self.seen.add(value)
        return self.prefix + value

    def address(self, value: str) -> str | None:
        """Addresses outside stay, those in the document follow the prefix, others have nowhere to go."""
        if value.startswith("#") and len(value) > 1:
            return f"#{self.prefix}{value[1:]}"
        return value if _OUTSIDE.match(value) else None


def _sanitised(text: str, prefix: str) -> str:
    attributes = _Attributes(prefix)
    clean = nh3.clean(
        text,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attribute_filter=attributes.decide,
        allowed_classes=_CLASSES,
        set_tag_attribute_values=_BY_KEYBOARD,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    ids = {prefix + value for value in attributes.seen}
    return _INNER_LINK.sub(lambda link: link[0] if unquote(html.unescape(link[2])) in ids else link[1], clean)
