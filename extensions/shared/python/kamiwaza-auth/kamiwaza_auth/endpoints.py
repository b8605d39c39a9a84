"""The endpoints that a page needs to know who is logged in, to log in and to log out."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends

from .identity import Identity, require_auth


def create_session_router(prefix: str = "") -> APIRouter:
    """A router with `GET /session`, `GET /auth/login-url` and `POST /auth/logout` behind `prefix`."""
    router = APIRouter(prefix=prefix)

    @router.get("/session")
    def session(who: Identity = Depends(require_auth)) -> dict[str, Any]:
        return asdict(who)

    @router.get("/auth/login-url")
    def login_url(redirect: str = "/") -> dict[str, str]:
        return {"url": f"{_platform()}/login?{urlencode({'redirect': _own(redirect)})}"}

    @router.post("/auth/logout")
    def logout() -> dict[str, str]:
        return {"url": f"{_platform()}/logout"}

    return router


def _platform() -> str:
    return os.environ.get("KAMIWAZA_ORIGIN", "").rstrip("/")


def _own(path: str) -> str:
    """The path if it leads to this site; a link to another site would lend it the platform's trust."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_own and path.isprintable() else "/"
