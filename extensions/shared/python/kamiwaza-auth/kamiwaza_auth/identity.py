"""Who asks: the platform's headers as a value, and the same as FastAPI dependencies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import HTTPException, Request

DEVELOPER = "developer"


@dataclass(frozen=True)
class Identity:
    """A user as the platform knows them; `roles` in the platform's order."""

    user_id: str
    name: str
    email: str | None = None
    roles: tuple[str, ...] = ()


def identity_from_headers(headers: Mapping[str, str]) -> Identity | None:
    """The identity in the headers, whose names may be written in any case; None without a user id."""
    known = {name.lower(): value.strip() for name, value in headers.items()}
    user_id = known.get("x-user-id")
    if not user_id:
        return None
    roles = tuple(role.strip() for role in known.get("x-user-roles", "").split(",") if role.strip())
    email = known.get("x-user-email") or None
    return Identity(user_id, known.get("x-user-name") or email or user_id, email, roles)


def get_identity(request: Request) -> Identity | None:
    """Who asks; None when nobody is logged in and the platform wants a login."""
    found = identity_from_headers(request.headers)
    if found is None and not login_is_wanted():
        return Identity(DEVELOPER, "Developer")
    return found


def require_auth(request: Request) -> Identity:
    """Who asks; the answer is 401 when nobody is logged in."""
    found = get_identity(request)
    if found is None:
        raise HTTPException(401, "Log in first.")
    return found


def login_is_wanted() -> bool:
    """What the platform says in KAMIWAZA_USE_AUTH; without a word of it, a login is wanted."""
    return os.environ.get("KAMIWAZA_USE_AUTH", "true").strip().lower() not in {"false", "0", "no"}
