"""Finds a container engine that answers, or starts a private one beside a private image registry.

In: a state folder, which then holds every byte of the private engine, its sockets, logs and `engine.json`.
Out: an `Engine`, which says where the two answer and which processes belong to us. `stop` ends those and
no others.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

DEFAULT_STATE = Path(__file__).resolve().parents[2] / ".engine"
DEFAULT_SOCKET = "unix:///var/run/docker.sock"
OWN_LABEL = "catalog.private-engine"
PACKAGES = {
    "docker": "docker.io",
    "dockerd": "docker.io",
    "docker-compose": "docker-compose",
    "docker-registry": "docker-registry",
    "debootstrap": "debootstrap",
}
LONGEST_SOCKET_PATH = 107  # sun_path of unix(7), less its closing zero byte
STARTUP_SECONDS = 30.0
SHUTDOWN_SECONDS = 60.0  # dockerd itself waits 15 seconds for its containers


class EngineUnavailableError(Exception):
    """No engine can be had here; the text names what is missing and how to get it."""


class EngineFailedError(Exception):
    """An engine that should work does not; the text holds what it said."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Where an engine and a registry answer, as written to `engine.json`.

    `docker_host` is a URL as DOCKER_HOST takes it, `registry` is `host:port`, and `pids` names the processes
    that `start` started.
    """

    docker_host: str
    registry: str
    pids: dict[str, int]

    def environment(self) -> dict[str, str]:
        """Returns this process's environment with DOCKER_HOST and the classic builder chosen."""
        # Debian's engine comes without buildx, and the CLI would look for it.
        return os.environ | {"DOCKER_HOST": self.docker_host, "DOCKER_BUILDKIT": "0"}

    def docker(self, *arguments: str, seconds: float = 60) -> str:
        """Runs one docker command; returns its stdout, raises EngineFailedError with its stderr."""
        try:
            done = subprocess.run(
                ["docker", *arguments],
                env=self.environment(),
                capture_output=True,
                text=True,
                check=False,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired as error:
            raise EngineFailedError(f"docker {arguments[0]} took over {seconds:.0f} s") from error
        if done.returncode:
            detail = (done.stderr or done.stdout).strip()[-3000:]
            raise EngineFailedError(f"docker {' '.join(arguments)} failed:\n{detail}")
        return done.stdout

    def is_private(self) -> bool:
        """Tells whether `start` made this engine, so that stand-in images harm nobody."""
        return OWN_LABEL in self.docker("info", "--format", "{{.Labels}}")


def start(state: Path) -> Engine:
    """Returns a running engine; starts only what does not run yet.

    Raises:
        EngineUnavailableError: when root rights or programs are missing.
        EngineFailedError: when a program that is there does not come up.
    """
    state.mkdir(parents=True, exist_ok=True)
    with _locked(state):
        found = running(state)
        if found is None:
            found = _start_missing(state)
            _write(state, found)
    return found


def running(state: Path) -> Engine | None:
    """Returns the engine that `engine.json` records when it and its registry answer, else None."""
    recorded = _read(state)
    if recorded and answers(recorded.docker_host) and _registry_answers(recorded.registry):
        return recorded
    return None


def stop(state: Path) -> list[str]:
    """Ends the processes that `start` started; returns their names."""
    if not state.is_dir():
        return []
    with _locked(state):
        recorded = _read(state)
        if recorded is None:
            return []
        ended = [name for name, pid in recorded.pids.items() if _end(pid, state)]
        (state / "engine.json").unlink()
    return ended


def answers(docker_host: str) -> bool:
    """Tells whether an engine answers at a DOCKER_HOST URL."""
    if shutil.which("docker") is None:
        return False
    try:
        Engine(docker_host, "", {}).docker("version", "--format", "{{.Server.Version}}", seconds=10)
    except EngineFailedError:
        return False
    return True


def _start_missing(state: Path) -> Engine:
    missing = _missing("docker", "docker-compose", "docker-registry")
    if missing:
        raise EngineUnavailableError(missing)
    stale = _read(state)
    for pid in stale.pids.values() if stale else ():
        _end(pid, state)
    pids: dict[str, int] = {}
    try:
        docker_host = _existing_engine() or _start_dockerd(state, pids)
        registry = _start_registry(state, pids)
    except (EngineUnavailableError, EngineFailedError):
        for pid in pids.values():
            _end(pid, state)
        raise
    return Engine(docker_host, registry, pids)


def _existing_engine() -> str | None:
    candidates = (os.environ.get("DOCKER_HOST"), DEFAULT_SOCKET)
    return next((host for host in candidates if host and answers(host)), None)


def _start_dockerd(state: Path, pids: dict[str, int]) -> str:
    missing = _missing("dockerd")
    if missing or os.geteuid() != 0:
        raise EngineUnavailableError(missing or "No engine answers, and starting one needs root.")
    endpoint = state / "docker.sock"
    deepest = state / "exec" / "containerd" / "containerd.sock.ttrpc"  # the engine makes this one itself
    if len(os.fsencode(deepest)) > LONGEST_SOCKET_PATH:
        raise EngineFailedError(f"'{deepest}' is too long for a socket. Choose a shorter --state.")
    pidfile = state / "dockerd.pid"
    pidfile.unlink(missing_ok=True)  # a left-over one names a process that is not ours any more
    docker_host = f"unix://{endpoint}"
    arguments = ["dockerd", "-H", docker_host, "--label", f"{OWN_LABEL}=true"]
    arguments += ["--data-root", f"{state}/data", "--exec-root", f"{state}/exec", "--pidfile", f"{pidfile}"]
    # The machine's firewall is left alone. Networks that a user defines work without it: containers reach
    # one another, and docker-proxy publishes ports; only the way out to the internet is missing.
    arguments += ["--iptables=false", "--ip6tables=false", "--bridge=none"]
    pids["dockerd"] = _spawn(arguments, state / "dockerd.log")
    _wait(lambda: answers(docker_host), pids["dockerd"], state / "dockerd.log")
    return docker_host


def _start_registry(state: Path, pids: dict[str, int]) -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    config = state / "registry.yml"
    storage = {"filesystem": {"rootdirectory": f"{state}/registry"}, "delete": {"enabled": True}}
    config.write_text(json.dumps({"version": 0.1, "storage": storage, "http": {"addr": address}}))
    log = state / "registry.log"
    pids["docker-registry"] = _spawn(["docker-registry", "serve", str(config)], log)
    _wait(lambda: _registry_answers(address), pids["docker-registry"], log)
    return address


def _registry_answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/v2/", timeout=3) as reply:
            return bool(reply.status == 200)  # noqa: PLR2004  the OCI distribution API's "here I am"
    except (urllib.error.URLError, OSError):
        return False


def _missing(*programs: str) -> str | None:
    absent = [program for program in programs if shutil.which(program) is None]
    if not absent:
        return None
    packages = " ".join(sorted({PACKAGES[program] for program in absent}))
    return f"Missing: {', '.join(absent)}. On Debian: apt-get install {packages} iptables"


def _spawn(arguments: Sequence[str], log: Path) -> int:
    # The shell hands the program over to init, so that it outlives us and never waits as our zombie.
    script = 'log=$1; shift; setsid "$@" >>"$log" 2>&1 </dev/null & echo $!'
    shell = ["sh", "-c", script, "sh", str(log), *arguments]
    return int(subprocess.run(shell, check=True, capture_output=True, text=True).stdout)


def _wait(ready: Callable[[], bool], pid: int, log: Path) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while not ready():
        if time.monotonic() > deadline or not _alive(pid):
            tail = "".join(log.read_text().splitlines(keepends=True)[-15:])
            raise EngineFailedError(f"A program did not come up. The end of {log}:\n{tail}")
        time.sleep(0.1)


def _end(pid: int, state: Path) -> bool:
    if not _belongs(pid, state):
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + SHUTDOWN_SECONDS
    while _alive(pid):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            return True
        time.sleep(0.1)
    return True


def _alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(") ")[2][:1] != "Z"


def _belongs(pid: int, state: Path) -> bool:
    # Process ids are used again: only one whose command line names our folder is ours.
    try:
        return os.fsencode(state) in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _read(state: Path) -> Engine | None:
    try:
        return Engine(**json.loads((state / "engine.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _write(state: Path, engine: Engine) -> None:
    draft = state / "engine.json.new"
    draft.write_text(json.dumps(asdict(engine), indent=2) + "\n")
    draft.replace(state / "engine.json")


@contextmanager
def _locked(state: Path) -> Iterator[None]:
    with (state / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
