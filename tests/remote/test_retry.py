"""A request is sent again only where that does no harm, later each time, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.remote.retry import MAX_ATTEMPTS, MAX_WAIT, Attempt, asked_wait, wait_before_next

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def waits(attempt: Attempt, *, is_repeatable: bool = True) -> list[float]:
    """All pauses until the request is given up."""
    done: list[float] = []
    while True:
        wait = wait_before_next(
            attempt, number=len(done) + 1, waited=sum(done), is_repeatable=is_repeatable, now=NOW
        )
        if wait is None:
            return done
        done.append(wait)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, None])
def test_a_passing_failure_is_tried_again_later_each_time(status: int | None) -> None:
    assert waits(Attempt(status)) == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 409, 422, 501])
def test_other_answers_stand(status: int) -> None:
    assert waits(Attempt(status)) == []


@pytest.mark.parametrize("status", [500, 502, 503, 504, None])
def test_what_may_have_been_carried_out_is_not_sent_again(status: int | None) -> None:
    assert waits(Attempt(status, "1"), is_repeatable=False) == []


def test_too_many_requests_means_that_nothing_was_carried_out() -> None:
    assert waits(Attempt(429), is_repeatable=False) == [0.5, 1.0, 2.0, 4.0]


def test_the_platforms_own_wish_is_honoured_or_the_request_given_up() -> None:
    assert waits(Attempt(503, "20")) == [20.0, 20.0, 20.0]
    assert waits(Attempt(503, "61")) == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        (" 3 ", 3.0),
        ("Sat, 21 Nov 2026 12:00:07 GMT", 7.0),
        ("Sat, 21 Nov 2026 12:00:07 -0000", 7.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
        ("\u0663", 0.0),
        ("Sat, 99 Nov 2026 12:00:07 GMT", 0.0),
        ("Sat, 21 Nov 99999999999999999999 12:00:07 GMT", 0.0),
        ("Sat, 21 Nov 2026 12:00:07 +99999999999999", 0.0),
    ],
)
def test_a_wish_is_seconds_or_a_date(header: str, seconds: float) -> None:
    assert asked_wait(header, NOW) == seconds


@given(st.sampled_from([429, 503, None]), st.text(max_size=30) | st.integers().map(str))
def test_whatever_a_platform_says_the_waiting_ends(status: int | None, header: str) -> None:
    pauses = waits(Attempt(status, header))
    assert len(pauses) < MAX_ATTEMPTS
    assert sum(pauses) <= MAX_WAIT
    assert all(pause >= 0.5 for pause in pauses)
