"""What an S3-compatible store may answer: each is told apart, and none is taken for an empty catalog."""

from __future__ import annotations

import itertools
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from catalog.errors import CatalogError, MissingError
from catalog.operations.publication import Wishes, carry_out
from catalog.registry.published import Published
from catalog.remote.lock import held
from catalog.remote.lock_note import FREE
from catalog.remote.s3_store import Bucket, Patience, S3Store
from catalog.remote.store import OvertakenError, UnsettledError
from tests.support.published import AllThere, catalog, entry, offered, target, tool
from tests.support.s3 import BUCKET, s3_server
from tests.support.stores import LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow
Answer = tuple[str, str] | str
"""A status with a code, or how the answer is damaged."""
KEY = "garden/default/apps.json"
SHORT_OF_TRIES = Patience(connect=5, answer=5, attempts=3)
OLD = catalog(entry("a"), tool("tool-t"))
ERROR = "<?xml version='1.0'?><Error><Code>{}</Code><Message>{}</Message></Error>"


class Meddler:
    """Answers in place of the server: `plan` says for a method what, or None to let it pass."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.plan: Callable[[str], Answer | None] = lambda _: None
        self.seen: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        method: str = environ["REQUEST_METHOD"]
        self.seen.append(method)
        wish = self.plan(method)
        if isinstance(wish, tuple):
            body = ERROR.format(wish[1], "said the test").encode()
            start(wish[0], [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
            return [body]
        if wish == "truncated":
            start("200 OK", [("Content-Length", "9999"), ("ETag", '"x"'), ("Last-Modified", LONG_AGO)])
            return [b'[{"name": "a"']
        if wish == "page":
            body = b"<html>" if method == "GET" else b""
            start("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(body)))])
            return [body]
        whole = list(self.app(environ, start if wish is None else _nowhere))
        if wish == "lost":  # done, but the answer is another one
            body = ERROR.format("InternalError", "said the test").encode()
            start("500 Internal Server Error", [("Content-Length", str(len(body)))])
            return [body]
        return whole


LONG_AGO = "Sat, 21 Nov 2020 10:00:00 GMT"


def _nowhere(*_: Any) -> Callable[[bytes], None]:
    return lambda _: None


@pytest.fixture
def s3_at_odds(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[S3Store, Meddler]]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    meddlers: list[Meddler] = []

    def around(app: Any) -> Any:
        meddlers.append(Meddler(app))
        return meddlers[0]

    with s3_server(around) as endpoint:
        store = S3Store(Bucket(BUCKET, "", endpoint, "us-east-1"), LIMIT, SHORT_OF_TRIES)
        store._client.create_bucket(Bucket=BUCKET)
        yield store, meddlers[0]
        meddlers[0].plan = lambda _: None
        for item in store.keys(""):
            store._client.delete_object(Bucket=BUCKET, Key=item)


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        ("403 Forbidden", "AccessDenied", "refused"),
        ("403 Forbidden", "ExpiredToken", "ExpiredToken"),
        ("403 Forbidden", "InvalidAccessKeyId", "InvalidAccessKeyId"),
        ("403 Forbidden", "RequestTimeTooSkewed", "clock is wrong"),
        ("404 Not Found", "NoSuchBucket", "no bucket"),
        ("404 Not Found", "NotFound", "404"),
        ("400 Bad Request", "InvalidRequest", "400"),
        ("429 Too Many Requests", "TooManyRequests", "429"),
        ("503 Slow Down", "SlowDown", "503"),
        ("500 Internal Server Error", "InternalError", "500"),
    ],
)
def test_only_the_answer_that_there_is_no_such_key_means_that_there_is_nothing(
    s3_at_odds: tuple[S3Store, Meddler], status: str, code: str, said: str
) -> None:
    store, meddler = s3_at_odds
    meddler.plan = lambda _: (status, code)
    for attempt in (lambda: store.read(KEY), lambda: store.create(KEY, b"[]"), lambda: list(store.keys(""))):
        with pytest.raises(MissingError, match=said):
            attempt()
    meddler.plan = lambda _: ("404 Not Found", "NoSuchKey")
    assert store.read(KEY) is None


def test_a_web_page_in_the_place_of_the_store_is_no_file(s3_at_odds: tuple[S3Store, Meddler]) -> None:
    store, meddler = s3_at_odds
    meddler.plan = lambda _: "page"
    for attempt in (
        lambda: store.read(KEY),
        lambda: store.create(KEY, b"[]"),
        lambda: store.replace(KEY, b"[]", '"tag"'),
    ):
        with pytest.raises(MissingError, match="as no S3-compatible store does: without 'ETag'") as caught:
            attempt()
        assert "web console" in caught.value.hint


@pytest.mark.parametrize(
    ("status", "code"),
    [("412 Precondition Failed", "PreconditionFailed"), ("409 Conflict", "ConditionalRequestConflict")],
)
def test_a_condition_that_does_not_hold_is_told_from_a_failure(
    s3_at_odds: tuple[S3Store, Meddler], status: str, code: str
) -> None:
    store, meddler = s3_at_odds
    meddler.plan = lambda _: (status, code)
    with pytest.raises(OvertakenError):
        store.create(KEY, b"[]")
    with pytest.raises(OvertakenError):
        store.replace(KEY, b"[]", '"tag"')


def test_a_store_that_is_busy_is_asked_again(s3_at_odds: tuple[S3Store, Meddler]) -> None:
    store, meddler = s3_at_odds
    left = [("503 Slow Down", "SlowDown")] * 2
    meddler.plan = lambda _: left.pop() if left else None
    store.create(KEY, b"[]")
    assert store.read(KEY) is not None


def test_a_write_that_was_carried_out_but_answered_with_an_error_is_not_taken_for_somebody_elses(
    s3_at_odds: tuple[S3Store, Meddler],
) -> None:
    store, meddler = s3_at_odds
    left = ["lost"]
    meddler.plan = lambda method: left.pop() if left and method == "PUT" else None
    tag = store.create(KEY, b"[]")
    found = store.read(KEY)
    assert found is not None
    assert found.tag == tag
    left.append("lost")
    other = store.replace(KEY, b"[1]", tag)
    assert other != tag


def test_a_store_that_is_busy_while_a_lock_is_tried_is_not_said_to_have_none(
    s3_at_odds: tuple[S3Store, Meddler],
) -> None:
    store, meddler = s3_at_odds
    puts = itertools.count(1)
    busy = ("503 Slow Down", "SlowDown")
    meddler.plan = lambda method: busy if method == "PUT" and next(puts) == 2 else None
    place = target(store)
    with held(place.locking(0), place.lock_note()) as lease:
        lease.ensure()
    found = store.read(place.locking(0).key)
    assert found is not None
    assert found.content == FREE


def test_a_body_that_breaks_off_is_not_a_shorter_catalog(s3_at_odds: tuple[S3Store, Meddler]) -> None:
    store, meddler = s3_at_odds
    meddler.plan = lambda _: "truncated"
    with pytest.raises(MissingError):
        store.read(KEY)
    assert len(meddler.seen) >= 3


def test_a_server_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    patience = Patience(connect=0.3, answer=0.2, attempts=1)
    with _silent() as endpoint:
        store = S3Store(Bucket(BUCKET, "", endpoint, "us-east-1"), LIMIT, patience)
        with pytest.raises(UnsettledError):
            store.create(KEY, b"[]")
        with pytest.raises(MissingError):
            store.read(KEY)
    with pytest.raises(MissingError, match="cannot be reached"):
        S3Store(Bucket(BUCKET, "", "http://127.0.0.1:9", "us-east-1"), LIMIT, patience).read(KEY)


def test_without_a_login_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(MissingError, match="no login"):
        S3Store(Bucket(BUCKET, "", "http://127.0.0.1:9", "us-east-1"), LIMIT, SHORT_OF_TRIES).read(KEY)


WRONG: list[Answer] = [
    ("503 Slow Down", "SlowDown"),
    ("412 Precondition Failed", "PreconditionFailed"),
    ("403 Forbidden", "AccessDenied"),
    "lost",
    "truncated",
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_the_catalog_is_the_old_or_the_new_one_when_one_request_goes_wrong(
    s3_at_odds: tuple[S3Store, Meddler], wrong: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    store, meddler = s3_at_odds
    mine = offered(entry("a", "1.1.0"), tool("tool-t", "1.1.0"))
    new = catalog(entry("a", "1.1.0"), tool("tool-t", "1.1.0"))
    for at in range(1, 22):
        _reset(store)
        count = [0]

        def plan(method: str, at: int = at, count: list[int] = count) -> Any:
            count[0] += 1
            is_read = method == "GET"
            return wrong if count[0] == at and (wrong != "truncated" or is_read) else None

        meddler.plan = plan
        with suppress(CatalogError):
            carry_out(target(store), Wishes(mine, AllThere()))
        meddler.plan = lambda _: None
        assert target(store).catalog.entries(target(store).catalog.read()) in (OLD, new)
        apps, tools = (store.read(f"garden/default/{name}.json") for name in ("apps", "tools"))
        assert apps is not None
        assert tools is not None
        assert Published.read(apps.content, tools.content, "raw") in (OLD, new)


def _reset(store: S3Store) -> None:
    for key in list(store.keys("")):
        store._client.delete_object(Bucket=BUCKET, Key=key)
    store.create(KEY, OLD.apps_json())
    store.create("garden/default/tools.json", OLD.tools_json())


@contextmanager
def _silent() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
