"""A conversation with a platform that may do anything: failures are clear, secrets and logins stay here."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import SecretStr

from catalog.errors import CatalogError, MissingError
from catalog.remote.address import parse_address
from catalog.remote.clock import SystemClock
from catalog.remote.connection import Connection
from catalog.remote.credentials import Login, Token
from catalog.remote.failures import (
    AbsentError,
    LoginError,
    PlatformError,
    RefusedError,
    TakenError,
)
from catalog.remote.session import Session
from catalog.remote.transport import Limits, Transport
from tests.support.kamiwaza_stand_in import PASSWORD, TOKEN, USERNAME, Reply, Seen, StandIn, reply, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LIST = "/apps/app_templates"
GET, POST = f"GET /api{LIST}", f"POST /api{LIST}"
BODY = {"name": "notes", "source_type": "kamiwaza", "compose_yml": "", "template_type": "app"}
LOGIN = Login(USERNAME, SecretStr(PASSWORD))
QUICK = Limits(silence=0.2, total=0.4, size=1000)


class Clock(SystemClock):
    """Lets no time pass, and remembers how much was asked for."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 11, 21, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@contextmanager
def session(platform: StandIn, **options: Any) -> Iterator[Session]:
    limits, clock = options.pop("limits", None), options.pop("clock", Clock())
    ask: Any = options.pop("ask", lambda *_: None)
    options.setdefault("credentials", Token(SecretStr(TOKEN)))
    connection = Connection(parse_address(options.pop("url", platform.url)), **options)
    with Transport(connection, limits, clock) as transport:
        yield Session(connection, transport, ask)


def failure(platform: StandIn, act: Callable[[Session], Any], **options: Any) -> CatalogError:
    """The failure that an act ends with; whatever happened, it tells no secret and has a way on."""
    with session(platform, **options) as opened, pytest.raises(CatalogError) as caught:
        act(opened)
    said = f"{caught.value.message} {caught.value.hint} {caught.value!r}"
    assert not [secret for secret in (TOKEN, PASSWORD, *platform.tokens) if secret in said]
    assert caught.value.__cause__ is None
    return caught.value


def get(opened: Session) -> Any:
    return opened.get(LIST)


def post(opened: Session) -> Any:
    return opened.post(LIST, BODY)


