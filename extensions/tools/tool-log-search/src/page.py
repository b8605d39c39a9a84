"""Shows people what the tools answer for the mounted logs, as one page without scripts.

In: the log folder. Out: HTML. The answers are kept for half a minute, so that reloading costs nothing.
"""

from __future__ import annotations

import json
import time
from functools import lru_cache
from html import escape
from pathlib import Path

from . import search
from .folder import LogFile, LogFolder

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
}
KEPT_SECONDS = 30
# A page must come at once, even where the tools may take longer.
PAGE_LIMITS = search.Limits(scan_bytes=16 * 1024 * 1024, seconds=2)
TEMPLATE = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
NO_FILES = """<p class="empty">No log files yet. Put some into the volume that is mounted at
<code>/logs</code>; sub-folders, rotated and <code>.gz</code> files are found too.</p>"""


def render(folder: LogFolder, version: str) -> str:
    """Returns the page as HTML."""
    return _render(folder, version, int(time.monotonic() // KEPT_SECONDS))


@lru_cache(maxsize=1)
def _render(folder: LogFolder, version: str, _: int) -> str:
    files = folder.files()
    summary = search.summarise(folder, search.Query(), PAGE_LIMITS, limit=4)
    found = search.search(folder, search.Query(minimum_level="ERROR"), PAGE_LIMITS, limit=1)
    parts = {
        "version": escape(version),
        "count": _files_in_words(files),
        "files": "".join(_file_row(file) for file in files[:6]) or NO_FILES,
        "levels": _levels(summary.entries_by_level),
        "hours": _hours(summary.errors_by_hour),
        "groups": "".join(_group(group, summary.groups[0].count) for group in summary.groups),
        "answer": _example(found),
        "note": escape(summary.note),
    }
    text = TEMPLATE
    for name, value in parts.items():
        text = text.replace(f"<!--{name}-->", value)
    return text


def _files_in_words(files: list[LogFile]) -> str:
    size = sum(file.size for file in files)
    return f"{len(files)} file{'' if len(files) == 1 else 's'}, {_size(size)}"


def _file_row(file: LogFile) -> str:
    when = file.modified.strftime("%d %b %H:%M")
    return f"<li><code>{escape(file.name)}</code><span>{_size(file.size)}</span><time>{when}</time></li>"


def _levels(levels: dict[str, int]) -> str:
    total = sum(levels.values()) or 1
    rows = (
        f'<li class="{name.lower()}"><b>{count:,}</b> {name.lower()}'
        f'<svg viewBox="0 0 100 4" preserveAspectRatio="none"><rect width="{max(1, 100 * count / total):.1f}"'
        ' height="4"/></svg></li>'
        for name, count in levels.items()
    )
    return "".join(rows)


def _hours(hours: dict[str, int]) -> str:
    shown = [(hour, count) for hour, count in hours.items() if hour != "unknown"][-24:]
    most = max((count for _, count in shown), default=1)
    bars = (
        f'<li title="{escape(hour)}: {count}"><svg viewBox="0 0 10 60" preserveAspectRatio="none">'
        f'<rect y="{60 - 56 * count / most:.1f}" width="10" height="{56 * count / most:.1f}"/></svg>'
        f"<small>{escape(hour[11:13])}</small></li>"
        for hour, count in shown
    )
    return "".join(bars)


def _group(group: search.ErrorGroup, most: int) -> str:
    message = escape(group.message if len(group.message) <= 110 else group.message[:110] + "…")
    return (
        f"<li><b>{group.count}×</b><div><code>{message}</code>"
        f'<svg viewBox="0 0 100 3" preserveAspectRatio="none"><rect width="{100 * group.count / most:.1f}"'
        f' height="3"/></svg><small>{escape(", ".join(group.files[:3]))}</small></div></li>'
    )


def _example(answer: search.SearchAnswer) -> str:
    shown = answer.model_dump()
    for match in shown["matches"]:
        lines = match["text"].split("\n")
        match["text"] = lines[0] if len(lines) == 1 else f"{lines[0]} … {lines[-1].strip()}"
    return escape(json.dumps(shown, indent=2, ensure_ascii=False))


def _size(count: int) -> str:
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
