"""Answers the three questions of the tool: which logs are there, where is it, what goes wrong.

In: a log folder, a query and limits. Out: plain values, ready to become JSON. Every scan stops at its limits
and says so, instead of failing. Patterns run on RE2, which takes time linear in the text: no pattern can
make a search hang.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import re2
from pydantic import BaseModel

from .entries import LEVELS, Entry, entries
from .folder import LogFile, LogFolder

MAX_PATTERN = 1000
MAX_MATCHES = 500
TEXT_SHOWN = 2000
MAX_GROUPS = 20_000
_MARKS = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\d]*(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b(?:0x[0-9a-f]+|[0-9a-f]{12,})\b", re.IGNORECASE), "<hex>"),
    (re.compile(r"\d+"), "<n>"),
)


class QueryError(Exception):
    """The question cannot be answered as it was put; the text says how to put it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may cost: uncompressed bytes and seconds."""

    scan_bytes: int = 256 * 1024 * 1024
    seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for; an empty pattern matches all, None leaves a bound open."""

    pattern: str = ""
    files: str = "*"
    since: datetime | None = None
    until: datetime | None = None
    minimum_level: str | None = None
    ignore_case: bool = True


class Match(BaseModel):
    file: str
    line: int
    time: str | None
    level: str | None
    text: str


class SearchAnswer(BaseModel):
    matches: list[Match]
    total: int
    files_searched: int
    complete: bool
    note: str


class ErrorGroup(BaseModel):
    message: str
    count: int
    level: str
    files: list[str]
    first: str | None
    last: str | None
    example: Match


class Summary(BaseModel):
    groups: list[ErrorGroup]
    entries_by_level: dict[str, int]
    errors_by_hour: dict[str, int]
    files_searched: int
    complete: bool
    note: str


@dataclass(slots=True)
class Scan:
    """Walks entries until the files or the limits end."""

    folder: LogFolder
    limits: Limits
    searched: int = 0
    stopped: str = ""
    unread: list[str] = field(default_factory=list)
    _left: int = field(init=False)
    _deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self._left = self.limits.scan_bytes
        self._deadline = time.monotonic() + self.limits.seconds

    def entries(self, pattern: str) -> Iterator[tuple[LogFile, Entry]]:
        """Yields every entry of the files that match a shell pattern."""
        for file in self.folder.files(pattern):
            if self.stopped:
                return
            self.searched += 1
            for entry in entries(self._lines(file), file.modified):
                yield file, entry

    @property
    def complete(self) -> bool:
        return not (self.stopped or self.unread)

    def note(self) -> str:
        """Returns what was left out, in words."""
        unread = f"Not readable: {', '.join(self.unread[:5])}." if self.unread else ""
        return " ".join(filter(None, (self.stopped, unread))) or "Every file was read to its end."

    def _lines(self, file: LogFile) -> Iterator[str]:
        try:
            for line in self.folder.lines(file):
                self._left -= len(line) + 1
                if self._left < 0 or time.monotonic() > self._deadline:
                    limit = "size" if self._left < 0 else "time"
                    self.stopped = f"Stopped in {file.name} at the {limit} limit. Narrow the files."
                    return
                yield line.decode("utf-8", "replace")
        except OSError:
            self.unread.append(file.name)


def search(folder: LogFolder, query: Query, limits: Limits, limit: int = 50) -> SearchAnswer:
    """Returns the first `limit` matches of a query, newest file first, and how many there are in all."""
    wanted = _compile(query)
    scan = Scan(folder, limits)
    matches: list[Match] = []
    total = 0
    for file, entry in scan.entries(query.files):
        if _selected(entry, query) and wanted.search(entry.text):
            total += 1
            if len(matches) < min(limit, MAX_MATCHES):
                matches.append(_match(file, entry))
    return SearchAnswer(
        matches=matches,
        total=total,
        files_searched=scan.searched,
        complete=scan.complete,
        note=scan.note(),
    )