def test_a_token_is_sent_with_each_request(platform: StandIn) -> None:
    with session(platform) as opened:
        assert get(opened) == []
    assert platform.seen[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert platform.lines() == [GET]


def test_a_password_is_traded_for_a_token_once(platform: StandIn) -> None:
    with session(platform, credentials=LOGIN) as opened:
        get(opened)
        post(opened)
    assert platform.lines() == ["POST /api/auth/token", GET, POST]
    assert platform.seen[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert "password" not in platform.seen[1].headers["authorization"]


def test_a_platform_without_login_gets_no_credentials(platform: StandIn) -> None:
    platform.has_login = False
    with session(platform, credentials=LOGIN) as opened:
        get(opened)
        get(opened)
    assert platform.lines() == ["POST /api/auth/token", GET, GET]
    assert "authorization" not in platform.seen[1].headers


def test_without_credentials_nobody_is_asked_where_no_login_is_wanted(platform: StandIn) -> None:
    platform.has_login = False
    with session(platform, credentials=None, ask=lambda *_: pytest.fail("asked")) as opened:
        get(opened)
    assert platform.lines() == [GET]


def test_a_person_is_asked_once_when_the_platform_wants_a_login(platform: StandIn) -> None:
    asked: list[tuple[str, str]] = []

    def ask(*question: str) -> Login:
        asked.append((question[0], question[1]))
        return LOGIN

    with session(platform, credentials=None, username="ada", ask=ask) as opened:
        get(opened)
        get(opened)
    assert asked == [(f"{platform.url}/api", "ada")]
    assert platform.lines() == [GET, "POST /api/auth/token", GET, GET]


def test_a_token_that_ran_out_is_renewed_by_the_password(platform: StandIn) -> None:
    with session(platform, credentials=LOGIN) as opened:
        get(opened)
        platform.tokens.clear()
        get(opened)
    assert platform.lines() == ["POST /api/auth/token", GET, GET, "POST /api/auth/token", GET]


def test_a_refused_token_is_not_tried_again(platform: StandIn) -> None:
    error = failure(platform, get, credentials=Token(SecretStr("wrong-hunter2")))
    assert isinstance(error, LoginError)
    assert "does not take this login: GET " in error.message
    assert "Not authenticated" in error.message
    assert "KAMIWAZA_API_TOKEN" in error.hint
    assert platform.lines() == [GET]


def test_a_wrong_password_is_told_without_it_and_without_the_platforms_words(platform: StandIn) -> None:
    echo = {"detail": f"bad login hunter2-wrong for {USERNAME}"}
    platform.script("POST /api/auth/token", reply(401, echo))
    error = failure(platform, get, credentials=Login(USERNAME, SecretStr("hunter2-wrong")))
    assert error.message.endswith("does not take the login of 'ada' (401).")
    assert "hunter2" not in error.message + error.hint
    assert error.exit_code == 3
    assert platform.lines() == ["POST /api/auth/token"]


@pytest.mark.parametrize("data", [{}, [], None, {"access_token": ""}, {"access_token": 5}, "token"])
def test_a_login_answer_without_a_token_is_told(platform: StandIn, data: object) -> None:
    platform.script("POST /api/auth/token", reply(200, data))
    assert "has no access_token" in failure(platform, get, credentials=LOGIN).message


@pytest.mark.parametrize("token", ["a b", "a\r\nX: y", "tökén"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_sent(platform: StandIn, token: str) -> None:
    error = failure(platform, get, credentials=Token(SecretStr(token)))
    assert error.message == "The token has characters that no token has."
    assert platform.seen == []


@pytest.mark.parametrize("credentials", [LOGIN, Token(SecretStr(TOKEN)), None])
def test_no_login_goes_over_plain_http_to_another_machine(
    platform: StandIn, credentials: Login | Token | None
) -> None:
    asked: list[object] = []
    connection = Connection(parse_address("http://192.0.2.1"), credentials)
    with Transport(connection) as transport:
        opened = Session(connection, transport, lambda *_: asked.append(1))
        if credentials is None:
            # the answer that would make it ask comes from a stand-in
            opened._transport = _Fixed(transport, platform)  # type: ignore[assignment]
        with pytest.raises(PlatformError, match="is plain HTTP, over which a login can be read"):
            opened.get(LIST)
    assert asked == []
    assert [seen.headers.get("authorization") for seen in platform.seen] == [None] * len(platform.seen)


class _Fixed:
    """Sends every request to the stand-in instead."""

    def __init__(self, transport: Transport, platform: StandIn) -> None:
        self._inner, self._platform = transport, platform

    def exchange(self, request: Any) -> Any:
        made = self._platform.answer(Seen(request.method, f"/api{LIST}", {}, b""))
        return type("A", (), {"status": made.status, "body": made.body, "content_type": made.content_type})()


@pytest.mark.parametrize(
    ("status", "kind", "exit_code", "words"),
    [
        (400, RefusedError, 1, "refuses it: POST "),
        (401, LoginError, 3, "does not take this login"),
        (403, PlatformError, 3, "This user may not do that"),
        (404, AbsentError, 1, "does not have that"),
        (405, RefusedError, 1, "refuses it"),
        (409, TakenError, 5, "contradicts what the platform has"),
        (413, RefusedError, 1, "refuses it"),
        (422, RefusedError, 1, "refuses it"),
        (423, TakenError, 5, "contradicts"),
        (429, PlatformError, 3, "takes no more requests"),
        (500, PlatformError, 3, "The platform failed"),
        (502, PlatformError, 3, "is not ready"),
        (503, PlatformError, 3, "is not ready"),
        (304, RefusedError, 1, "refuses it"),
    ],
)
def test_every_refusal_says_what_where_and_why(
    platform: StandIn, status: int, kind: type[CatalogError], exit_code: int, words: str
) -> None:
    platform.script(POST, *[reply(status, {"detail": f"because of {TOKEN}\n and\tmore."})] * 5)
    error = failure(platform, post)
    assert type(error) is kind
    assert error.exit_code == exit_code
    assert words in error.message
    assert f"POST {platform.url}/api{LIST} ({status})" in error.message
    if status != 304:
        assert "because of … and more" in error.message


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"detail": [{"loc": ["body", "name"], "msg": "too long", "input": "x"}]}, ": name: too long."),
        ({"detail": {"reason": "not yet", "elapsed": 5}}, ": not yet."),
        ({"error": "invalid_grant", "error_description": "no"}, ": invalid_grant; no."),
        ({"message": "x" * 900}, f": {'x' * 300}…."),
        ({"other": "what"}, "(400)."),
        ([], "(400)."),
        (7, "(400)."),
    ],
)
def test_reasons_of_every_form_are_told_shortly(platform: StandIn, data: object, reason: str) -> None:
    platform.script(POST, reply(400, data))
    assert failure(platform, post).message.endswith(reason)


