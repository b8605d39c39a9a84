"""Serves the tools over MCP (streamable HTTP at /mcp), a health check and a line for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse

from . import calendar_days
from .calendar_days import DateError, Description, Span

READ_ONLY = ToolAnnotations(read_only_hint=True, open_world_hint=False)

Date = Annotated[str, Field(description="ISO 8601, such as 2026-11-20.")]
Holidays = Annotated[
    list[str], Field(description="Days that are no working days, ISO 8601.", max_length=400)
]

server = MCPServer(
    "calendar",
    title="Calendar",
    version="1.0.0",
    instructions="Reckons with dates. It does not know what day it is today.",
)


@server.tool(annotations=READ_ONLY)
def describe_date(date: Date) -> Description:
    """Tells the weekday, calendar week, day of the year and more of a date."""
    with _told_to_the_model():
        return calendar_days.describe(date)


@server.tool(annotations=READ_ONLY)
def days_between(start: Date, end: Date, holidays: Holidays = []) -> Span:  # noqa: B006  read only
    """Counts the days and the working days (Monday to Friday, less holidays) from one date to another."""
    with _told_to_the_model():
        return calendar_days.between(start, end, holidays)


@server.tool(annotations=READ_ONLY)
def add_days(
    date: Date,
    days: Annotated[int, Field(description="Negative for earlier.")],
    working: Annotated[bool, Field(description="Count working days only.")] = False,
    holidays: Holidays = [],  # noqa: B006  read only
) -> Description:
    """Finds the date so many days, or working days, from another."""
    with _told_to_the_model():
        found = calendar_days.add(date, days, working=working, holidays=holidays)
        return calendar_days.describe(found.isoformat())


@server.tool(annotations=READ_ONLY)
def convert_time(
    moment: Annotated[str, Field(description="ISO 8601 with its zone, such as 2026-11-20T14:30:00Z.")],
    zone: Annotated[str, Field(description="Such as Europe/Paris.")],
) -> str:
    """Tells the same moment in another time zone."""
    with _told_to_the_model():
        return calendar_days.convert(moment, zone).isoformat()


@server.custom_route("/health", methods=["GET"])
async def health(_: Request) -> JSONResponse:
    """Answers 200: there is nothing that could be missing."""
    return JSONResponse({"status": "healthy"})


@server.custom_route("/", methods=["GET"])
async def page(_: Request) -> PlainTextResponse:
    """Tells people where they are."""
    return PlainTextResponse("Calendar, an MCP tool. Its address for clients ends in /mcp.\n")


@contextmanager
def _told_to_the_model() -> Iterator[None]:
    try:
        yield
    except DateError as error:
        raise ToolError(str(error)) from error


if __name__ == "__main__":
    server.run(
        "streamable-http", host="0.0.0.0", port=8000, streamable_http_path="/mcp", stateless_http=True
    )