def summarise(folder: LogFolder, query: Query, limits: Limits, limit: int = 10) -> Summary:
    """Groups errors that differ only in numbers, ids and times; the most frequent first."""
    wanted = _compile(query)
    scan = Scan(folder, limits)
    groups: dict[str, _Group] = {}
    levels: Counter[str] = Counter()
    hours: Counter[str] = Counter()
    for file, entry in scan.entries(query.files):
        if not (_in_time(entry, query) and wanted.search(entry.text)):
            continue
        levels[entry.level or "UNKNOWN"] += 1
        if entry.level in {"ERROR", "CRITICAL"}:
            hours[_hour(entry)] += 1
            shape = _shape(entry.text)
            if shape in groups:
                groups[shape].add(file, entry)
            elif len(groups) < MAX_GROUPS:
                groups[shape] = _Group(shape, file, entry)
    top = sorted(groups.values(), key=lambda group: (-group.count, group.shape))[:limit]
    return Summary(
        groups=[group.shown() for group in top],
        entries_by_level={name: levels[name] for name in (*LEVELS, "UNKNOWN") if levels[name]},
        errors_by_hour=dict(sorted(hours.items())),
        files_searched=scan.searched,
        complete=scan.complete,
        note=scan.note(),
    )


class _Group:
    """Counts entries of one shape; keeps the first and the last in time."""

    def __init__(self, shape: str, file: LogFile, entry: Entry) -> None:
        self.shape = shape
        self.count = 1
        self.files = {file.name}
        self.first, self.last = entry, (file, entry)

    def add(self, file: LogFile, entry: Entry) -> None:
        self.count += 1
        self.files.add(file.name)
        if _moment(entry) < _moment(self.first):
            self.first = entry
        if _moment(entry) >= _moment(self.last[1]):
            self.last = file, entry

    def shown(self) -> ErrorGroup:
        file, entry = self.last
        return ErrorGroup(
            message=self.shape,
            count=self.count,
            level=entry.level or "ERROR",
            files=sorted(self.files),
            first=_iso(self.first),
            last=_iso(entry),
            example=_match(file, entry),
        )


def _compile(query: Query) -> re2._Regexp:
    if len(query.pattern) > MAX_PATTERN:
        raise QueryError(f"The pattern has over {MAX_PATTERN} characters.")
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not query.ignore_case
    try:
        return re2.compile(query.pattern, options)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error
        raise QueryError(f"RE2 does not take this pattern: {reason}. It has no look-around or \\1.") from error


def _selected(entry: Entry, query: Query) -> bool:
    if query.minimum_level is not None:
        if entry.level is None or LEVELS.index(entry.level) < LEVELS.index(query.minimum_level):
            return False
    return _in_time(entry, query)


def _in_time(entry: Entry, query: Query) -> bool:
    if query.since is None and query.until is None:
        return True
    if entry.time is None:
        return False
    return (query.since is None or entry.time >= query.since) and (
        query.until is None or entry.time < query.until
    )


def _shape(text: str) -> str:
    shape = text.split("\n", 1)[0][:TEXT_SHOWN]
    for pattern, mark in _MARKS:
        shape = pattern.sub(mark, shape)
    return shape.removeprefix("<time>").strip()


def _moment(entry: Entry) -> float:
    return entry.time.timestamp() if entry.time else 0.0


def _hour(entry: Entry) -> str:
    return entry.time.astimezone(UTC).strftime("%Y-%m-%dT%H:00Z") if entry.time else "unknown"


def _match(file: LogFile, entry: Entry) -> Match:
    text = entry.text if len(entry.text) <= TEXT_SHOWN else entry.text[:TEXT_SHOWN] + " …"
    return Match(file=file.name, line=entry.line, time=_iso(entry), level=entry.level, text=text)


def _iso(entry: Entry) -> str | None:
    return entry.time.isoformat() if entry.time else None
