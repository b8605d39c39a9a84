"""Shows people what the service holds and how alike it finds a few sentences, as one page without scripts.

In: the index. Out: HTML.
"""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path

import numpy as np

from .embedding import DIMENSIONS, MODEL, embed
from .index import Index

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
}
TEMPLATE = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
SENTENCES = (
    "Reset the password of a user account",
    "How do users reset a forgotten password?",
    "Forgotten passwords are reset by an admin",
    "The pump on deck three leaks oil",
    "Oil leak found at the deck pump",
)
SHOWN_COLLECTIONS = 5


def render(index: Index, version: str) -> str:
    """Returns the page as HTML."""
    counts = index.collections()
    parts = {
        "version": escape(version),
        "model": MODEL,
        "dimensions": str(DIMENSIONS),
        "items": _items_in_words(sum(counts.values())),
        "collections": _collections(counts),
        "table": _similarities(),
        "stripes": _stripes(),
    }
    text = TEMPLATE
    for name, value in parts.items():
        text = text.replace(f"<!--{name}-->", value)
    return text


def _items_in_words(count: int) -> str:
    return f"{count:,} item{'' if count == 1 else 's'}"


def _collections(counts: dict[str, int]) -> str:
    if not counts:
        return "<li><span>Nothing is stored yet.</span></li>"
    shown = list(counts.items())[:SHOWN_COLLECTIONS]
    rows = "".join(f"<li><code>{escape(name)}</code><b>{count:,}</b></li>" for name, count in shown)
    more = len(counts) - len(shown)
    return rows + (f"<li><span>and {more} more</span></li>" if more else "")


@cache
def _similarities() -> str:
    vectors = np.stack([embed(sentence) for sentence in SENTENCES])
    rows = zip(SENTENCES, vectors @ vectors.T, strict=True)
    return "".join(
        f"<tr><th>{escape(sentence)}</th>{''.join(_cell(float(score)) for score in scores)}</tr>"
        for sentence, scores in rows
    )


def _cell(score: float) -> str:
    # Ten steps of colour, as classes: the page's policy allows no style attributes.
    step = min(9, max(0, int(score * 10)))
    return f'<td class="s{step}">{abs(score) if abs(score) < 0.005 else score:.2f}</td>'


@cache
def _stripes() -> str:
    return "".join(f"<li>{_stripe(embed(sentence))}<span>{escape(sentence)}</span></li>" for sentence in SENTENCES)


def _stripe(vector: np.ndarray) -> str:
    strongest = float(np.abs(vector).max()) or 1.0
    bars = "".join(
        f'<rect x="{place}" y="{0 if value > 0 else 10}" width="1" height="10" opacity="{abs(value) ** 0.5:.2f}"'
        f' class="{"up" if value > 0 else "down"}"/>'
        for place, value in enumerate((vector / strongest).tolist())
        if abs(value) > 0.02
    )
    return f'<svg viewBox="0 0 {DIMENSIONS} 20" preserveAspectRatio="none">{bars}</svg>'
