import base64
import json
from datetime import datetime, timezone

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from kamiwaza_auth import Identity, require_auth
from kamiwaza_auth.endpoints import create_session_router
from kamiwaza_auth.errors import AuthenticationError, SessionExpiredError
from kamiwaza_auth.identity import identity_from_headers
from kamiwaza_auth.jwt import calculate_session_expires_at, decode_jwt

HEADERS = {"X-User-Id": "u7", "X-User-Name": "Example User", "X-User-Roles": "admin, viewer,"}


@pytest.fixture
def client():
    app = FastAPI()
    app.include_router(create_session_router("/api"))

    @app.get("/hello")
    def hello(who: Identity = Depends(require_auth)) -> str:
        return who.name

    return TestClient(app)


def token(claims):
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def test_the_platforms_headers_say_who_asks(client):
    assert client.get("/hello", headers=HEADERS).json() == "Example User"
    assert client.get("/api/session", headers=HEADERS).json() == {
        "user_id": "u7", "name": "Example User", "email": None, "roles": ["admin", "viewer"],
    }


def test_without_a_login_nothing_is_told(client, monkeypatch):
    monkeypatch.delenv("KAMIWAZA_USE_AUTH", raising=False)
    assert client.get("/hello").status_code == 401


def test_where_no_login_is_wanted_everybody_is_the_developer(client, monkeypatch):
    monkeypatch.setenv("KAMIWAZA_USE_AUTH", "false")
    assert client.get("/hello").json() == "Developer"


def test_an_empty_user_id_is_nobody():
    assert identity_from_headers({"x-user-id": "  ", "x-user-name": "x"}) is None
    assert identity_from_headers({"X-USER-ID": "7"}) == Identity("7", "7")


@pytest.mark.parametrize("path", ["https://evil.test", "//evil.test", "/\\evil.test", "/a\n"])
def test_a_login_never_leads_to_another_site(client, path):
    url = client.get("/api/auth/login-url", params={"redirect": path}).json()["url"]
    assert url == "/login?redirect=%2F"


def test_the_claims_of_a_token_are_read():
    assert decode_jwt(token({"sub": "u7"})) == {"sub": "u7"}


@pytest.mark.parametrize("text", ["", "a.b", "a.%%%.c", "a.e30x.c", "a.W10.c"])
def test_what_is_no_token_is_refused(text):
    with pytest.raises(AuthenticationError):
        decode_jwt(text)


def test_a_session_ends_when_its_token_does():
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    ends = calculate_session_expires_at({"exp": now.timestamp() + 60}, now)
    assert (ends - now).seconds == 60
    with pytest.raises(SessionExpiredError):
        calculate_session_expires_at({"exp": now.timestamp()}, now)
    with pytest.raises(AuthenticationError):
        calculate_session_expires_at({"exp": "soon"}, now)
