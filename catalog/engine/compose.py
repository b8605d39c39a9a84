"""Starts services from a compose file, by the first of the programs for it that is installed."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.engine.complaints import last_lines
from catalog.engine.lines import follow
from catalog.engine.program import Command, run
from catalog.errors import FindingsError, MissingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from catalog.engine.building import Listener

_CHOICES = (("docker", "compose"), ("docker-compose",), ("podman-compose",))
_VERSION_SECONDS = 20.0
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "SSL_CERT_FILE")
_KEPT_PREFIXES = ("DOCKER_", "CONTAINER_", "CONTAINERS_", "COMPOSE_DOCKER_")


class Compose(Struct, frozen=True):
    """A program that speaks compose, and the environment that it gets."""

    program: tuple[str, ...]
    environment: Mapping[str, str]

    def up(
        self, file: Path, project: str, services: Sequence[str], listener: Listener, seconds: float
    ) -> None:
        """Start services of a file as a project, and those that they depend on.

        Raises:
            FindingsError: they do not start; the message has the program's last lines.
            MissingError: the program takes longer than `seconds`.
            StoppedError: the listener asked to stop.
        """
        arguments = (
            "--file",
            str(file),
            "--project-name",
            project,
            "up",
            "--detach",
            "--no-build",
            *services,
        )
        heard = follow(Command((*self.program, *arguments), self.environment), listener, seconds, seconds)
        if heard.timed_out:
            raise MissingError(
                f"{self.name} did not start {project} in {seconds:.0f} seconds",
                "Look whether the images are there and the engine is well",
            )
        if heard.exit_code:
            raise FindingsError(
                f"The services do not start. {self.name} said: {last_lines(heard.said)}",
                "Try it by hand: docker compose up, in the extension's folder",
            )

    @property
    def name(self) -> str:
        """The program as people type it."""
        return " ".join(self.program)


def find_compose(environment: Mapping[str, str] | None = None) -> Compose:
    """The first of `docker compose`, `docker-compose` and `podman-compose` that is there.

    Args:
        environment: the process's own by default; only what leads to the engine is handed on. No extension
            adds to it, since a variable such as LD_PRELOAD would have the program run what lies there.

    Raises:
        MissingError: none of them is installed.
    """
    environment = os.environ if environment is None else environment
    handed = {
        name: value for name, value in environment.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
    for choice in _CHOICES:
        if shutil.which(choice[0], path=environment.get("PATH", os.defpath)) is None:
            continue
        if run(Command((*choice, "version"), handed), _VERSION_SECONDS).exit_code == 0:
            return Compose(choice, handed)
    raise MissingError(
        "The tests need services from the compose file, and no program for it is installed: none of "
        "docker compose, docker-compose, podman-compose",
        "Install one of them, such as the package docker-compose",
    )
