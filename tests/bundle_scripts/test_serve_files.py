"""serve-registry.py serves what the layout of a registry lists, and nothing else."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bundle_scripts.conftest import LISTED, UNLISTED
from tests.bundle_scripts.server_process import Connection, RunningServer, running

if TYPE_CHECKING:
    from pathlib import Path

POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TRAVERSALS = [
    "/../outside.html",
    "/site/../../outside.html",
    "/site/../serve-registry.py",
    "/site/..%2f..%2foutside.html",
    "/site/%2e%2e/%2e%2e/outside.html",
    "/site/%252e%252e/outside.html",
    "/site/..\\..\\outside.html",
    "/site/..%5c..%5coutside.html",
    "/site/.%00./outside.html",
    "/site/%c0%ae%c0%ae/outside.html",
    "/site/....//outside.html",
    "/site//index.html/../../serve-registry.py",
    "/site/./index.html",
    "/site/style.css/",
    "/site/style.css/.",
    "/site/style.css%00.html",
    "/garden/default/../default/apps.json",
    "/garden/default/app-garden-images/../docker-images/notes.png",
    "/garden/default/images/notes.png",
    "/site/leak.html",
    "/site/leaks/outside.html",
    "/site/pipe.html",
    "/site",
    "/site/apps",
    "/site/apps/",
    "/garden/",
    "/garden/default/",
    "/%",
    "/%zz",
    "/site/" + "a" * 5000,
    "/site/" + "a/" * 3000,
    "/etc/passwd",
    "//etc/passwd",
    "/~root/",
    "index.html",
    "file:///etc/passwd",
    "https://localhost/index.html",
    "*",
]


@pytest.mark.parametrize("name", LISTED)
def test_a_listed_file_is_served_as_it_is(connection: Connection, name: str) -> None:
    answer = connection.send("/" + quote(name))
    assert (answer.status, answer.body) == (200, LISTED[name])


@pytest.mark.parametrize("name", UNLISTED)
def test_a_file_that_the_layout_does_not_list_is_not_found(connection: Connection, name: str) -> None:
    assert connection.send("/" + name).status == 404


@pytest.mark.parametrize("target", TRAVERSALS)
def test_no_spelling_of_a_path_leads_elsewhere(connection: Connection, target: str) -> None:
    assert connection.send(target).status == 404


def test_a_link_below_the_root_is_there_but_not_followed(registry: Path) -> None:
    assert (registry / "site/leak.html").read_bytes() == (registry / "site/leaks/outside.html").read_bytes()


def test_a_folder_means_its_index(connection: Connection) -> None:
    assert connection.send("/").body == LISTED["index.html"]
    assert connection.send("/site/apps/notes/").body == LISTED["site/apps/notes/index.html"]


def test_a_query_does_not_change_the_file(connection: Connection) -> None:
    assert connection.send("/index.html?next=/../serve-registry.py").body == LISTED["index.html"]


@pytest.mark.parametrize("target", ["/", "/garden/default/apps.json", "/nothing", "/healthz", "/%zz"])
def test_every_answer_carries_the_protecting_headers(connection: Connection, target: str) -> None:
    headers = connection.send(target).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["server"] == "kamiwaza-registry"


@pytest.mark.parametrize(
    ("target", "content_type", "caching"),
    [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/garden/default/apps.json", "application/json", "no-cache"),
        ("/site/catalog-data.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/site/style.css", "text/css; charset=utf-8", "no-cache"),
        ("/garden/v2/images/notes.svg", "image/svg+xml", "max-age=3600"),
        ("/garden/default/app-garden-images/notes.png", "image/png", "max-age=3600"),
        ("/site/data.bin", "application/octet-stream", "no-cache"),
    ],
)
def test_content_type_and_caching_follow_the_kind_of_file(
    connection: Connection, target: str, content_type: str, caching: str
) -> None:
    headers = connection.send(target).headers
    assert (headers["content-type"], headers["cache-control"]) == (content_type, caching)


@pytest.mark.parametrize("target", ["/garden/default/apps.json", "/nothing", "/healthz"])
def test_head_answers_as_get_without_a_body(connection: Connection, target: str) -> None:
    get, head = connection.send(target), connection.send(target, "HEAD")
    assert head.body == b""
    assert head.status == get.status
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.body))


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_a_client_that_has_the_file_is_told_so(connection: Connection, form: str) -> None:
    etag = connection.send("/garden/default/apps.json").headers["etag"]
    answer = connection.send("/garden/default/apps.json", If_None_Match=form.format(etag))
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", etag)


def test_a_client_that_has_another_version_gets_the_file(connection: Connection) -> None:
    assert connection.send("/garden/default/apps.json", If_None_Match='"other"').status == 200


def test_new_content_has_a_new_etag_even_with_the_size_and_time_of_the_old(
    registry: Path, connection: Connection
) -> None:
    page = registry / "site/changing.html"
    page.write_text("one")
    os.utime(page, (0, 0))
    old = connection.send("/site/changing.html").headers["etag"]
    (registry / "site/draft").write_text("two")
    (registry / "site/draft").replace(page)
    os.utime(page, (0, 0))
    answer = connection.send("/site/changing.html", If_None_Match=old)
    assert (answer.status, answer.body) == (200, b"two")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_a_method_that_writes_is_refused(connection: Connection, method: str) -> None:
    answer = connection.send("/index.html", method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_request_with_a_body_cannot_smuggle_a_second_request(connection: Connection) -> None:
    inner = b"GET /garden/default/tools.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(inner)
    assert connection.send_raw(head + inner).body == LISTED["index.html"]
    assert not connection.is_open


def test_one_connection_carries_many_requests(connection: Connection) -> None:
    assert [connection.send(target).status for target in ("/", "/nothing", "/site/", "/%zz")] == [
        200,
        404,
        200,
        404,
    ]
    assert connection.is_open


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/banana\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", 501),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
    ],
)
def test_a_malformed_request_gets_a_plain_refusal_that_repeats_nothing(
    connection: Connection, request_bytes: bytes, status: int
) -> None:
    answer = connection.send_raw(request_bytes)
    assert answer.status == status
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.body.startswith(b"%d " % status)
    assert len(answer.body) < 60


def test_the_log_has_one_line_per_request_and_no_control_characters(
    server: RunningServer, connection: Connection
) -> None:
    before = len(server.errors.read_bytes())
    connection.send(b"/\x1b[31m\xff")
    logged = server.errors.read_bytes()[before:]
    assert logged.count(b"\n") == 1
    assert b'127.0.0.1 "GET /\\x1b[31m\\xff HTTP/1.1" 404' in logged


def test_health_follows_the_catalog(tmp_path: Path) -> None:
    catalog = tmp_path / "registry/garden/v3/apps.json"
    catalog.parent.mkdir(parents=True)
    catalog.write_text("[]")
    with running(tmp_path / "registry", tmp_path) as server:
        healthy = server.get("/healthz").status
        catalog.unlink()
        assert (healthy, server.get("/healthz").status) == (200, 503)


PIECES = [
    *(
        "/",
        "//",
        "/./",
        "/../",
        "..",
        ".",
        "%2e",
        "%2E%2e",
        "%252e",
        "%2f",
        "%5c",
        "\\",
        "%00",
        "%0a",
        "\x7f",
    ),
    *("site", "garden", "default", "v2", "images", "app-garden-images", "docker-images", "apps", "notes"),
    *("index.html", "apps.json", "tools.json", "notes.png", "blobs.tar", "serve-registry.py", "README.md"),
    *(
        "leak.html",
        "leaks",
        "outside.html",
        "pipe.html",
        ".git",
        "config",
        ".certs",
        "server.key",
        "etc/passwd",
    ),
    *("?", "#", ";", "%", "%zz", "%c0%af", "\xe9", "\xff", "~", "*", ":", "https://localhost", "file://"),
]


def assert_nothing_leaks(connection: Connection, target: str) -> int:
    answer = connection.send(target)
    assert answer.status in {200, 400, 404}
    assert answer.status != 200 or answer.body in LISTED.values() or answer.body == b"200 OK\n", target
    return answer.status


def test_five_thousand_random_paths_reach_no_file_outside_the_layout(
    server: RunningServer, connection: Connection
) -> None:
    dice = random.Random(58888)  # noqa: S311  # the same paths in every run
    paths = ["/" + "".join(dice.choices(PIECES, k=dice.randint(1, 9))) for _ in range(5000)]
    statuses = {assert_nothing_leaks(connection, path) for path in paths}
    assert statuses == {200, 404}  # the paths are no mere noise: some of them are served
    assert b"Traceback" not in server.errors.read_bytes()
    assert server.process.poll() is None


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(target=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), min_size=1))
def test_any_bytes_as_a_path_reach_no_file_outside_the_layout(
    server: RunningServer, connection: Connection, target: str
) -> None:
    assert_nothing_leaks(connection, "/" + target)
    assert b"Traceback" not in server.errors.read_bytes()
