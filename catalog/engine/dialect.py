"""The table of what differs between the command lines of docker, podman and nerdctl."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Facts(Struct, frozen=True):
    """What an engine says about itself: version, `linux/amd64`, and Docker's API version or ()."""

    version: str
    platform: str
    api: tuple[int, ...] = ()


class Dialect(Struct, frozen=True):
    """How one engine wants to be spoken to.

    Attributes:
        name: `docker`, `podman` or `nerdctl`.
        says: what its `--version` begins with.
        facts_command: prints JSON about the engine; fails when the engine does not answer.
        facts: reads that JSON; KeyError, TypeError or ValueError when it is not in the known form.
        save_options: for an archive with several images on stdout.
        saves_platform: whether `save --platform` may be used with this engine.
        full_names: whether a short name must be written in full to be pulled.
        start: the command that starts the engine.
        plain_options: let a registry on this machine do without TLS, where the engine wants to be told.
    """

    name: str
    says: str
    facts_command: tuple[str, ...]
    facts: Callable[[Any], Facts]
    save_options: tuple[str, ...]
    saves_platform: Callable[[Facts], bool]
    full_names: bool
    start: str
    plain_options: tuple[str, ...] = ()


_FIRST_API_WITH_PLATFORM = (1, 48)


def _docker_facts(document: Any) -> Facts:
    server = document["Server"]
    api = tuple(int(part) for part in server["ApiVersion"].split("."))
    return Facts(server["Version"], f"{server['Os']}/{server['Arch']}", api)


def _podman_facts(document: Any) -> Facts:
    host = document["host"]
    return Facts(document["version"]["Version"], f"{host['os']}/{host['arch']}")


def _nerdctl_facts(document: Any) -> Facts:
    client, components = document["Client"], document["Server"]["Components"]
    containerd = next(part for part in components if part["Name"] == "containerd")
    return Facts(containerd["Version"].removeprefix("v"), f"{client['Os']}/{client['Arch']}")


DOCKER = Dialect(
    name="docker",
    says="Docker version",
    facts_command=("version", "--format", "{{json .}}"),
    facts=_docker_facts,
    save_options=(),
    saves_platform=lambda facts: facts.api >= _FIRST_API_WITH_PLATFORM,
    full_names=False,
    start="sudo systemctl start docker",
)
PODMAN = Dialect(
    name="podman",
    says="podman version",
    facts_command=("info", "--format", "json"),
    facts=_podman_facts,
    save_options=("--quiet", "--format", "docker-archive", "--multi-image-archive"),
    saves_platform=lambda _: False,
    full_names=True,
    start="podman info (it says what is wrong)",
    plain_options=("--tls-verify=false",),
)
NERDCTL = Dialect(
    name="nerdctl",
    says="nerdctl version",
    facts_command=("version", "--format", "{{json .}}"),
    facts=_nerdctl_facts,
    save_options=(),
    saves_platform=lambda _: True,
    full_names=False,
    start="sudo systemctl start containerd",
)
DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (DOCKER, PODMAN, NERDCTL)}
"""By name, in the order in which an engine is looked for."""


def dialect_of(version_text: str) -> Dialect | None:
    """Who speaks, by the output of `--version`: a `docker` that is podman's shim says `podman version`."""
    spoken = version_text.strip().lower()
    return next((found for found in DIALECTS.values() if spoken.startswith(found.says.lower())), None)
