"""The same cases through the platform's own client and through ours: both take the stand-in for it."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import pytest
from kamiwaza_sdk.authentication import UserPasswordAuthenticator
from kamiwaza_sdk.client import KamiwazaClient
from kamiwaza_sdk.token_store import FileTokenStore
from pydantic import SecretStr

from catalog.model.names import Kind
from catalog.remote.address import parse_address
from catalog.remote.clock import SystemClock
from catalog.remote.connection import Connection
from catalog.remote.credentials import Credentials, Login, Token
from catalog.remote.kamiwaza_api import KamiwazaApi
from catalog.remote.session import Session
from catalog.remote.transport import Limits, Transport
from tests.support.kamiwaza_stand_in import PASSWORD, TOKEN, USERNAME, Reply, StandIn, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LIST = "GET /api/apps/app_templates"
NOTES = {"name": "notes", "version": "1.0.0", "source_type": "kamiwaza", "compose_yml": "a: 1\n"}
TOOL = {**NOTES, "name": "mcp-x", "template_type": "tool"}


class Client(Protocol):
    """What both clients can do."""

    def templates(self) -> dict[str, tuple[str, str | None]]:
        """Name of every template, with its id and version."""

    def catalog(self) -> dict[str, str | None]:
        """Name and version of every app of the platform's catalog."""


class Hurried(SystemClock):
    """Waits for nothing."""

    def sleep(self, seconds: float) -> None:
        """Return at once."""


class OwnClient:
    """Ours."""

    def __init__(self, platform: StandIn, credentials: Credentials | None) -> None:
        connection = Connection(parse_address(platform.url), credentials, ca=platform.ca)
        self._transport = Transport(connection, Limits(silence=2), Hurried())
        self._api = KamiwazaApi(Session(connection, self._transport))

    def templates(self) -> dict[str, tuple[str, str | None]]:
        return {one.name: (str(one.id), one.version) for one in self._api.templates()}

    def catalog(self) -> dict[str, str | None]:
        return {one.name: one.version for one in self._api.remote(tools=False)}

    def close(self) -> None:
        self._transport.__exit__()


class PlatformsClient:
    """The one that the platform's makers publish."""

    def __init__(self, platform: StandIn, credentials: Credentials | None, folder: Path) -> None:
        verify = str(platform.ca) if platform.ca else True
        token = credentials.value.get_secret_value() if isinstance(credentials, Token) else None
        self._client = KamiwazaClient(f"{platform.url}/api", token, log_level=logging.ERROR, verify=verify)
        if isinstance(credentials, Login):
            store = FileTokenStore(folder / "token.json")
            self._client.authenticator = UserPasswordAuthenticator(
                credentials.username,
                credentials.password.get_secret_value(),
                self._client.auth,
                token_store=store,
            )

    def templates(self) -> dict[str, tuple[str, str | None]]:
        with warnings.catch_warnings(action="ignore"):
            return {one.name: (str(one.id), one.version) for one in self._client.apps.list_templates()}

    def catalog(self) -> dict[str, str | None]:
        with warnings.catch_warnings(action="ignore"):
            return {one.name: one.version for one in self._client.apps.list_garden_apps(force_refresh=True)}

    def close(self) -> None:
        self._client.close()


@pytest.fixture(params=["ours", "the platform's"])
def client(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[StandIn, Credentials | None], Client]]:
    for name in ("KAMIWAZA_API_KEY", "KAMIWAZA_API_TOKEN", "KAMIWAZA_VERIFY_SSL"):
        monkeypatch.delenv(name, raising=False)
    opened: list[OwnClient | PlatformsClient] = []

    def make(platform: StandIn, credentials: Credentials | None) -> Client:
        made: OwnClient | PlatformsClient = (
            OwnClient(platform, credentials)
            if request.param == "ours"
            else PlatformsClient(platform, credentials, tmp_path)
        )
        opened.append(made)
        return made

    yield make
    for one in opened:
        one.close()


TOKENED = Token(SecretStr(TOKEN))
LOGIN = Login(USERNAME, SecretStr(PASSWORD))


