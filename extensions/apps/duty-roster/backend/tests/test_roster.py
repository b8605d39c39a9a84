import sqlite3

import pytest
from fastapi.testclient import TestClient

from app import main
from app.roster import Roster, RosterError

ONE = {"X-User-Id": "u1", "X-User-Name": "First User"}
TWO = {"X-User-Id": "u2", "X-User-Name": "Second User"}


@pytest.fixture
def client(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delenv("KAMIWAZA_USE_AUTH", raising=False)
    with TestClient(main.app) as client:
        yield client


def names(duties):
    return [duty["name"] for duty in duties]


def test_people_sign_on_under_the_name_of_their_login(client):
    client.post("/api/duties", headers=ONE)
    found = client.post("/api/duties", headers=TWO).json()
    assert (names(found["on_duty"]), found["you"]) == (["First User", "Second User"], "u2")


def test_whoever_signs_off_leaves_a_note_for_the_next_one(client):
    client.post("/api/duties", headers=ONE)
    client.post("/api/duties/end", headers=ONE, json={"note": " pump three needs oil "})
    found = client.get("/api/duties", headers=TWO).json()
    assert found["on_duty"] == []
    assert [duty["note"] for duty in found["ended"]] == ["pump three needs oil"]


def test_nobody_signs_on_twice_or_off_for_another(client):
    client.post("/api/duties", headers=ONE)
    assert client.post("/api/duties", headers=ONE).status_code == 409
    assert client.post("/api/duties/end", headers=TWO, json={}).status_code == 409


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/duties"), ("POST", "/api/duties"), ("POST", "/api/duties/end")])
def test_without_a_login_nothing_is_told_or_done(client, method, path):
    assert client.request(method, path, json={}).status_code == 401


def test_the_shared_library_tells_the_page_who_is_logged_in(client):
    assert client.get("/api/session", headers=ONE).json()["name"] == "First User"


def test_a_note_has_an_end(client):
    client.post("/api/duties", headers=ONE)
    assert client.post("/api/duties/end", headers=ONE, json={"note": "x" * 501}).status_code == 422


def test_old_duties_are_forgotten(tmp_path):
    roster = Roster(tmp_path / "roster.sqlite", kept_days=0)
    roster.sign_on("u1", "First User")
    roster.sign_off("u1", "")
    roster._connection.execute("UPDATE duties SET ended = '2020-01-01T00:00:00+00:00'")
    roster.sign_on("u2", "Second User")
    assert roster.ended() == []
    with pytest.raises(RosterError):
        roster.sign_off("u1", "")
    roster.close()


def test_the_page_and_health_need_no_login(client):
    assert "Duty Roster" in client.get("/").text
    assert client.get("/health").json()["status"] == "healthy"


def test_health_is_503_when_the_file_is_gone(client, tmp_path):
    class Broken:
        def check(self):
            raise sqlite3.OperationalError("disk I/O error")

    main.app.dependency_overrides[main.roster] = Broken
    try:
        assert client.get("/health").status_code == 503
    finally:
        main.app.dependency_overrides.clear()