def test_a_secret_is_not_told_however_the_platform_writes_it(platform: StandIn) -> None:
    with session(platform, credentials=LOGIN) as opened:
        get(opened)
        token = platform.seen[-1].headers["authorization"].removeprefix("Bearer ")
        echoed = f"{PASSWORD} {json.dumps(PASSWORD)} pa55%20w%C3%B6rd/%2B%26%3Dsecret {token}"
        platform.script(POST, reply(400, {"detail": echoed}))
        with pytest.raises(RefusedError) as caught:
            post(opened)
    assert "secret" not in caught.value.message
    assert "pa55" not in caught.value.message


def test_a_short_secret_silences_the_platforms_words_altogether(platform: StandIn) -> None:
    platform.script(POST, reply(400, {"detail": "abc is no name"}))
    error = failure(platform, post, credentials=Token(SecretStr("abc")))
    assert error.message.endswith("(400).")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (Reply(200, b"<!DOCTYPE html><p>Sign in", "text/html"), "is answered with a web page"),
        (Reply(200, b"  <html>", "application/json"), "is answered with a web page"),
        (Reply(200, b"", "application/json"), "is empty (0 bytes)"),
        (Reply(200, b'[{"id": "1', "application/json"), "is no JSON, or was cut off (10 bytes)"),
        (Reply(200, b"\xff\xfe", "application/json"), "is no JSON, or was cut off"),
        (Reply(200, b"[" * 100_000, "application/json"), "nests too deeply"),
        (Reply(200, b"[]", headers=(("Content-Encoding", "gzip"),)), "is damaged"),
    ],
)
def test_an_answer_that_is_no_data_is_told_as_what_it_is(platform: StandIn, made: Reply, words: str) -> None:
    platform.script(GET, made)
    error = failure(platform, get)
    assert isinstance(error, PlatformError)
    assert words in error.message
    assert f"GET {platform.url}/api{LIST}" in error.message
    assert "KAMIWAZA_API_URL" in error.hint


def test_a_connection_that_breaks_off_is_tried_again_for_reading_alone(platform: StandIn) -> None:
    cut = Reply(200, b"[ ]", cut=1)
    platform.script(GET, cut, cut)
    with session(platform) as opened:
        assert get(opened) == []
    platform.script(POST, cut)
    error = failure(platform, post)
    assert "The connection broke off before POST " in error.message
    assert isinstance(error, PlatformError)
    assert error.may_be_done
    assert platform.lines() == [GET, GET, GET, POST]


def test_a_busy_platform_is_given_time_and_its_wish_is_honoured(platform: StandIn) -> None:
    clock = Clock()
    platform.script(GET, reply(503, {}), reply(429, {}, ("Retry-After", "7")), reply(500, {}))
    with session(platform, clock=clock) as opened:
        assert get(opened) == []
    assert clock.slept == [0.5, 7.0, 2.0]


def test_a_request_that_changes_something_is_sent_again_only_if_it_was_turned_away(platform: StandIn) -> None:
    clock = Clock()
    platform.script(POST, reply(429, {}, ("Retry-After", "1")))
    with session(platform, clock=clock) as opened:
        post(opened)
    assert len(platform.templates) == 1
    assert clock.slept == [1.0]
    platform.script(POST, reply(503, {}, ("Retry-After", "1")))
    failure(platform, post)
    assert platform.lines() == [POST] * 3


def test_an_answer_that_never_comes_ends_in_time(platform: StandIn) -> None:
    def never(_: Seen) -> Reply:
        platform.closing.wait(5)
        return reply(200, [])

    platform.script(POST, never)
    error = failure(platform, post, limits=QUICK)
    assert "was not answered whole within 0.2 s" in error.message
    assert isinstance(error, PlatformError)
    assert error.may_be_done


class _Late(Clock):
    """Time runs a minute at each look."""

    def elapsed(self) -> float:
        self.slept.append(0)
        return 60.0 * len(self.slept)


def test_an_answer_that_trickles_ends_in_time(platform: StandIn) -> None:
    platform.script(GET, reply(200, ["x" * 100]))
    error = failure(platform, get, limits=Limits(total=0.4, size=1000), clock=_Late())
    assert "was not answered whole within 0.4 s" in error.message