@pytest.mark.parametrize("credentials", [TOKENED, LOGIN])
def test_both_read_the_same_templates(
    client: Callable[..., Client], platform: StandIn, credentials: Credentials
) -> None:
    notes, tool = platform.store(**NOTES), platform.store(**TOOL)
    expected = {"notes": (notes["id"], "1.0.0"), "mcp-x": (tool["id"], "1.0.0")}
    assert client(platform, credentials).templates() == expected


def test_both_read_the_same_catalog(client: Callable[..., Client], platform: StandIn) -> None:
    platform.apps = [{**NOTES, "description": "Notes.", "revision": "r1"}]
    assert client(platform, TOKENED).catalog() == {"notes": "1.0.0"}


def test_both_send_the_same_form_to_log_in(client: Callable[..., Client], platform: StandIn) -> None:
    client(platform, LOGIN).templates()
    assert platform.seen[0].line == "POST /api/auth/token"
    fields = sorted(part.partition(b"=")[0] for part in platform.seen[0].body.split(b"&"))
    assert fields == [b"client_id", b"grant_type", b"password", b"scope", b"username"]


def test_both_reach_it_over_tls_with_its_authority(
    client: Callable[..., Client], secure_platform: StandIn
) -> None:
    assert client(secure_platform, LOGIN).templates() == {}


def test_both_need_no_login_where_there_is_none(client: Callable[..., Client], platform: StandIn) -> None:
    platform.has_login = False
    assert client(platform, None).templates() == {}


@pytest.mark.parametrize("credentials", [None, Token(SecretStr("wrong")), Login("ada", SecretStr("wrong"))])
def test_both_fail_without_a_good_login(
    client: Callable[..., Client], platform: StandIn, credentials: Credentials | None
) -> None:
    with pytest.raises(Exception, match=r"401|login|token|Authentication") as caught:
        client(platform, credentials).templates()
    assert type(caught.value).__module__.startswith(("catalog.remote", "kamiwaza_sdk"))


@pytest.mark.parametrize(
    "made",
    [
        reply(500, {"detail": "boom"}),
        reply(403, {"detail": "no"}),
        Reply(200, b"<html>Sign in</html>", "text/html"),
        reply(200, [{"id": "no id", "name": "x"}]),
        reply(200, [{"name": "x"}]),
        reply(200, {"templates": []}),
    ],
    ids=["500", "403", "page", "bad id", "no id", "no list"],
)
def test_both_fail_over_answers_that_are_none(
    client: Callable[..., Client], platform: StandIn, made: Reply
) -> None:
    platform.script(LIST, *[made] * 5)
    with pytest.raises(Exception, match=r".") as caught:
        client(platform, TOKENED).templates()
    assert not isinstance(caught.value, AssertionError)


def test_what_ours_stores_the_platforms_client_reads_whole(platform: StandIn, tmp_path: Path) -> None:
    ours = OwnClient(platform, TOKENED)
    body = {**TOOL, "env_defaults": {"A": "1"}, "capabilities": ["x"], "strip_path_prefix": None}
    made = ours._api.create(body)
    ours._api.update(made.id, Kind.TOOL, {**body, "version": "1.1.0"})
    theirs = PlatformsClient(platform, TOKENED, tmp_path)
    with warnings.catch_warnings(action="ignore"):
        (read,) = theirs._client.apps.list_templates()
    assert (read.id, read.version, read.compose_yml) == (made.id, "1.1.0", "a: 1\n")
    assert (read.env_defaults, read.capabilities, read.strip_path_prefix) == ({"A": "1"}, ["x"], None)
    ours.close()
    theirs.close()


def test_a_tool_cannot_be_found_where_the_platform_lists_tools(platform: StandIn, tmp_path: Path) -> None:
    platform.store(**TOOL, description="X.")
    theirs = PlatformsClient(platform, TOKENED, tmp_path)
    with warnings.catch_warnings(action="ignore"):
        assert theirs._client.tools.list_imported_templates() == []
    theirs.close()
    ours = OwnClient(platform, TOKENED)
    assert list(ours.templates()) == ["mcp-x"]
    ours.close()


def test_an_update_of_what_is_gone_fails(platform: StandIn) -> None:
    ours = OwnClient(platform, TOKENED)
    with pytest.raises(Exception, match="does not have that: PUT"):
        ours._api.update(uuid4(), Kind.APP, NOTES)
    ours.close()
