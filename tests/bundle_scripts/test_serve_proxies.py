"""Behind nginx or Caddy, with the examples that ship, clients get the same files with the same headers."""

from __future__ import annotations

import contextlib
import gzip
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bundle_scripts.conftest import LISTED, UNLISTED
from tests.bundle_scripts.server_process import BUNDLE, Connection, RunningServer, running
from tests.bundle_scripts.test_serve_requests import CATALOG, CONTENT, INNER, SMUGGLING

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow
CHANGED_BY_PROXIES = {"connection", "date", "server", "alt-svc", "vary", "keep-alive"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def nginx_command(place: Path, behind: int, port: int, pair: tuple[Path, Path]) -> list[str]:
    """Write the example with other ports and files into a whole configuration; returns how to run it."""
    text = (BUNDLE / "nginx.conf.example").read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:58889", f"127.0.0.1:{behind}").replace("registry.example", "localhost")
    text = re.sub(r"^    listen \[::\].*\n", "", text, flags=re.MULTILINE)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
    text = text.replace("/etc/nginx/tls/registry.crt", str(pair[0]))
    text = text.replace("/etc/nginx/tls/registry.key", str(pair[1]))
    paths = "".join(
        f"{name}_temp_path {place}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (place / "nginx.conf").write_text(
        f"daemon off;\npid {place}/nginx.pid;\nerror_log {place}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{paths}{text}}}\n"
    )
    return ["nginx", "-p", str(place), "-e", f"{place}/error.log", "-c", str(place / "nginx.conf")]


def caddy_command(place: Path, behind: int, port: int, pair: tuple[Path, Path]) -> list[str]:
    """Write the example with other ports and files; returns how to run it."""
    text = (BUNDLE / "Caddyfile.example").read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:58889", f"127.0.0.1:{behind}")
    text = text.replace("https://registry.example", f"https://localhost:{port}")
    text = text.replace("/etc/caddy/tls/registry.crt", str(pair[0]))
    text = text.replace("/etc/caddy/tls/registry.key", str(pair[1]))
    (place / "Caddyfile").write_text(text.replace("admin off", "admin off\n\tauto_https off"))
    return ["caddy", "run", "--config", str(place / "Caddyfile"), "--adapter", "caddyfile"]


COMMANDS = {"nginx": nginx_command, "caddy": caddy_command}


@pytest.fixture(scope="module", params=list(COMMANDS))
def both(
    request: pytest.FixtureRequest,
    registry: Path,
    server: RunningServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[RunningServer, RunningServer]]:
    """The server itself, and a proxy in front of another one, with the certificate of the former."""
    if not shutil.which(request.param):
        pytest.skip(f"{request.param.upper()} IS NOT INSTALLED: its example is not tested")
    place = tmp_path_factory.mktemp(request.param)
    with running(registry, place, "--http") as behind:
        port = free_port()
        pair = (server.state / "server.crt", server.state / "server.key")
        command = COMMANDS[request.param](place, behind.port, port, pair)
        environment = {
            "HOME": str(place),
            "XDG_DATA_HOME": str(place),
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        }
        with (place / "proxy.log").open("wb") as log:
            proxy = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=place)
        front = RunningServer(proxy, port, server.state, place / "stdout", place / "proxy.log")
        try:
            wait_until_it_listens(front)
            yield server, front
        finally:
            proxy.terminate()
            proxy.wait(timeout=20)


def wait_until_it_listens(front: RunningServer) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            front.dial().close()
        except ConnectionError:
            assert front.process.poll() is None, front.errors.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("target", [f"/{name}" for name in LISTED if name.isascii() and " " not in name])
def test_a_file_has_the_same_content_and_headers(
    both: tuple[RunningServer, RunningServer], target: str
) -> None:
    direct, proxied = (server.get(target) for server in both)
    assert (proxied.status, proxied.body) == (direct.status, direct.body)
    assert unchanged(proxied.headers) == unchanged(direct.headers)


def unchanged(headers: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in headers.items() if name not in CHANGED_BY_PROXIES}


@pytest.mark.parametrize("name", UNLISTED)
def test_a_file_that_is_not_listed_stays_hidden(both: tuple[RunningServer, RunningServer], name: str) -> None:
    assert both[1].get(f"/{name}").status == 404


def test_parts_and_conditions_pass_through(both: tuple[RunningServer, RunningServer]) -> None:
    front = both[1]
    etag = front.get(CATALOG).headers["etag"]
    assert front.get(CATALOG, If_None_Match=etag).status == 304
    part = front.get(CATALOG, Range="bytes=2-5")
    assert (part.status, part.body) == (206, CONTENT[2:6])


def test_a_large_page_is_compressed_and_its_tag_still_counts(
    both: tuple[RunningServer, RunningServer], registry: Path
) -> None:
    page = registry / "site/long.html"
    page.write_text("<!doctype html>" + "<p>the same again</p>" * 2000)
    answer = both[1].get("/site/long.html", Accept_Encoding="gzip")
    assert gzip.decompress(answer.body) == page.read_bytes()
    assert len(answer.body) < 2000
    assert both[1].get("/site/long.html", If_None_Match=answer.headers["etag"]).status == 304


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_a_method_that_writes_is_refused(both: tuple[RunningServer, RunningServer], method: str) -> None:
    assert both[1].get("/index.html", method, Content_Length="0").status in {403, 405}


@pytest.mark.parametrize("field", SMUGGLING.values(), ids=list(SMUGGLING))
def test_no_head_hides_a_second_request_from_the_proxy(
    both: tuple[RunningServer, RunningServer], field: bytes
) -> None:
    head = b"GET /site/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + field + b"\r\n\r\n"
    with both[1].connect() as client:
        client.sendall(head + INNER)
        received = b""
        with contextlib.suppress(OSError):
            received = b"".join(iter(lambda: client.recv(65536), b""))
    assert received.count(b"HTTP/1.1 ") <= 1
    assert LISTED["garden/default/tools.json"] not in received.partition(b"\r\n\r\n")[2].splitlines()


def test_many_requests_share_the_proxys_connections(both: tuple[RunningServer, RunningServer]) -> None:
    with contextlib.closing(Connection(both[1])) as connection:
        assert [connection.send(CATALOG).status for _ in range(50)] == [200] * 50


def test_the_systemd_unit_is_one(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("SYSTEMD-ANALYZE IS NOT INSTALLED: the systemd unit is not tested")
    unit = Path(shutil.copy(BUNDLE / "kamiwaza-registry.service", tmp_path))
    text = unit.read_text().replace("/opt/kamiwaza/extensions/kamiwaza-extension-registry", str(BUNDLE))
    unit.write_text(text)
    checked = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert "kamiwaza-registry.service" not in checked.stderr
    assert "serve-registry.py --state %S/kamiwaza-registry" in text
