"""A compose file as the page shows it: highlighted, every line with an anchor to link to."""

from __future__ import annotations

import re
from functools import lru_cache

from markupsafe import Markup

from catalog.site.highlight import highlight_yaml

_SHORT = 120
_KEY = re.compile(r'<span class="nt">([^<]*)</span>')
_DASH = re.compile(r'<span class="p">([^<]*)</span>')


def compose_html(compose_yml: str) -> Markup:
    """The file with each line in a `<span id="L…">`, numbered from 1; the style sheet shows the numbers."""
    if not compose_yml:
        return Markup()
    lines = map(_highlighted, compose_yml.split("\n"))
    spans = (f'<span id="L{n}">{line}\n</span>' for n, line in enumerate(lines, 1))
    return Markup("".join(spans))  # noqa: S704  # the highlighter escapes


def _highlighted(line: str) -> str:
    """A line as HTML: no token of the highlighter goes on over the end of a line."""
    return _remembered(line) if len(line) <= _SHORT else _short(line)


@lru_cache(maxsize=4096)
def _remembered(line: str) -> str:
    """The same few lines stand in most compose files."""
    return _short(line)


def _short(line: str) -> str:
    """Every line has a key, whose long form would be a fifth of the page; dashes have no colour."""
    return _DASH.sub(r"\1", _KEY.sub(r"<b>\1</b>", highlight_yaml(line)))
