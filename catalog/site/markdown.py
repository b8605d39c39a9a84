"""Markdown -> HTML as it was meant, with no style in it; nothing is made harmless here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyromark

if TYPE_CHECKING:
    from collections.abc import Callable

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_YAML_STYLE_METADATA_BLOCKS
)
_ALIGNED = re.compile(r'(<t[hd]) style="text-align: (\w+)">')


def markdown_html(text: str, highlight: Callable[[str | None, str], str] | None = None) -> str:
    """The HTML of a document: CommonMark with GitHub's tables, strikethrough and footnotes.

    `highlight` makes the HTML of a block of code out of its language and its text. Cells are aligned by an
    attribute: the website's policy allows no style.
    """
    return _ALIGNED.sub(r'\1 align="\2">', pyromark.html(text, options=_OPTIONS, highlight=highlight))
