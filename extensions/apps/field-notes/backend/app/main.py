"""The HTTP interface of the notebook.

In: JSON requests below `/api`. Out: JSON answers, a Markdown export, and `/health` for the platform.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated

import psycopg
from fastapi import Depends, FastAPI, HTTPException, Path, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from psycopg_pool import ConnectionPool, PoolTimeout
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from . import markdown, settings
from .notes import Note, Notebook, Wanted

HEALTH_SECONDS = 0.8  # the platform allows one second
START_SECONDS = 30.0
EXPORT_LIMIT = 10_000
NO_NUL = r"^[^\x00]*$"  # PostgreSQL cannot store that character

Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_NUL)
]
Tag = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[\w][\w-]{0,39}$")
]
NoteId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Search = Annotated[str, Field(max_length=200)]


class Draft(BaseModel):
    """What a person writes."""

    title: Title
    body: Annotated[str, StringConstraints(max_length=20_000, pattern=NO_NUL)] = ""
    tags: Annotated[list[Tag], Field(max_length=10)] = []

    def unique_tags(self) -> list[str]:
        return list(dict.fromkeys(self.tags))


class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    body: str
    tags: list[str]
    created: datetime
    updated: datetime


class Page(BaseModel):
    notes: list[Shown]
    total: int


@asynccontextmanager
async def lifespan(application: FastAPI) -> AsyncIterator[None]:
    pool = ConnectionPool(
        settings.database(),
        min_size=1,
        max_size=settings.POOL_SIZE,
        check=ConnectionPool.check_connection,  # the database may have been started anew meanwhile
        open=False,
    )
    await asyncio.to_thread(pool.open, wait=True, timeout=START_SECONDS)
    application.state.notebook = Notebook(pool)
    await asyncio.to_thread(application.state.notebook.prepare)
    yield
    await asyncio.to_thread(pool.close)


# The framework's documentation page loads scripts from the internet, so it is off.
app = FastAPI(title="Field Notes", version="1.0.0", lifespan=lifespan, docs_url=None, redoc_url=None)


@app.exception_handler(psycopg.OperationalError)
def database_is_away(_: Request, __: Exception) -> JSONResponse:
    return JSONResponse({"detail": "The database does not answer. Try again soon."}, status_code=503)


def notebook(request: Request) -> Notebook:
    return request.app.state.notebook


def wanted(q: Search = "", tag: Search = "") -> Wanted:
    return Wanted(q.replace("\x00", "").strip(), tag.replace("\x00", "").strip().lower())


Notes = Annotated[Notebook, Depends(notebook)]
What = Annotated[Wanted, Depends(wanted)]


@app.get("/api/notes")
def list_notes(notes: Notes, what: What, limit: Annotated[int, Field(ge=1, le=200)] = 100) -> Page:
    """Returns the notes that match, the best first, or the latest when nothing is searched."""
    found, total = notes.find(what, limit)
    return Page(notes=[_shown(note) for note in found], total=total)


@app.post("/api/notes", status_code=201)
def add_note(draft: Draft, notes: Notes) -> Shown:
    """Stores a new note."""
    return _shown(notes.add(draft.title, draft.body, draft.unique_tags()))


@app.put("/api/notes/{note_id}")
def change_note(note_id: NoteId, draft: Draft, notes: Notes) -> Shown:
    """Replaces the content of a note."""
    changed = notes.change(note_id, draft.title, draft.body, draft.unique_tags())
    if changed is None:
        raise _absent(note_id)
    return _shown(changed)


@app.delete("/api/notes/{note_id}", status_code=204)
def delete_note(note_id: NoteId, notes: Notes) -> Response:
    """Removes a note."""
    if not notes.delete(note_id):
        raise _absent(note_id)
    return Response(status_code=204)


@app.get("/api/tags")
def list_tags(notes: Notes) -> dict[str, int]:
    """Returns the most used tags with their number of notes."""
    return notes.tags()


@app.get("/api/export.md")
def export(notes: Notes, what: What) -> PlainTextResponse:
    """Returns the notes that match as one Markdown document."""
    found, _ = notes.find(what, EXPORT_LIMIT)
    return PlainTextResponse(
        markdown.document(found),
        media_type="text/markdown",
        headers={"Content-Disposition": 'attachment; filename="field-notes.md"'},
    )


@app.get("/health")
async def health(notes: Notes) -> JSONResponse:
    """Answers 200 while the database answers, else 503, within a second."""
    try:
        await asyncio.wait_for(asyncio.to_thread(notes.check, HEALTH_SECONDS), HEALTH_SECONDS)
    except (psycopg.Error, PoolTimeout, TimeoutError):
        return JSONResponse({"status": "degraded", "checks": {"database": "error"}}, status_code=503)
    return JSONResponse({"status": "healthy", "checks": {"database": "ok"}})


def _shown(note: Note) -> Shown:
    return Shown.model_validate(note)


def _absent(note_id: int) -> HTTPException:
    return HTTPException(404, f"There is no note {note_id}.")
