"""The roster over HTTP. Who asks is what the platform's login says, read by the shared library."""

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from kamiwaza_auth import Identity, require_auth
from kamiwaza_auth.endpoints import create_session_router
from pydantic import BaseModel, Field

from .roster import Duty, Roster, RosterError

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'"
Who = Annotated[Identity, Depends(require_auth)]


class End(BaseModel):
    note: str = Field("", max_length=500)


class Duties(BaseModel):
    title: str
    you: str
    on_duty: list[Duty]
    ended: list[Duty]


@cache
def roster() -> Roster:
    """The roster that lies in DATA_DIR."""
    file = Path(os.environ.get("DATA_DIR", "/data"), "roster.sqlite")
    return Roster(file, int(os.environ.get("KEPT_DAYS") or 30))


@asynccontextmanager
async def _life(_: FastAPI) -> AsyncIterator[None]:
    yield
    if roster.cache_info().currsize:
        roster().close()
        roster.cache_clear()


app = FastAPI(title="Duty Roster", version="1.0.0", docs_url=None, redoc_url=None, lifespan=_life)
app.include_router(create_session_router("/api"))
Known = Annotated[Roster, Depends(roster)]


@app.middleware("http")
async def with_headers(request, call_next):
    reply = await call_next(request)
    reply.headers["Content-Security-Policy"] = POLICY
    reply.headers["X-Content-Type-Options"] = "nosniff"
    reply.headers["Cache-Control"] = "no-cache"
    return reply


@app.get("/health")
def health(known: Known) -> JSONResponse:
    """Answers 200 while the roster can be written, else 503."""
    try:
        known.check()
    except sqlite3.Error:
        return JSONResponse({"status": "degraded", "checks": {"roster": "error"}}, 503)
    return JSONResponse({"status": "healthy", "checks": {"roster": "ok"}})


@app.get("/api/duties")
def duties(who: Who, known: Known) -> Duties:
    """Who is on duty and who was."""
    title = os.environ.get("ROSTER_TITLE") or "Duty Roster"
    return Duties(title=title, you=who.user_id, on_duty=known.on_duty(), ended=known.ended())


@app.post("/api/duties")
def sign_on(who: Who, known: Known) -> Duties:
    """Sign on, as oneself."""
    with_conflict(known.sign_on, who.user_id, who.name)
    return duties(who, known)


@app.post("/api/duties/end")
def sign_off(end: End, who: Who, known: Known) -> Duties:
    """Sign off, with a note for the next one."""
    with_conflict(known.sign_off, who.user_id, end.note.strip())
    return duties(who, known)


def with_conflict(deed, *values) -> None:
    try:
        deed(*values)
    except RosterError as error:
        raise HTTPException(409, str(error)) from error


app.mount("/", StaticFiles(directory=Path(__file__).parent / "site", html=True))
