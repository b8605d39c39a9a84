"""Builds an extension's images and runs them with docker-compose, for as long as a `with` block lasts.

In: an engine, an extension folder and one of its compose files. Out: a `Sample` that knows where its services
answer. The project has a name of its own, and everything it made except images is removed at the end.
"""

from __future__ import annotations

import secrets
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from scripts.engine.daemon import Engine, EngineFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEVELOPMENT_FILE = "docker-compose.yml"
BUILD_SECONDS = 600.0
UP_SECONDS = 180.0
HEALTHY_SECONDS = 60.0


class SampleError(Exception):
    """An extension did not build or come up; the text holds what the program said."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A running compose project; `services` is the compose file's mapping, in its order."""

    engine: Engine
    project: str
    compose_file: Path
    services: dict[str, dict[str, Any]]

    def url(self, path: str = "/") -> str:
        """Returns where the primary service answers: the first one that publishes a port."""
        name, port = next(
            (name, str(service["ports"][0]).rpartition(":")[2])
            for name, service in self.services.items()
            if service.get("ports")
        )
        published = self.compose("port", name, port, seconds=30).strip().rpartition(":")[2]
        return f"http://127.0.0.1:{published}{path}"

    def wait_until_healthy(self) -> bytes:
        """Waits for a 200 from `/health`; returns its body, raises SampleError with the containers' logs."""
        url, deadline = self.url("/health"), time.monotonic() + HEALTHY_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(url, timeout=3) as reply:  # noqa: S310  loopback
                    return bytes(reply.read())
            except (urllib.error.URLError, OSError):
                time.sleep(0.3)
        raise SampleError(f"{url} is not healthy:\n{self.compose('logs', '--tail', '40', seconds=30)}")

    def containers(self) -> list[str]:
        """Returns the ids of the project's containers, stopped ones too."""
        label = f"label=com.docker.compose.project={self.project}"
        return self.engine.docker("ps", "--all", "--quiet", "--filter", label).split()

    def compose(self, *arguments: str, seconds: float) -> str:
        """Runs one docker-compose command for this project; returns its stdout, raises SampleError."""
        prefix = ["docker-compose", "--file", str(self.compose_file), "--project-name", self.project]
        # Port 0 lets the engine choose, so that two runs never want the same one.
        environment = self.engine.environment() | {"HTTP_PORT": "0"}
        try:
            done = subprocess.run(
                [*prefix, *arguments],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired as error:
            raise SampleError(f"docker-compose {arguments[0]} took over {seconds:.0f} s") from error
        if done.returncode:
            raise SampleError(f"docker-compose {' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
        return done.stdout


@contextmanager
def build_and_up(engine: Engine, extension: Path, compose_file: str = DEVELOPMENT_FILE) -> Iterator[Sample]:
    """Builds what the development file builds, tagged as `compose_file` names it, and starts that file.

    Raises:
        SampleError: when an image does not build or the project does not come up; nothing stays behind.
    """
    path = extension / compose_file
    services: dict[str, dict[str, Any]] = _load(path)["services"]
    _build(engine, extension, services)
    sample = Sample(engine, f"sample-{extension.name}-{secrets.token_hex(3)}", path, services)
    try:
        sample.compose("up", "--detach", "--no-build", seconds=UP_SECONDS)
        yield sample
    finally:
        sample.compose("down", "--volumes", "--remove-orphans", "--timeout", "3", seconds=UP_SECONDS)


def _build(engine: Engine, extension: Path, services: dict[str, dict[str, Any]]) -> None:
    for name, service in _load(extension / DEVELOPMENT_FILE)["services"].items():
        if "build" in service and name in services:
            build = service["build"] if isinstance(service["build"], dict) else {"context": service["build"]}
            context = extension / build["context"]
            dockerfile = context / build.get("dockerfile", "Dockerfile")
            # A private engine reaches package indexes over the machine's own network only.
            command = ["build", "--network", "host", "--file", str(dockerfile), "--tag"]
            try:
                engine.docker(*command, services[name]["image"], str(context), seconds=BUILD_SECONDS)
            except EngineFailedError as error:
                raise SampleError(f"{extension.name}/{name}: {error}") from error


def _load(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document