def test_an_answer_without_end_is_not_taken_in(platform: StandIn) -> None:
    bomb = Reply(200, gzip.compress(b"[" + b" " * 50_000), headers=(("Content-Encoding", "gzip"),))
    platform.script(GET, reply(200, ["x" * 1000]), bomb)
    for _ in range(2):
        assert "has more than 1,000 bytes" in failure(platform, get, limits=Limits(size=1000)).message


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("http://192.0.2.7/login?token=hunter2", "http://192.0.2.7"),
        ("//192.0.2.7/x", "http://192.0.2.7"),
        ("https://127.0.0.1/x", "https://127.0.0.1"),
        ("ftp://x/", "an address that is none"),
        ("http://[", "an address that is none"),
        ("http://ada:hunter2@127.0.0.2/", "http://127.0.0.2"),
    ],
)
@pytest.mark.parametrize("status", [302, 308])
def test_a_redirect_to_elsewhere_is_refused(
    platform: StandIn, location: str, place: str, status: int
) -> None:
    platform.script(GET, reply(status, {}, ("Location", location)))
    error = failure(platform, get)
    assert f"is answered with a redirect to {place};" in error.message
    assert "hunter2" not in error.message + error.hint
    assert platform.lines() == [GET]


def test_credentials_never_follow_to_another_port_of_the_same_host(platform: StandIn) -> None:
    with running(StandIn()) as other:
        for line, status in ((GET, 302), ("POST /api/auth/token", 307), (POST, 308)):
            platform.script(line, reply(status, {}, ("Location", f"{other.url}{line.split()[1]}")))
        failure(platform, get)
        failure(platform, get, credentials=LOGIN)
        failure(platform, post)
        assert other.seen == []


def test_a_redirect_within_the_platform_is_followed(platform: StandIn) -> None:
    platform.script(f"GET /api{LIST}/", lambda seen: reply(200, [seen.headers["authorization"]]))
    platform.script(GET, reply(307, {}, ("Location", f"{LIST}/".join(["/api", ""]))))
    with session(platform) as opened:
        assert get(opened) == [f"Bearer {TOKEN}"]
        platform.script(POST, reply(308, {}, ("Location", f"{platform.url}/api{LIST}/?x=1")))
        platform.script(f"POST /api{LIST}/?x=1", lambda seen: reply(200, seen.data))
        assert post(opened) == BODY


def test_a_redirect_that_would_lose_what_is_sent_is_refused(platform: StandIn) -> None:
    platform.script(POST, reply(302, {}, ("Location", f"/api{LIST}/")))
    assert "would turn it into a GET" in failure(platform, post).message


def test_redirects_in_a_circle_end(platform: StandIn) -> None:
    platform.script(GET, *[reply(302, {}, ("Location", f"/api{LIST}"))] * 9)
    assert "leads in a circle" in failure(platform, get).message
    assert len(platform.seen) == 5


def test_tls_is_checked_against_the_authority_that_is_named(secure_platform: StandIn) -> None:
    with session(secure_platform, ca=secure_platform.ca) as opened:
        assert get(opened) == []
    error = failure(secure_platform, get)
    assert "is not to be trusted: unable to get local issuer certificate" in error.message
    assert "--ca FILE" in error.hint
    assert len(secure_platform.seen) == 1


def test_a_certificate_for_another_name_is_refused(secure_platform: StandIn) -> None:
    url = secure_platform.url.replace("127.0.0.1", "localhost")
    error = failure(secure_platform, get, url=url, ca=secure_platform.ca)
    assert "Hostname mismatch" in error.message
    assert secure_platform.seen == []


def test_without_checking_the_platform_is_reached_all_the_same(secure_platform: StandIn) -> None:
    with session(secure_platform, verify=False) as opened:
        assert get(opened) == []


def test_tls_to_a_server_of_plain_http_says_so(platform: StandIn) -> None:
    error = failure(platform, get, url=platform.url.replace("http:", "https:"))
    assert "does not speak TLS as it should" in error.message
    assert "http://" in error.hint


def test_plain_http_to_a_server_of_tls_is_a_failure_in_words(secure_platform: StandIn) -> None:
    error = failure(secure_platform, get, url=secure_platform.url.replace("https:", "http:"))
    assert "The connection broke off before GET " in error.message


