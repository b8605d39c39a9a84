"""Serves the tools over MCP (streamable HTTP at /mcp), a health check and a status page.

In: calls of a model, as JSON. Out: JSON answers; a wrong question gets an error that says how to ask.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse

from . import page, search
from .entries import LEVELS, normal_level, parse_time
from .folder import LogFolder

VERSION = "1.0.0"
FOLDER = LogFolder(Path(os.environ.get("LOG_DIR", "/logs")))
LIMITS = search.Limits(
    scan_bytes=int(os.environ.get("SCAN_LIMIT_MB", "256")) * 1024 * 1024,
    seconds=float(os.environ.get("SCAN_SECONDS", "20")),
)
READ_ONLY = ToolAnnotations(read_only_hint=True, open_world_hint=False)

Files = Annotated[str, Field(description="Shell pattern for file names, such as 'api/*.log' or '*.gz'.")]
Pattern = Annotated[str, Field(description="RE2 regular expression, matched anywhere in an entry.")]
Since = Annotated[str | None, Field(description="First moment, ISO 8601; UTC when it names no zone.")]
Until = Annotated[str | None, Field(description="First moment that is too late, ISO 8601.")]
Level = Annotated[str | None, Field(description=f"Lowest level to show: {', '.join(LEVELS)}.")]

server = MCPServer(
    "log-search",
    title="Log Search",
    version=VERSION,
    instructions="Start with list_logs or summarise_errors, then look closer with search_logs.",
)


class ListedLog(BaseModel):
    name: str
    bytes: int
    modified: str


class Logs(BaseModel):
    files: list[ListedLog]
    total: int


@server.tool(annotations=READ_ONLY)
def list_logs(files: Files = "*", limit: Annotated[int, Field(ge=1, le=500)] = 100) -> Logs:
    """Lists the log files, the most recently changed first."""
    found = FOLDER.files(files)
    shown = [
        ListedLog(name=file.name, bytes=file.size, modified=file.modified.isoformat())
        for file in found[:limit]
    ]
    return Logs(files=shown, total=len(found))


@server.tool(annotations=READ_ONLY)
def search_logs(
    pattern: Pattern,
    files: Files = "*",
    since: Since = None,
    until: Until = None,
    minimum_level: Level = None,
    ignore_case: bool = True,
    limit: Annotated[int, Field(ge=1, le=search.MAX_MATCHES)] = 50,
) -> search.SearchAnswer:
    """Finds log entries by pattern, time range and level; a traceback belongs to its entry."""
    query = search.Query(pattern, files, _time(since), _time(until), _level(minimum_level), ignore_case)
    with _told_to_the_model():
        return search.search(FOLDER, query, LIMITS, limit)


@server.tool(annotations=READ_ONLY)
def summarise_errors(
    files: Files = "*",
    pattern: Pattern = "",
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 10,
) -> search.Summary:
    """Groups errors that differ only in numbers, ids and times; counts entries by level and hour."""
    query = search.Query(pattern, files, _time(since), _time(until))
    with _told_to_the_model():
        return search.summarise(FOLDER, query, LIMITS, limit)


@server.custom_route("/health", methods=["GET"])
async def health(_: Request) -> JSONResponse:
    """Answers 200 while the log folder can be read, else 503."""
    readable = os.access(FOLDER.root, os.R_OK | os.X_OK)
    body = {"status": "healthy" if readable else "degraded", "checks": {"log_folder": _word(readable)}}
    return JSONResponse(body, status_code=200 if readable else 503)


@server.custom_route("/", methods=["GET"])
def status(_: Request) -> HTMLResponse:
    """Shows people what the tools answer right now."""
    return HTMLResponse(page.render(FOLDER, VERSION), headers=page.HEADERS)


def _word(good: bool) -> str:
    return "ok" if good else "error"


def _time(text: str | None) -> datetime | None:
    try:
        return parse_time(text) if text else None
    except ValueError as error:
        raise ToolError(f"'{text}' is no ISO 8601 time. Example: 2026-11-20T14:30:00Z") from error


def _level(text: str | None) -> str | None:
    level = normal_level(text) if text else None
    if text and level is None:
        raise ToolError(f"'{text}' is no level. Choose one of {', '.join(LEVELS)}.")
    return level


@contextmanager
def _told_to_the_model() -> Iterator[None]:
    try:
        yield
    except search.QueryError as error:
        raise ToolError(str(error)) from error


if __name__ == "__main__":
    server.run(
        "streamable-http", host="0.0.0.0", port=8000, streamable_http_path="/mcp", stateless_http=True
    )
