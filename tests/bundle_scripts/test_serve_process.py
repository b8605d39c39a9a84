"""serve-registry.py starts only where it can serve, stays fair to many clients, and stops cleanly."""

from __future__ import annotations

import ast
import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.bundle_scripts.server_process import (
    CERTIFICATES,
    SERVER,
    Connection,
    RunningServer,
    outcome,
    running,
)

PROGRAM = (SERVER, CERTIFICATES)
FIRST_FREE_PORT = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


def find_python_3_9() -> str | None:
    """A Python 3.9 that runs: one on PATH, or one that pyenv has installed."""
    installed = Path("~/.pyenv/versions").expanduser().glob("3.9.*/bin/python3.9")
    for candidate in filter(None, (shutil.which("python3.9"), *map(str, installed))):
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return candidate
    return None


PYTHON_3_9 = find_python_3_9()


def imports_of(program: Path) -> set[str]:
    """The modules that a program imports, but for the one beside it and the one that it can do without."""
    tree = ast.parse(program.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in imported} - {"registry_certificates", "cryptography"}


@pytest.mark.parametrize("program", PROGRAM, ids=lambda path: path.name)
def test_the_server_needs_only_the_standard_library(program: Path) -> None:
    assert imports_of(program) - sys.stdlib_module_names == set()


@pytest.mark.parametrize("program", PROGRAM, ids=lambda path: path.name)
def test_the_server_is_written_in_the_syntax_of_python_3_9(program: Path) -> None:
    ast.parse(program.read_text(encoding="utf-8"), feature_version=(3, 9))


@pytest.mark.parametrize("program", PROGRAM, ids=lambda path: path.name)
def test_the_server_stays_readable(program: Path) -> None:
    assert len(program.read_text(encoding="utf-8").splitlines()) <= 800


@pytest.mark.skipif(
    PYTHON_3_9 is None, reason="NO PYTHON 3.9 HERE: that the server runs on RHEL 9 is not tested"
)
def test_python_3_9_runs_the_server(registry: Path, tmp_path: Path) -> None:
    assert PYTHON_3_9
    with running(registry, tmp_path, "--san", "192.0.2.7", python=PYTHON_3_9) as server:
        whole, part = (
            server.get("/garden/default/apps.json"),
            server.get("/garden/default/apps.json", Range="bytes=0-2"),
        )
        server.connect("::1", "::1").close()
        assert (whole.body[:3], part.status) == (part.body, 206)
        assert server.stop() == 0
        assert "Traceback" not in server.errors.read_text()


@pytest.mark.parametrize("option", ["-I", "-P", "-E"])
def test_a_start_that_shuts_out_the_scripts_own_folder_works_too(tmp_path: Path, option: str) -> None:
    if option == "-P" and sys.version_info < (3, 11):
        pytest.skip("this Python has no -P")
    command: list[str | Path] = [sys.executable, option, SERVER, "--help"]
    assert subprocess.run(command, capture_output=True, check=False, cwd=tmp_path).returncode == 0


def test_a_start_leaves_nothing_in_the_folder_which_would_then_be_refused(tmp_path: Path) -> None:
    for file in (SERVER, CERTIFICATES):
        shutil.copy(file, tmp_path)
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, tmp_path / SERVER.name, "--help"], check=True, env=environment)
    assert {path.name for path in tmp_path.iterdir()} == {SERVER.name, CERTIFICATES.name}


def test_a_server_that_was_copied_alone_says_what_is_missing(tmp_path: Path) -> None:
    alone = shutil.copy(SERVER, tmp_path)

    done = subprocess.run([sys.executable, alone], capture_output=True, text=True, check=False)

    assert done.returncode == 3
    assert "registry_certificates" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_no_registry_is_refused(tmp_path: Path) -> None:
    refused = outcome("--root", tmp_path, "--state", tmp_path / "state")
    assert refused.returncode == 2
    assert f"{tmp_path} is no registry" in refused.stderr
    assert not (tmp_path / "state").exists()


