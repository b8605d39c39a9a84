"""What an image registry's refusals mean, in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from catalog.remote.answers import without
from catalog.remote.failures import BusyError, PlatformError, RefusedImageError, UnansweredError
from catalog.remote.transport import Hints

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from catalog.errors import MissingError
    from catalog.remote.transport import Answer, Request

HINTS = Hints(
    reach="Check the registry's name, the network and the proxy's settings.",
    slow="Look at the registry's own log, and try again.",
    moved="If that is the registry, use its name: {origin}",
)
_ABSENT = frozenset({"MANIFEST_UNKNOWN", "NAME_UNKNOWN", "BLOB_UNKNOWN", "NOT_FOUND"})
_MAX_ERRORS = 5
_TOO_MANY, _FAILED = 429, 500


def is_absent(answer: Answer) -> bool:
    """Whether a registry says in its own form that there is no such image."""
    return any(code in _ABSENT for code, _ in _errors(answer))


def failure(
    host: str, request: Request, answer: Answer, secrets: Sequence[str], *, has_login: bool
) -> MissingError:
    """The failure that an answer tells of.

    Args:
        host: the registry.
        request: what was asked.
        answer: an answer that is neither success nor absence.
        secrets: what no message may repeat.
        has_login: whether somebody was logged in.
    """
    reasons = "; ".join(": ".join(filter(None, found)) for found in _errors(answer))
    reason = without(reasons, secrets)
    what = f"{request.where} ({answer.status})" + (f": {reason}" if reason else "")
    login = f"docker login {host}"
    match answer.status:
        case 401 if has_login:
            problem, hint = "does not take this login", login
        case 401:
            problem, hint = "wants a login, or has no such image", login
        case 403:
            problem, hint = "refuses it", f"Ask its administrator, or log in: {login}"
        case 404:
            problem, hint = "is no image registry, or something stands before it", HINTS.reach
        case _ if answer.status == _TOO_MANY:
            problem, hint = (
                "allows no more requests for now",
                f"Wait, or log in for a higher limit: {login}",
            )
        case status if status >= _FAILED:
            problem, hint = "failed", HINTS.slow
        case _:
            problem, hint = "gives an answer that is none", HINTS.reach
    return _kind(answer.status)(f"{host} {problem}: {what}.", hint)


def _kind(status: int) -> type[MissingError]:
    if status in {401, 403}:
        return RefusedImageError
    if status == _TOO_MANY:
        return BusyError
    return UnansweredError if status >= _FAILED else PlatformError


def _errors(answer: Answer) -> Iterator[tuple[str, str]]:
    """Code and message of every error in an answer, in the specification's form ("Error Codes")."""
    try:
        data: Any = json.loads(answer.body)
    except (ValueError, RecursionError):
        return
    errors = data.get("errors") if isinstance(data, dict) else None
    for error in (errors if isinstance(errors, list) else [])[:_MAX_ERRORS]:
        if isinstance(error, dict):
            yield _text(error.get("code")), _text(error.get("message"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
