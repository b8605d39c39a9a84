"""A compose file as the page shows it: highlighted, every line with an anchor to link to."""

from __future__ import annotations

from functools import lru_cache

from markupsafe import Markup

from catalog.site.highlight import highlight_yaml

_SHORT = 120


def compose_html(compose_yml: str) -> Markup:
    """The file with each line in a `<span id="L…">`, numbered from 1; the style sheet shows the numbers."""
    if not compose_yml:
        return Markup()
    lines = map(_highlighted, compose_yml.split("\n"))
    spans = (f'<span id="L{n}">{line}\n</span>' for n, line in enumerate(lines, 1))
    return Markup("".join(spans))  # noqa: S704  # the highlighter escapes


def _highlighted(line: str) -> str:
    """A line as HTML: no token of the highlighter goes on over the end of a line."""
    return _remembered(line) if len(line) <= _SHORT else highlight_yaml(line)


@lru_cache(maxsize=4096)
def _remembered(line: str) -> str:
    """The same few lines stand in most compose files."""
    return highlight_yaml(line)
