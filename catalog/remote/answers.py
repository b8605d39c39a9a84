"""Reads answers that nobody vouches for: JSON or a failure, and reasons without anything secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from catalog.remote.failures import PlatformError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from catalog.remote.transport import Answer

_MAX_REASON = 300
_MIN_SECRET = 4
_NO_API = "Check the address (KAMIWAZA_API_URL): it is the platform's root or ends in /api."


def json_of(answer: Answer, where: str) -> Any:
    """The value that an answer holds.

    Raises:
        PlatformError: it is a web page, cut off, or no JSON.
    """
    start = answer.body[:512].lstrip().lower()
    if answer.content_type == "text/html" or start.startswith(b"<"):
        raise PlatformError(
            f"{where} is answered with a web page, not with data: that is no Kamiwaza API, or a login page "
            "stands in front of it.",
            _NO_API,
            may_be_done=True,
        )
    try:
        return json.loads(answer.body)
    except RecursionError:
        problem = "nests too deeply"
    except ValueError:
        problem = "is empty" if not answer.body.strip() else "is no JSON, or was cut off"
    raise PlatformError(
        f"The answer to {where} {problem} ({len(answer.body):,} bytes).", _NO_API, may_be_done=True
    )


def reason_of(answer: Answer, secrets: Sequence[str]) -> str:
    """What the platform says about a refusal, on one line, without secrets; empty if it says nothing."""
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    return without("; ".join(_sentences(data)), secrets)


def without(text: str, secrets: Sequence[str]) -> str:
    """The text on one line, cut to a length that can be read, with no secret in it, however written."""
    for secret in filter(None, secrets):
        for form in {secret, quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]}:
            if form in text and len(form) < _MIN_SECRET:
                return ""
            text = text.replace(form, "…")
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= _MAX_REASON else f"{line[:_MAX_REASON]}…"


def _sentences(data: Any) -> Iterator[str]:
    """The texts of the forms that FastAPI, Keycloak and proxies use; never the input that they repeat."""
    match data:
        case str():
            yield data
        case {"loc": list(place), "msg": str(message)}:
            yield f"{'.'.join(str(part) for part in place if part != 'body')}: {message}"
        case list():
            for item in data[:5]:
                yield from _sentences(item)
        case dict():
            for key in ("detail", "message", "reason", "error", "error_description"):
                yield from _sentences(data.get(key))
        case _:
            return
