"""serve-registry.py answers what HTTP allows to ask, and refuses what two readers could take differently."""

from __future__ import annotations

import os
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from tests.bundle_scripts.conftest import LISTED
from tests.bundle_scripts.server_process import Connection, RunningServer, running
from tests.bundle_scripts.test_serve_files import POLICY

if TYPE_CHECKING:
    from pathlib import Path

CATALOG = "/garden/default/apps.json"
CONTENT = LISTED[CATALOG[1:]]
SIZE = len(CONTENT)
HOST = b"Host: localhost\r\n"
INNER = b"GET /garden/default/tools.json HTTP/1.1\r\n" + HOST + b"\r\n"
SMUGGLING = {
    "a body": b"Content-Length: %d" % len(INNER),
    "a chunked body": b"Transfer-Encoding: chunked",
    "a strange coding": b"Transfer-Encoding: xchunked",
    "both": b"Content-Length: 4\r\nTransfer-Encoding: chunked",
    "two lengths": b"Content-Length: 0\r\nContent-Length: %d" % len(INNER),
    "a list of lengths": b"Content-Length: 0, %d" % len(INNER),
    "a signed length": b"Content-Length: +%d" % len(INNER),
    "a space before the colon": b"Content-Length : %d" % len(INNER),
    "a folded line": b"X-Note: one\r\n Content-Length: %d" % len(INNER),
    "a bare line feed": b"X-Note: one\nContent-Length: %d" % len(INNER),
    "a bare carriage return": b"X-Note: one\rContent-Length: %d" % len(INNER),
    "a null": b"X-Note: one\0",
    "a line without a colon": b"Content-Length",
    "a nameless field": b": 1",
    "two hosts": b"Host: other.test",
}
MALFORMED = [
    (b"GET / / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET / HTTP/banana\r\n" + HOST + b"\r\n", 400),
    (b"GET /\r\n\r\n", 400),
    (b"get / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"\r\nGET / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\n" + b"Host: localhost\n\n", 400),
    (b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    (b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", 505),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    (b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n", 405),
    (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 431),
    (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000 + b"\r\n", 431),
    (b"GET / HTTP/1.1\r\nA: " + b"b" * 1_000_000 + b"\r\n\r\n", 431),
]


@pytest.mark.parametrize("field", SMUGGLING.values(), ids=list(SMUGGLING))
def test_no_head_hides_a_second_request(connection: Connection, field: bytes) -> None:
    answer = connection.send_raw(b"GET / HTTP/1.1\r\n" + HOST + field + b"\r\n\r\n" + INNER)
    assert answer.status == 400
    assert not connection.is_open


@pytest.mark.parametrize(("request_bytes", "status"), MALFORMED)
def test_a_malformed_request_gets_a_plain_refusal_that_repeats_nothing(
    connection: Connection, request_bytes: bytes, status: int
) -> None:
    answer = connection.send_raw(request_bytes)
    assert answer.status == status
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.body.startswith(b"%d " % status)
    assert len(answer.body) < 60
    assert not connection.is_open


def test_requests_that_come_at_once_are_answered_one_by_one(server: RunningServer) -> None:
    one = b"GET /%s HTTP/1.1\r\n" + HOST
    both = one % b"index.html" + b"\r\n" + one % CATALOG[1:].encode() + b"Connection: close\r\n\r\n"
    with server.connect() as client:
        client.sendall(both)
        answers = b"".join(iter(lambda: client.recv(65536), b""))
    assert answers.count(b"HTTP/1.1 200 OK") == 2
    assert answers.index(LISTED["index.html"]) < answers.index(CONTENT)


def test_an_old_client_is_answered_and_left(connection: Connection) -> None:
    assert connection.send_raw(b"GET / HTTP/1.0\r\n\r\n").body == LISTED["index.html"]
    assert not connection.is_open


def test_a_length_of_nothing_is_no_body(connection: Connection) -> None:
    assert connection.send("/", Content_Length="0").status == 200
    assert connection.is_open


@pytest.mark.parametrize(
    ("wish", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=2-5", slice(2, 6)),
        ("bytes=2-", slice(2, None)),
        ("bytes=-3", slice(-3, None)),
        ("bytes=-1000", slice(0, None)),
        ("bytes=1-1000", slice(1, None)),
    ],
)
def test_a_range_gets_just_these_bytes(connection: Connection, wish: str, part: slice) -> None:
    first, last, _ = part.indices(SIZE)
    answer = connection.send(CATALOG, Range=wish)
    assert (answer.status, answer.body) == (206, CONTENT[part])
    assert answer.headers["content-range"] == f"bytes {first}-{last - 1}/{SIZE}"
    head = connection.send(CATALOG, "HEAD", Range=wish)
    assert head.headers["content-length"] == str(len(CONTENT[part]))


@pytest.mark.parametrize("wish", [f"bytes={SIZE}-", "bytes=1000-2000", "bytes=-0"])
def test_a_range_outside_of_the_file_is_refused_with_its_size(connection: Connection, wish: str) -> None:
    answer = connection.send(CATALOG, Range=wish)
    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize(
    "wish",
    [
        "bytes=5-2",
        "bytes=-",
        "bytes=a-b",
        "bytes=0-1,3-4",
        "lines=0-1",
        "bytes 0-1",
        "bytes=" + "9" * 50 + "-",
    ],
)
def test_a_range_that_is_not_understood_gets_the_whole_file(connection: Connection, wish: str) -> None:
    answer = connection.send(CATALOG, Range=wish)
    assert (answer.status, answer.body) == (200, CONTENT)


def test_a_download_resumes_only_while_the_file_is_the_same(connection: Connection) -> None:
    headers = connection.send(CATALOG).headers
    same = [
        connection.send(CATALOG, Range="bytes=3-", If_Range=headers[name])
        for name in ("etag", "last-modified")
    ]
    other = connection.send(CATALOG, Range="bytes=3-", If_Range='"other"')
    assert [(answer.status, answer.body) for answer in same] == [(206, CONTENT[3:])] * 2
    assert (other.status, other.body) == (200, CONTENT)


def test_a_date_tells_whether_the_client_has_the_file(connection: Connection) -> None:
    changed = connection.send(CATALOG).headers["last-modified"]
    statuses = {
        since: connection.send(CATALOG, If_Modified_Since=since).status
        for since in (
            changed,
            formatdate(1 << 33, usegmt=True),
            formatdate(0, usegmt=True),
            "yesterday",
            "9" * 900,
        )
    }
    assert list(statuses.values()) == [304, 304, 200, 200, 200]


def test_a_tag_counts_more_than_a_date(connection: Connection) -> None:
    changed = connection.send(CATALOG).headers["last-modified"]
    assert connection.send(CATALOG, If_Modified_Since=changed, If_None_Match='"other"').status == 200


def test_the_modification_time_that_a_build_sets_hides_no_change(tmp_path: Path) -> None:
    root = tmp_path / "registry"
    page = root / "garden/default/apps.json"
    page.parent.mkdir(parents=True)
    page.write_text("[]")
    os.utime(page, (0, 0))
    with running(root, tmp_path) as server:
        assert server.get(CATALOG, If_Modified_Since=formatdate(86400, usegmt=True)).status == 200


def test_the_log_has_one_line_per_request_with_status_and_size(
    server: RunningServer, connection: Connection
) -> None:
    before = len(server.errors.read_text())
    connection.send(CATALOG + "?one", Range="bytes=0-3")
    connection.send("/nothing?two")
    connection.send(CATALOG + "?three", "HEAD")
    lines = server.logged("?three")[before:].splitlines()
    assert [line.partition(" ")[2] for line in lines] == [
        '127.0.0.1 "GET /garden/default/apps.json?one HTTP/1.1" 206 4',
        '127.0.0.1 "GET /nothing?two HTTP/1.1" 404 14',
        '127.0.0.1 "HEAD /garden/default/apps.json?three HTTP/1.1" 200 0',
    ]


@pytest.mark.parametrize(
    ("asked", "logged"),
    [
        (b"/\x1b[31m", r'"GET /\x1b[31m HTTP/1.1" 400'),
        (b"/\xff", r'"GET /\xff HTTP/1.1" 404'),
        (b'/" 200 1 "', r'"GET /%22 200 1 %22 HTTP/1.1" 400'),
        (b"/\n2026-01-01T00:00:00+0000 10.0.0.1 forged", '"GET /" 400'),
        (b"/" + b"x" * 900, "x" * 400),
    ],
)
def test_no_request_forges_a_line_of_the_log(
    server: RunningServer, connection: Connection, asked: bytes, logged: str
) -> None:
    before = len(server.errors.read_text())
    connection.send_raw(b"GET " + asked + b" HTTP/1.1\r\n" + HOST + b"\r\n")
    lines = server.logged(logged)[before:].splitlines()
    assert len(lines) == 1
    assert len(lines[0]) < 700
    assert lines[0].isprintable()


def test_with_http_the_same_is_served_without_tls(registry: Path, tmp_path: Path) -> None:
    with running(registry, tmp_path, "--http") as server:
        answer = server.get(CATALOG)
        assert (answer.status, answer.body, answer.headers["content-security-policy"]) == (
            200,
            CONTENT,
            POLICY,
        )
        assert f'LOCAL_STAGE_URL="http://127.0.0.1:{server.port}"' in server.output.read_text()
        assert not server.state.exists()
        with pytest.raises(ConnectionRefusedError):
            server.dial("::1")


def test_a_tls_client_of_plain_http_is_left_without_an_answer(registry: Path, tmp_path: Path) -> None:
    with running(registry, tmp_path, "--http") as server, server.dial() as client:
        client.sendall(b"\x16\x03\x01\x02\x00\x01")
        assert client.recv(100) == b""
        assert "refused: the client spoke TLS" in server.logged("refused")
