"""serve-registry.py serves what the layout of a registry lists, and nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.bundle_scripts.conftest import LISTED, UNLISTED
from tests.bundle_scripts.server_process import Connection, outcome, running

if TYPE_CHECKING:
    from pathlib import Path

POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FOREVER = "public, max-age=31536000, immutable"
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
    "/site/linked.html",
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


@pytest.mark.parametrize("damage", [b"\xff\xfe", b"", b"\n\n"])
def test_a_damaged_list_of_files_makes_the_server_unhealthy_and_nothing_more(
    tmp_path: Path, damage: bytes
) -> None:
    root = tmp_path / "registry"
    (root / "garden/default").mkdir(parents=True)
    (root / "garden/default/apps.json").write_text("[]")
    good = f"{'0' * 64}  garden/default/apps.json\n"
    (root / "SHA256SUMS").write_text(good)
    with running(root, tmp_path) as server:
        assert server.get("/healthz").status == 200
        (root / "SHA256SUMS").write_bytes(damage)
        assert server.get("/healthz").status == 503
        assert server.get("/garden/default/apps.json").status == 404
        (root / "SHA256SUMS").write_text(good)
        assert server.get("/healthz").status == 200


def test_a_server_does_not_start_with_a_damaged_list_of_files(tmp_path: Path) -> None:
    (tmp_path / "garden/default").mkdir(parents=True)
    (tmp_path / "garden/default/apps.json").write_text("[]")
    (tmp_path / "SHA256SUMS").write_bytes(b"\xff\xfe")
    refused = outcome("--root", tmp_path, "--state", tmp_path / "state")
    assert (refused.returncode, "SHA256SUMS is damaged" in refused.stderr) == (2, True)
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("name", UNLISTED)
def test_a_file_that_the_layout_does_not_list_is_not_found(connection: Connection, name: str) -> None:
    assert connection.send("/" + name).status == 404


@pytest.mark.parametrize("target", TRAVERSALS)
def test_no_spelling_of_a_path_leads_elsewhere(connection: Connection, target: str) -> None:
    assert connection.send(target).status == 404


def test_a_link_below_the_root_is_there_but_not_followed(registry: Path) -> None:
    assert (registry / "site/leak.html").read_bytes() == (registry / "site/leaks/outside.html").read_bytes()


def test_a_hard_link_to_a_file_outside_is_there_but_not_served(registry: Path) -> None:
    assert (registry / "site/linked.html").samefile(registry / "../outside.html")


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
        ("/site/feed.xml", "application/xml", "no-cache"),
        ("/site/assets/main-57a0d79d88.css", "text/css; charset=utf-8", FOREVER),
        ("/site/pictures/99c3c05f78d4a69a-640.webp", "image/webp", FOREVER),
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


def test_one_connection_carries_many_requests(connection: Connection) -> None:
    assert [connection.send(target).status for target in ("/", "/nothing", "/site/", "/%zz")] == [
        200,
        404,
        200,
        404,
    ]
    assert connection.is_open


def test_health_follows_the_catalog(tmp_path: Path) -> None:
    catalog = tmp_path / "registry/garden/v3/apps.json"
    catalog.parent.mkdir(parents=True)
    catalog.write_text("[]")
    with running(tmp_path / "registry", tmp_path) as server:
        healthy = server.get("/healthz").status
        catalog.unlink()
        assert (healthy, server.get("/healthz").status) == (200, 503)
