"""serve-registry.py starts only where it can serve, stays fair to many clients, and stops cleanly."""

from __future__ import annotations

import ast
import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.bundle_scripts.server_process import SERVER, Connection, RunningServer, outcome, running

if TYPE_CHECKING:
    from pathlib import Path


def test_the_server_needs_only_the_standard_library() -> None:
    tree = ast.parse(SERVER.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} - sys.stdlib_module_names == set()


def test_the_server_is_written_in_the_syntax_of_python_3_9() -> None:
    ast.parse(SERVER.read_text(encoding="utf-8"), feature_version=(3, 9))


def test_the_server_stays_one_readable_file() -> None:
    assert len(SERVER.read_text(encoding="utf-8").splitlines()) <= 800


def test_a_folder_that_is_no_registry_is_refused(tmp_path: Path) -> None:
    refused = outcome("--root", tmp_path, "--state", tmp_path / "state")
    assert refused.returncode == 2
    assert f"{tmp_path} is no registry" in refused.stderr
    assert not (tmp_path / "state").exists()


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


def test_a_chosen_address_is_the_only_one(registry: Path, tmp_path: Path) -> None:
    with running(registry, tmp_path, "--host", "127.0.0.1") as server:
        assert server.get("/healthz").status == 200
        with pytest.raises(ConnectionRefusedError):
            server.dial("::1")


def test_clients_that_connect_and_say_nothing_hold_nobody_up(server: RunningServer) -> None:
    with contextlib.ExitStack() as silent:
        for _ in range(50):
            silent.enter_context(server.dial())
        begin = time.monotonic()
        assert server.get("/healthz").status == 200
        assert time.monotonic() - begin < 1


def is_hung_up(connection: socket.socket, within: float) -> bool:
    """Tell whether the server closes a connection within some seconds; on one that it keeps it is silent."""
    connection.settimeout(within)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False


def test_more_connections_than_the_cap_are_hung_up_and_the_rest_goes_on(
    registry: Path, tmp_path: Path
) -> None:
    with running(registry, tmp_path) as server:
        with contextlib.ExitStack() as silent:
            crowd = [silent.enter_context(server.dial()) for _ in range(256)]
            assert is_hung_up(silent.enter_context(server.dial()), within=5)
            assert not is_hung_up(crowd[0], within=0.2)
        deadline = time.monotonic() + 5
        while "refused: 256 connections are open" not in server.errors.read_text():
            assert time.monotonic() < deadline
        assert wait_for_room(server, deadline) == 200
        assert "Traceback" not in server.errors.read_text()


def wait_for_room(server: RunningServer, deadline: float) -> int:
    """Ask for the health until a place is free again; returns the status."""
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
