from datetime import date, timedelta

import pytest

from src.calendar_days import DateError, Span, add, between, convert, describe


def test_a_date_is_described():
    found = describe(" 2027-01-01 ")
    assert (found.weekday, found.calendar_week, found.day_of_year) == ("Friday", "2026-W53", 1)
    assert describe("2024-02-10").days_in_month == 29


@pytest.mark.parametrize(
    ("start", "end", "days", "working"),
    [
        ("2026-11-20", "2026-11-23", 3, 1),  # Friday to Monday
        ("2026-11-21", "2026-11-22", 1, 0),
        ("2026-11-20", "2026-11-20", 0, 0),
        ("2026-11-23", "2026-11-20", -3, -1),
        ("2026-01-01", "2026-12-31", 364, 260),
    ],
)
def test_days_and_working_days_are_counted(start, end, days, working):
    assert between(start, end) == Span(days, working)


def test_a_holiday_on_a_weekend_or_outside_takes_nothing_away():
    holidays = ["2026-12-25", "2026-12-26", "2026-12-25", "2025-12-25", "2026-12-21"]
    assert between("2026-12-21", "2026-12-28", holidays) == Span(7, 4)


@pytest.mark.parametrize("days", [0, 1, 4, 5, 6, 13, 250])
@pytest.mark.parametrize("start", ["2026-11-20", "2026-11-21", "2026-11-23"])
def test_adding_working_days_and_counting_them_agree(start, days):
    assert between(start, add(start, days, working=True).isoformat()).working_days == days
    assert between(start, add(start, -days, working=True).isoformat()).working_days == -days


def test_counting_agrees_with_looking_at_every_day():
    start = date(2026, 2, 1)
    for days in range(60):
        end = start + timedelta(days)
        counted = sum((start + timedelta(n)).weekday() < 5 for n in range(1, days + 1))
        assert between(start.isoformat(), end.isoformat()) == Span(days, counted)


def test_holidays_are_stepped_over():
    assert add("2026-12-24", 1, working=True, holidays=["2026-12-25"]) == date(2026, 12, 28)


def test_a_moment_keeps_its_place_in_time():
    assert convert("2026-07-01T12:00:00Z", "Europe/Paris").isoformat() == "2026-07-01T14:00:00+02:00"
    assert convert("2026-01-01T12:00:00Z", "Europe/Paris").isoformat() == "2026-01-01T13:00:00+01:00"


@pytest.mark.parametrize("ask", [
    lambda: describe("tomorrow"), lambda: describe("2026-02-30"), lambda: between("2026-01-01", ""),
    lambda: between("2026-01-01", "2026-01-02", ["x"]), lambda: add("9999-12-31", 1),
    lambda: add("9999-12-31", 1, working=True), lambda: add("2026-01-01", 10**9),
    lambda: convert("2026-07-01T12:00:00", "Europe/Paris"), lambda: convert("noon", "Europe/Paris"),
    lambda: convert("2026-07-01T12:00:00Z", "../etc/passwd"), lambda: convert("2026-07-01T12:00:00Z", "Mars"),
    lambda: convert("0001-01-01T00:00:00Z", "America/New_York"),
])
def test_a_question_without_an_answer_says_how_to_ask(ask):
    with pytest.raises(DateError):
        ask()
