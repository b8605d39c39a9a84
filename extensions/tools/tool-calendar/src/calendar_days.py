"""Reckons with dates: plain values in, plain values out, and no clock."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SATURDAY = 5
MOST_DAYS = 400_000


class DateError(ValueError):
    """A question that has no answer; the text says how to ask."""


@dataclass(frozen=True)
class Description:
    """What is to be said of a date."""

    date: str
    weekday: str
    calendar_week: str
    day_of_year: int
    days_in_month: int
    is_leap_year: bool
    is_working_day: bool


@dataclass(frozen=True)
class Span:
    """The days from one date to another, and the working days after the first until the last."""

    days: int
    working_days: int


def describe(text: str) -> Description:
    """The weekday, the calendar week and more of a date."""
    day = parse(text)
    year, week, _ = day.isocalendar()
    return Description(
        date=day.isoformat(),
        weekday=calendar.day_name[day.weekday()],
        calendar_week=f"{year}-W{week:02d}",
        day_of_year=day.timetuple().tm_yday,
        days_in_month=calendar.monthrange(day.year, day.month)[1],
        is_leap_year=calendar.isleap(day.year),
        is_working_day=day.weekday() < SATURDAY,
    )


def between(start: str, end: str, holidays: Iterable[str] = ()) -> Span:
    """The days from `start` to `end`; negative when `end` is earlier."""
    first, last = parse(start), parse(end)
    sign = 1 if last >= first else -1
    low, high = sorted((first, last))
    # The day one starts from does not count, in either direction, so that going there and back is zero.
    low, high = (low + timedelta(1), high) if sign == 1 else (low, high - timedelta(1))
    free = {day for day in map(parse, holidays) if low <= day <= high and day.weekday() < SATURDAY}
    working = _weekdays_until(high) - _weekdays_until(low - timedelta(1)) if low <= high else 0
    return Span((last - first).days, sign * (working - len(free)))


def add(text: str, days: int, *, working: bool = False, holidays: Iterable[str] = ()) -> date:
    """The date so many days later (earlier, when negative); only working days count if `working`."""
    day = parse(text)
    if abs(days) > MOST_DAYS:
        raise DateError(f"That is too far: {MOST_DAYS} days at most.")
    try:
        if not working:
            return day + timedelta(days)
        free = set(map(parse, holidays))
        step = timedelta(1 if days >= 0 else -1)
        left = abs(days)
        while left:
            day += step
            left -= day.weekday() < SATURDAY and day not in free
    except OverflowError as error:
        raise DateError("That date is beyond the years 1 to 9999.") from error
    return day


def convert(moment: str, zone: str) -> datetime:
    """The same moment in another time zone."""
    try:
        found = datetime.fromisoformat(moment)
    except ValueError as error:
        raise DateError(f"'{moment}' is no ISO 8601 time. Example: 2026-11-20T14:30:00+01:00") from error
    if found.tzinfo is None:
        raise DateError(f"'{moment}' names no time zone. Example: 2026-11-20T14:30:00Z")
    try:
        return found.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise DateError(f"'{zone}' is no time zone. Example: Europe/Paris") from error
    except OverflowError as error:
        raise DateError("That moment is beyond the years 1 to 9999.") from error


def parse(text: str) -> date:
    """The date that a text means.

    Raises:
        DateError: it is none.
    """
    try:
        return date.fromisoformat(text.strip())
    except (ValueError, AttributeError) as error:
        raise DateError(f"'{text}' is no date. Example: 2026-11-20") from error


def _weekdays_until(day: date) -> int:
    """How many Mondays to Fridays there are from the first day of year 1, a Monday, until this one."""
    weeks, rest = divmod(day.toordinal(), 7)
    return weeks * 5 + min(rest, 5)