def test_a_platform_that_is_not_there_is_told_at_once(platform: StandIn) -> None:
    clock = Clock()
    with running(StandIn()) as other:
        url = other.url
    error = failure(platform, get, url=url, clock=clock)
    assert f"{url} cannot be reached: [Errno 111] Connection refused." == error.message
    assert clock.slept == []


def test_a_machine_that_does_not_answer_is_given_up(platform: StandIn) -> None:
    with session(platform) as opened:
        opened._transport._client = _Nowhere()  # type: ignore[assignment]
        with pytest.raises(PlatformError, match=r"does not answer within 10 s"):
            get(opened)


class _Nowhere:
    """As httpx behaves where packets are dropped."""

    def stream(self, *_: object, **__: object) -> None:
        raise httpx.ConnectTimeout("timed out")

    def close(self) -> None:
        """There is nothing to close."""


def test_time_passes_while_waiting() -> None:
    clock = SystemClock()
    begun = clock.elapsed()
    clock.sleep(0)
    assert clock.elapsed() >= begun
    assert clock.now().tzinfo


def test_a_login_that_fails_for_another_reason_is_told_as_that(platform: StandIn) -> None:
    platform.script("POST /api/auth/token", *[reply(503, {"detail": PASSWORD})] * 5)
    error = failure(platform, get, credentials=LOGIN)
    assert error.message.endswith(f"is not ready: POST {platform.url}/api/auth/token (503).")


def test_a_number_that_json_cannot_say_is_refused_before_sending(platform: StandIn) -> None:
    error = failure(platform, lambda opened: opened.put(LIST, {"x": float("inf")}))
    assert error.message == f"PUT {LIST}: a number is too large for JSON."
    assert platform.seen == []


def test_nothing_secret_is_logged(
    platform: StandIn, caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password netrc-hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with caplog.at_level(logging.DEBUG), session(platform, credentials=LOGIN) as opened:
        post(opened)
    told = caplog.text
    assert not [secret for secret in (PASSWORD, *platform.tokens, "pa55") if secret in told]
    assert {seen.headers.get("authorization", "Bearer ")[:7] for seen in platform.seen} == {"Bearer "}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ALL_PROXY", "socks5://proxy.test:1080", "socksio"),
        ("HTTPS_PROXY", "http://ada:hunter2/@proxy.test:port", "cannot be read"),
        ("https_proxy", "ftp://ada:hunter2@proxy.test:3128", "cannot be read"),
        ("NO_PROXY", "localhost,[::1]", "cannot be read"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable_alone(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv(name, value)
    with pytest.raises(MissingError, match=said) as caught:
        Transport(Connection(parse_address("https://kamiwaza.test")))
    assert f"({name})" in caught.value.message
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("status", "attempts"), [("407 Proxy Authentication Required", 1), ("503 Service Unavailable", 5)]
)
def test_a_proxy_that_refuses_is_told_from_the_platform(
    monkeypatch: pytest.MonkeyPatch, status: str, attempts: int
) -> None:
    """One that wants a login is not asked again and again, which could lock the login."""
    connection, clock = Connection(parse_address("https://kamiwaza.test")), Clock()
    with _proxy(status, attempts) as address:
        monkeypatch.setenv("HTTPS_PROXY", address)
        with Transport(connection, clock=clock) as transport, pytest.raises(PlatformError) as caught:
            Session(connection, transport).get(LIST)
    said = f"The proxy on the way to https://kamiwaza.test does not let us through: {status}."
    assert (caught.value.message, len(clock.slept)) == (said, attempts - 1)


@contextmanager
def _proxy(status: str, attempts: int) -> Iterator[str]:
    """A proxy that answers so many times so."""

    def answer() -> None:
        for _ in range(attempts):
            with listener.accept()[0] as asked:
                asked.recv(4096)
                asked.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


@pytest.mark.parametrize("host", ["kamiwaza..test", f"{'a' * 70}.test", "xn--.test"])
def test_a_name_that_no_host_can_have_is_refused_in_words(host: str) -> None:
    connection = Connection(parse_address(f"https://{host}"))
    with Transport(connection, clock=Clock()) as transport, pytest.raises(PlatformError) as caught:
        Session(connection, transport).get(LIST)
    assert caught.value.message == f"https://{host} cannot be the name of a host."


def test_a_password_that_is_no_text_is_refused_before_sending(platform: StandIn) -> None:
    error = failure(platform, get, credentials=Login(USERNAME, SecretStr("a\udcff")))
    assert error.message == "User or password is no UTF-8 text."
    assert platform.seen == []
