"""Reads what a JSON Web Token says. It verifies nothing: the platform's proxy has done that."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from .errors import AuthenticationError, SessionExpiredError


def decode_jwt(token: str) -> dict[str, Any]:
    """The claims of a token, not verified.

    Raises:
        AuthenticationError: it is no token.
    """
    parts = token.split(".")
    if len(parts) != 3:
        raise AuthenticationError("A token has three parts.")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise AuthenticationError("The token's claims cannot be read.") from error
    if not isinstance(claims, dict):
        raise AuthenticationError("The token's claims are no object.")
    return claims


def calculate_session_expires_at(claims: Mapping[str, Any], now: datetime | None = None) -> datetime:
    """When the session ends, in UTC; `now` is today's moment unless given.

    Raises:
        AuthenticationError: the claims do not say it.
        SessionExpiredError: that moment is over.
    """
    try:
        ends = datetime.fromtimestamp(float(claims["exp"]), timezone.utc)
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise AuthenticationError("The token does not say when it ends.") from error
    if ends <= (now or datetime.now(timezone.utc)):
        raise SessionExpiredError(f"The session ended at {ends.isoformat()}.")
    return ends
