"""HTML of an author -> HTML that does nothing, asks for nothing, and does not look like the page's own."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

import nh3

from catalog.site.highlight import CLASSES
from catalog.site.readme_places import within_extension

if TYPE_CHECKING:
    from catalog.site.readme_links import Links

_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre"),
    *("q", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td"),
    *("tfoot", "th", "thead", "tr", "ul", "var"),
}
_ATTRIBUTES = {
    "*": {"id", "dir", "lang"},
    "a": {"href", "title", "name"},
    "details": {"open"},
    "img": {"src", "alt", "title", "width"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
    "p": {"align"},
    "div": {"align"},
}
_CLASSES = {"span": set(CLASSES), "pre": {"highlight"}}
_BY_KEYBOARD = {"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}}
"""What may be wider than its column must be reachable for scrolling (WCAG 2.1.1)."""
_DROPPED_WITH_CONTENT = {
    *("script", "style", "template", "iframe", "object", "svg", "math", "title", "noscript", "textarea"),
    *("select", "video", "audio", "canvas", "noembed", "noframes"),
}
# quotes that look alike: attributes without brackets keep what comes after the sanitiser simple
_NO_BRACKETS = str.maketrans("<>", "\u2039\u203a")


_LINKS: ContextVar[Links] = ContextVar("links of the document that is being sanitised")


def sanitised(text: str, links: Links) -> str:
    """The harmless part of `text`; `links` learns of its ids and decides on its addresses.

    The source of a picture is its path in the extension, or it is left out.
    """
    token = _LINKS.set(links)
    try:
        return _CLEANER.clean(text)
    finally:
        _LINKS.reset(token)


def _decide(tag: str, name: str, value: str) -> str | None:
    """The value to write, or None to leave the attribute out."""
    if name == "class" or tag in _BY_KEYBOARD:
        return value
    links, decided = _LINKS.get(), value
    if name in {"id", "name"}:
        decided = links.new_id(value) or ""
    elif name == "href":
        decided = links.address(value) or ""
    elif name == "src":
        path = within_extension(value)
        decided = str(path) if path in links.pictures else ""
    return decided.translate(_NO_BRACKETS) or None


_CLEANER = nh3.Cleaner(  # making one takes a third of the time of a document
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    clean_content_tags=_DROPPED_WITH_CONTENT,
    attribute_filter=_decide,
    allowed_classes=_CLASSES,
    set_tag_attribute_values=_BY_KEYBOARD,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
)
