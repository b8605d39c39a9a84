import asyncio
import json
import time
from datetime import UTC, datetime

import psycopg
import pytest
from fastapi.testclient import TestClient

from app import markdown, settings
from app.main import app, health, notebook
from app.notes import Note


class Failing:
    """A notebook whose database is gone, or hangs."""

    def __init__(self, seconds=0.0):
        self.seconds = seconds

    def check(self, _):
        time.sleep(self.seconds)
        raise psycopg.OperationalError("gone")

    def tags(self):
        raise psycopg.OperationalError("gone")


@pytest.fixture
def client_of():
    def make(notes):
        app.dependency_overrides[notebook] = lambda: notes
        return TestClient(app)

    yield make
    app.dependency_overrides.clear()


@pytest.mark.parametrize("seconds", [0.0, 1.5])
def test_health_is_503_within_a_second_when_the_database_is_gone_or_hangs(seconds):
    async def timed():
        started = time.monotonic()
        reply = await health(Failing(seconds))
        return reply, time.monotonic() - started

    reply, took = asyncio.run(timed())
    assert took < 1
    assert (reply.status_code, json.loads(reply.body)["checks"]) == (503, {"database": "error"})


def test_a_lost_database_is_told_as_503(client_of):
    assert client_of(Failing()).get("/api/tags").status_code == 503


def test_a_title_stays_one_heading():
    moment = datetime(2025, 9, 18, tzinfo=UTC)
    text = markdown.document([Note(1, "Two\nlines", " body ", [], moment, moment)])
    assert text == "# Field notes\n\n## Two lines\n\n*2025-09-18*\n\nbody\n"


def test_a_password_with_spaces_and_quotes_reaches_the_database(monkeypatch):
    monkeypatch.setenv("DATABASE_PASSWORD", "a 'b' \\c")
    assert psycopg.conninfo.conninfo_to_dict(settings.database())["password"] == "a 'b' \\c"
