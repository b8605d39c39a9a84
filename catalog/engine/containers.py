"""What the product asks of an engine that runs containers for a while, in its own words."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from catalog.engine.building import Listener


class Thing(StrEnum):
    """What an engine keeps, in the order in which it can be taken away."""

    CONTAINER = "container"
    NETWORK = "network"
    VOLUME = "volume"
    IMAGE = "image"


class Labelled(Struct, frozen=True):
    """Something that carries a label that was asked for; `value` is that label's value."""

    thing: Thing
    id: str
    value: str


class ContainerLimits(Struct, frozen=True):
    """What a container may take: memory in bytes (swap included), processes, and seconds in all."""

    memory: int
    processes: int
    seconds: float


class ContainerRun(Struct, frozen=True):
    """One program to run in a container of its own: nothing of the host is mounted or passed on.

    `arguments` begin with the program, which takes the place of the image's own entrypoint. Without a
    `network`, the engine's default is used.
    """

    name: str
    image: str
    arguments: tuple[str, ...]
    limits: ContainerLimits
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    network: str = ""


class Ended(Struct, frozen=True):
    """How a program in a container ended; its exit code says nothing when it was made to end."""

    exit_code: int
    timed_out: bool = False
    out_of_memory: bool = False


class ContainerState(Struct, frozen=True):
    """How a container is.

    `status` is `running`, `exited` and so on, `health` is `healthy`, `unhealthy`, `starting` or empty without
    a health check, `ports` says where its ports answer on this machine (`8080/tcp` to `127.0.0.1:49153`).
    `complaint` is what the health check said if it has failed last.
    """

    id: str
    status: str
    health: str
    exit_code: int
    labels: Mapping[str, str]
    ports: Mapping[str, str]
    complaint: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether it runs no more."""
        return self.status in {"exited", "stopped", "dead"}


class ContainerHost(Protocol):
    """An engine that runs containers, with networks, and that finds what was left behind by its labels."""

    def run(self, container: ContainerRun, listener: Listener) -> Ended:
        """Run a container to its end; it stays there, stopped, so that files can be copied out of it.

        Raises:
            MissingError: the engine is not there, or has no such image.
            FindingsError: the program cannot be started in this image.
            StoppedError: the listener asked to stop; the container is gone then.
        """

    def copy_out(self, container: str, path: str, target: Path) -> bool:
        """Copy what lies in a container's folder `path` into the folder `target`; False if it has none."""

    def create_network(self, name: str, labels: Mapping[str, str]) -> None:
        """Make a network of its own."""

    def states(self, label: str) -> list[ContainerState]:
        """How the containers are that carry this label (a name, or `name=value`)."""

    def logs(self, container: str, lines: int) -> str:
        """The last lines that a container said."""

    def labelled(self, label: str) -> list[Labelled]:
        """Everything that carries this label, containers first."""

    def discard(self, things: Sequence[Labelled]) -> list[Labelled]:
        """Take these away, running or not; those that the engine would not let go of are given back."""