WITHOUT_HOME = """
import pwd, runpy, sys
def unknown(uid): raise KeyError(uid)
pwd.getpwuid = unknown
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize("python", [each for each in (sys.executable, PYTHON_3_9) if each])
def test_a_user_without_a_home_is_asked_for_a_folder_for_keys(registry: Path, python: str) -> None:
    refused = subprocess.run(
        [python, "-c", WITHOUT_HOME, SERVER, "--root", registry, "--port", "0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
        env={"PATH": os.environ["PATH"]},
    )
    assert refused.returncode == 3
    assert "--state DIR" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--san", "two words"),
        ("--san", "*.example"),
        ("--san", "a\n[authority]"),
        ("--san", "300.1.1.1"),
        ("--san", "fe80::1%eth0"),
        ("--san", ""),
        ("--host", "registry.example"),
        ("--port", "65536"),
        ("--port", "-1"),
    ],
)
def test_a_name_address_or_port_that_is_none_is_refused(registry: Path, option: str, value: str) -> None:
    refused = outcome("--root", registry, f"{option}={value}")
    assert refused.returncode == 2
    assert option in refused.stderr


def test_a_taken_port_is_a_conflict(server: RunningServer, registry: Path, tmp_path: Path) -> None:
    refused = outcome("--root", registry, "--state", tmp_path / "state", "--port", str(server.port))
    assert refused.returncode == 5
    assert f"cannot listen on port {server.port}" in refused.stderr
    assert f"(process {server.process.pid})" in refused.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up rights: lacking them is not tested")
def test_a_port_that_needs_rights_is_refused_with_a_hint(registry: Path) -> None:
    if not shutil.which("setpriv") or int(FIRST_FREE_PORT.read_text()) <= 443:
        pytest.skip("no setpriv, or everybody may listen on port 443 here")
    command: list[str | Path] = [
        "setpriv",
        "--bounding-set=-net_bind_service",
        "--inh-caps=-net_bind_service",
    ]
    refused = subprocess.run(
        [*command, sys.executable, SERVER, "--http", "--port", "443", registry],
        capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip
    assert refused.returncode == 3
    assert "cannot listen on port 443 of 127.0.0.1: Permission denied" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--http", "--host", "0.0.0.0"],  # noqa: S104  # that is the point
        ["--http", "--host", "::"],
        ["--http", "--host", "192.0.2.7"],
        ["--http", "--cert", "site.crt", "--key", "site.key"],
    ],
)
def test_plain_http_leaves_this_machine_never(registry: Path, arguments: list[str]) -> None:
    refused = outcome(registry, *arguments)
    assert (refused.returncode, "--http is for a proxy on this machine" in refused.stderr) == (2, True)


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_a_build_that_is_not_there_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("no folder")
    refused = outcome(tmp_path / place, "--state", tmp_path / "state")
    assert (refused.returncode, f"{tmp_path / place} is no registry" in refused.stderr) == (2, True)
    assert "catalog build" in refused.stderr


def test_the_folder_may_stand_alone_on_the_command_line(registry: Path, tmp_path: Path) -> None:
    with running(tmp_path, tmp_path, registry) as server:
        assert server.get("/garden/default/apps.json").status == 200


def test_a_chosen_address_is_the_only_one(registry: Path, tmp_path: Path) -> None:
    with running(registry, tmp_path, "--host", "127.0.0.1") as server:
        assert server.get("/healthz").status == 200
        with pytest.raises(ConnectionRefusedError):
            server.dial("::1")


def wait_for_room(server: RunningServer, deadline: float) -> int:
    """Ask for the health until the server answers; returns the status."""
    while True:
        try:
            return server.get("/healthz").status
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_server_cleanly_though_clients_are_connected(
    registry: Path, tmp_path: Path, number: signal.Signals
) -> None:
    with (
        running(registry, tmp_path) as server,
        contextlib.closing(Connection(server)) as client,
        server.dial(),
    ):
        client.send("/")
        begin = time.monotonic()
        assert server.stop(number) == 0
        assert time.monotonic() - begin < 3
        assert "Traceback" not in server.errors.read_text()
        with pytest.raises(ConnectionRefusedError):
            server.dial()


def test_a_signal_stops_the_server_while_clients_keep_coming(registry: Path, tmp_path: Path) -> None:
    with running(registry, tmp_path) as server, ThreadPoolExecutor() as clients:
        crowd = [clients.submit(connect_until_refused, server) for _ in range(4)]
        time.sleep(0.2)
        assert server.stop() == 0
        assert sum(client.result() for client in crowd) > 10


def connect_until_refused(server: RunningServer) -> int:
    """Open and close connections until the port is closed; returns how many there were."""
    for number in itertools.count():
        try:
            server.dial().close()
        except ConnectionError:
            return number
    raise AssertionError


def test_the_server_goes_on_when_nobody_reads_what_it_says(registry: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    place: list[str | Path] = ["--root", registry, "--state", tmp_path, "--port", str(port)]
    reader, writer = os.pipe()
    os.close(reader)
    with subprocess.Popen([sys.executable, SERVER, *place], stdout=writer, stderr=writer) as process:
        os.close(writer)
        server = RunningServer(process, port, tmp_path, tmp_path, tmp_path)
        try:
            assert wait_for_room(server, time.monotonic() + 10) == 200
            assert server.get("/nothing").status == 404
            assert server.stop() == 0
        finally:
            process.kill()


def test_an_answer_under_way_is_finished_before_the_server_stops(tmp_path: Path) -> None:
    size = 8_000_000
    root = tmp_path / "registry"
    for name, content in {"garden/default/apps.json": b"[]", "site/large.bin": bytes(size)}.items():
        (root / name).parent.mkdir(parents=True)
        (root / name).write_bytes(content)
    with running(root, tmp_path) as server, server.connect() as client:
        client.sendall(b"GET /site/large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = len(client.recv(1000))
        server.process.send_signal(signal.SIGTERM)
        while chunk := client.recv(1 << 20):
            received += len(chunk)
        assert received > size
        assert server.process.wait(timeout=10) == 0
