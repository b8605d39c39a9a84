"""Markdown of an author -> HTML that is safe to put into a page and asks for nothing from outside.

GitHub's tables, footnotes and strikethrough are understood, and HTML in the Markdown is kept as far as it is
harmless. Pictures of the extension are shown, others become their alternative text; links that lead nowhere
on the website become plain text; headings move below the page's own; ids get a prefix.

The order is: parse, sanitise, then put in what the website adds. What comes out of the sanitiser is regular:
every tag is closed, every attribute is in double quotes, and neither holds a stray angle bracket.
"""

from __future__ import annotations

import html
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from catalog.site.highlight import highlight_code
from catalog.site.markdown import markdown_html
from catalog.site.readme_headings import named_headings, shifted_headings, without_title
from catalog.site.readme_links import Links
from catalog.site.readme_pictures import shown_pictures
from catalog.site.readme_safe import sanitised

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import PurePosixPath

    from catalog.site.picture import Picture

NONE_SHOWN: Mapping[PurePosixPath, Picture] = MappingProxyType({})
MAX_CHARACTERS = 200_000
"""What is read of one document; nobody reads on, and parsing must stay bounded."""
MAX_NESTING = 10
"""How many quotes and lists may begin in one another on one line."""
MAX_TAGS = 5_000
"""How many HTML tags an author may write into a document."""
MAX_EFFORT = 50_000_000
"""Tags of the author times all tags: finding what a tag closes takes a look at all that are open."""
MAX_COLOURED = 16_000
"""Characters of code that are coloured in one document; the rest of its code stays plain."""
CUT_NOTE = "\n\n*The rest of this document is left out here: it is very long.*\n"

_MARKER = r"(?:[ \t]*(?:>|[-*+](?=[ \t])|[0-9]{1,9}[.)](?=[ \t])))"
_NESTED = re.compile(f"^({_MARKER}{{{MAX_NESTING}}}){_MARKER}+", re.MULTILINE)
_TAG = re.compile(r"<[A-Za-z]")


def document_html(
    markdown: str,
    prefix: str,
    title: str = "",
    pictures: Mapping[PurePosixPath, Picture] = NONE_SHOWN,
    files: Collection[PurePosixPath] = (),
) -> str:
    """The HTML of a Markdown document, sanitised; ids start with `prefix`.

    A first heading that only repeats `title` is left out. `pictures` are those that the document can show
    and `files` those that it can speak of, by their paths in the extension. It is made for the page of an
    extension: addresses lead from there. One that would take too long is shown as it was written.
    """
    markdown = _bounded(markdown)
    tags = len(_TAG.findall(markdown))
    raw = markdown_html(markdown, _Colours()) if tags <= MAX_TAGS else ""
    if tags > MAX_TAGS or tags * raw.count("<") > MAX_EFFORT:
        return _block(html.escape(markdown, quote=False))
    links = Links(prefix, pictures, files)
    text = sanitised(raw, links)
    text = named_headings(shifted_headings(without_title(text, title)), links)
    return shown_pictures(links.settled(text), pictures)


def _bounded(markdown: str) -> str:
    """The document as far as it is read, with characters and nesting that parsers can take."""
    if len(markdown) > MAX_CHARACTERS:
        markdown = markdown[:MAX_CHARACTERS] + CUT_NOTE
    return _NESTED.sub(r"\1", markdown.encode(errors="replace").decode())


def _block(code: str) -> str:
    return f'<pre class="highlight" tabindex="0"><code>{code}</code></pre>\n'


class _Colours:
    """Colours the code of one document, as far as that is allowed."""

    def __init__(self) -> None:
        self._left = MAX_COLOURED

    def __call__(self, language: str | None, code: str) -> str:
        self._left -= len(code)
        return _block(highlight_code(code, language or "" if self._left >= 0 else ""))
