"""When a request is sent again: only where it cannot do harm, each time later, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from msgspec import Struct

MAX_ATTEMPTS = 5
MAX_WAIT = 60.0  # seconds, over all attempts of one request
_FIRST_WAIT = 0.5
_TOO_MANY = 429
_PASSING = frozenset({500, 502, 503, 504})


class Attempt(Struct, frozen=True):
    """How one attempt failed.

    `status` is None where the connection broke off; `retry_after` is the answer's header of that name.
    """

    status: int | None
    retry_after: str = ""


def wait_before_next(
    attempt: Attempt, *, number: int, waited: float, is_repeatable: bool, now: datetime
) -> float | None:
    """Seconds until the request may be sent again; None if it must not be.

    `number` counts the attempts so far, `waited` the seconds spent between them. A request that is not
    repeatable is sent again only if it was provably not carried out, since there were too many requests (429,
    RFC 6585).
    """
    passes = attempt.status is None or attempt.status == _TOO_MANY or attempt.status in _PASSING
    is_safe = is_repeatable or attempt.status == _TOO_MANY
    if not passes or not is_safe or number >= MAX_ATTEMPTS:
        return None
    wait = max(_FIRST_WAIT * 2 ** (number - 1), asked_wait(attempt.retry_after, now))
    return wait if waited + wait <= MAX_WAIT else None


def asked_wait(header: str, now: datetime) -> float:
    """The seconds that a Retry-After header asks for, given as seconds or as a date (RFC 9110, 10.2.3)."""
    if header.strip().isascii() and header.strip().isdecimal():
        return float(header.strip()[:9])
    try:
        then = parsedate_to_datetime(header)
    except (ValueError, OverflowError):  # no date, or one of a year or zone that no date can have
        return 0.0
    return max(0.0, (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp() - now.timestamp())
