"""Turns lines of text into log entries with a time and a level.

In: lines of any common format (ISO 8601 and Python logging, syslog, web access logs, JSON lines).
Out: `Entry` values. A line that starts no entry, such as one of a traceback, continues the one before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SYNONYMS = {
    "TRACE": "DEBUG",
    "NOTICE": "INFO",
    "WARN": "WARNING",
    "ERR": "ERROR",
    "SEVERE": "ERROR",
    "FATAL": "CRITICAL",
    "EMERG": "CRITICAL",
    "ALERT": "CRITICAL",
    "CRIT": "CRITICAL",
    "PANIC": "CRITICAL",
}
# An entry keeps this many lines: a dump of a million lines must not fill the memory.
MAX_LINES_OF_ENTRY = 60

_ISO = re.compile(r"(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,6})\d*)?\s?(Z|[+-]\d\d:?\d\d)?")
_ACCESS = re.compile(r"\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\]")
_SYSLOG = re.compile(r"^([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d) ")
_NAMES = "|".join((*LEVELS, *SYNONYMS))
# In lower case a level looks like any word, so it needs a sign beside it: `[error]`, `level=error`, `error:`.
_LEVEL = re.compile(rf"\b({_NAMES})\b|(?i:\[|\blevel=\"?)((?i:{_NAMES}))\b|\b((?i:{_NAMES})):")
_STATUS = re.compile(r'" (\d{3}) (?:\d+|-)')
_TIME_KEYS = ("timestamp", "time", "ts", "@timestamp")
_LEVEL_KEYS = ("level", "severity", "levelname", "lvl")
_TEXT_KEYS = ("message", "msg", "event")
_HEAD = 160


@dataclass(frozen=True, slots=True)
class Entry:
    """One log entry: `line` counts from 1, `time` is aware or None, `level` is one of LEVELS or None."""

    line: int
    time: datetime | None
    level: str | None
    text: str


def entries(lines: Iterable[str], modified: datetime) -> Iterator[Entry]:
    """Yields the entries of a log in order.

    `modified` is the file's last change. Syslog dates have no year: it is the latest one that puts them
    before that change.
    """
    pending: Entry | None = None
    kept = 0
    for number, line in enumerate(lines, start=1):
        parsed = _parse(number, line, modified)
        if pending is None or not _continues(parsed, pending):
            if pending is not None:
                yield pending
            pending, kept = parsed, 1
        elif kept < MAX_LINES_OF_ENTRY:
            pending, kept = replace(pending, text=f"{pending.text}\n{line}"), kept + 1
        else:
            yield pending
            pending, kept = replace(pending, line=number, text=line), 1
    if pending is not None:
        yield pending


def parse_time(text: str) -> datetime:
    """Reads an ISO 8601 time; one without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def normal_level(text: str) -> str | None:
    """Returns one of LEVELS for a level in any usual spelling, else None."""
    name = text.strip().upper()
    name = SYNONYMS.get(name, name)
    return name if name in LEVELS else None


def _continues(parsed: Entry, pending: Entry) -> bool:
    if parsed.time is not None or (pending.time is None and pending.level is None):
        return False
    indented = parsed.text[:1] in {" ", "\t", ""}
    return indented or pending.time is not None or parsed.level is None


def _parse(number: int, line: str, modified: datetime) -> Entry:
    if line.startswith("{"):
        found = _from_json(number, line)
        if found is not None:
            return found
    head = line[:_HEAD]
    return Entry(number, _time(head, modified), _level(line), line)


def _from_json(number: int, line: str) -> Entry | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    time = _json_time(_first(record, _TIME_KEYS))
    level = normal_level(str(_first(record, _LEVEL_KEYS) or ""))
    return Entry(number, time, level, str(_first(record, _TEXT_KEYS) or line))


def _first(record: dict[str, object], keys: tuple[str, ...]) -> object:
    return next((record[key] for key in keys if key in record), None)


def _json_time(value: object) -> datetime | None:
    try:
        if isinstance(value, str):
            return parse_time(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _time(head: str, modified: datetime) -> datetime | None:
    try:
        if found := _ISO.search(head):
            year_, month, day, clock, fraction, zone = found.groups()
            return parse_time(f"{year_}-{month}-{day}T{clock}.{(fraction or '0'):0<6}{zone or ''}")
        if found := _ACCESS.search(head):
            return datetime.strptime(found[1], "%d/%b/%Y:%H:%M:%S %z")
        if found := _SYSLOG.match(head):
            return _within_a_year(found, modified)
    except ValueError:
        pass
    return None


def _within_a_year(found: re.Match[str], modified: datetime) -> datetime:
    text = f"{modified.year} {found[1]} {found[2]} {found[3]} +0000"
    moment = datetime.strptime(text, "%Y %b %d %H:%M:%S %z")
    late = moment > modified + timedelta(days=1)  # a day, because syslog names no zone either
    return moment.replace(year=moment.year - 1) if late else moment


def _level(line: str) -> str | None:
    if found := _LEVEL.search(line[:_HEAD]):
        return normal_level(next(name for name in found.groups() if name))
    if found := _STATUS.search(line):
        return "ERROR" if found[1] >= "500" else "WARNING" if found[1] >= "400" else "INFO"
    return None
