"""Runs containers through an engine's command line, and takes away what they leave."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from catalog.engine.complaints import IMAGE_MISSING, explain, last_lines, recognised
from catalog.engine.containers import ContainerState, Ended, Labelled, Thing
from catalog.engine.lines import follow
from catalog.engine.program import run
from catalog.errors import FindingsError, MissingError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from catalog.engine.building import Listener
    from catalog.engine.containers import ContainerRun
    from catalog.engine.dialect import Dialect
    from catalog.engine.program import Command, Finished

_NOT_RUN = 125  # the engine itself failed
_NOT_STARTED = (126, 127)  # the program is not executable, or not there
_KILLED = 137  # 128 + SIGKILL, what the kernel does to those who take too much memory
_NO_HEALTH_CHECK = "none"  # some engines write it out
_REMOVE = {
    Thing.CONTAINER: ("rm", "--force", "--volumes"),
    Thing.NETWORK: ("network", "rm"),
    Thing.VOLUME: ("volume", "rm", "--force"),
    Thing.IMAGE: ("image", "rm", "--force"),
}
_LIST = {
    Thing.CONTAINER: ("ps", "--all", "--format", "{{.ID}}"),
    Thing.NETWORK: ("network", "ls", "--format", "{{.ID}}"),
    Thing.VOLUME: ("volume", "ls", "--format", "{{.Name}}"),
    Thing.IMAGE: ("image", "ls", "--format", "{{.ID}}"),
}


class CliContainers:
    """Docker, podman or nerdctl, as `catalog.engine.containers.ContainerHost` has it.

    Args:
        command: makes a command of the engine's program from its arguments.
        dialect: which of the three it is.
        seconds: how long a change may take.
    """

    def __init__(self, command: Callable[..., Command], dialect: Dialect, seconds: float) -> None:
        self._command = command
        self._dialect = dialect
        self._seconds = seconds

    def run(self, container: ContainerRun, listener: Listener) -> Ended:
        """Run a container to its end; it stays there, stopped."""
        seconds = container.limits.seconds
        command = self._command("run", *run_options(container))
        try:
            heard = follow(command, listener, 2 * seconds, seconds)
        except StoppedError:
            self._ask("rm", "--force", "--volumes", container.name)
            raise
        if heard.timed_out:
            self._ask("kill", container.name)
            return Ended(heard.exit_code, timed_out=True)
        if heard.exit_code == _NOT_RUN and not self._was_started(container.name):
            raise explain(heard.said, self._dialect.name, container.image, self._dialect.start)
        if heard.exit_code in _NOT_STARTED and not self._was_started(container.name):
            raise FindingsError(
                f"{container.arguments[0]} cannot be started in {container.image}: {last_lines(heard.said)}",
                "Put the program into the image, or give the Dockerfile a stage called test that has it",
            )
        is_killed = heard.exit_code == _KILLED
        return Ended(heard.exit_code, out_of_memory=is_killed and self._ran_out_of_memory(container.name))

    def copy_out(self, container: str, path: str, target: Path) -> bool:
        """Copy what lies in a container's folder into a folder; False if it has none."""
        target.mkdir(parents=True, exist_ok=True)
        finished = self._ask("cp", f"{container}:{path}/.", str(target))
        return finished.exit_code == 0

    def create_network(self, name: str, labels: Mapping[str, str]) -> None:
        """Make a network of its own."""
        finished = self._ask("network", "create", *_labels(labels), name)
        if finished.exit_code:
            raise MissingError(
                f"{self._dialect.name} cannot make the network {name}: {last_lines(finished.stderr)}",
                f"Look what stands in the way: {self._dialect.name} network ls",
            )

    def states(self, label: str) -> list[ContainerState]:
        """How the containers are that carry this label."""
        listed = self._ask(*_LIST[Thing.CONTAINER], "--filter", f"label={label}")
        if listed.exit_code:
            raise explain(listed.stderr, self._dialect.name, "the containers", self._dialect.start)
        ids = listed.stdout.decode().split()
        documents = _documents(self._ask("container", "inspect", *ids)) if ids else []
        return [_state_of(document) for document in documents]

    def logs(self, container: str, lines: int) -> str:
        """The last lines that a container said."""
        finished = self._ask("logs", "--tail", str(lines), container)
        return last_lines(finished.stdout.decode("utf-8", "replace") + finished.stderr)

    def labelled(self, label: str) -> list[Labelled]:
        """Everything that carries this label, containers first."""
        found: list[Labelled] = []
        for thing in Thing:
            finished = self._ask(*_LIST[thing], "--filter", f"label={label}")
            if finished.exit_code:
                raise explain(finished.stderr, self._dialect.name, f"the {thing}s", self._dialect.start)
            ids = list(dict.fromkeys(finished.stdout.decode().split()))
            found += [Labelled(thing, id_, self._value(thing, id_, label)) for id_ in ids]
        return found

    def discard(self, things: Sequence[Labelled]) -> list[Labelled]:
        """Take these away, running or not; what the engine would not let go of is given back."""
        return [thing for thing in things if not self._is_gone(thing)]

    def _is_gone(self, thing: Labelled) -> bool:
        finished = self._ask(*_REMOVE[thing.thing], thing.id)
        if finished.exit_code == 0 or recognised(finished.stderr) is IMAGE_MISSING:
            return True
        return bool(self._ask(thing.thing, "inspect", thing.id).exit_code)

    def _value(self, thing: Thing, id_: str, label: str) -> str:
        found = _documents(self._ask(thing, "inspect", id_))  # empty when it went away in between
        return str(_labels_of(found[0]).get(label, "")) if found else ""

    def _was_started(self, name: str) -> bool:
        started = self._state(name).get("StartedAt")
        return bool(started) and not str(started).startswith("0001-")

    def _ran_out_of_memory(self, name: str) -> bool:
        return bool(self._state(name).get("OOMKilled"))

    def _state(self, name: str) -> dict[str, Any]:
        found = _documents(self._ask("container", "inspect", name))
        return _section(found[0], "State") if found else {}

    def _ask(self, *arguments: str) -> Finished:
        return run(self._command(*arguments), self._seconds)


def run_options(container: ContainerRun) -> Iterator[str]:
    """The container as the arguments of `run` that docker, podman and nerdctl have in common."""
    program, *arguments = container.arguments
    limits = container.limits
    yield from ("--name", container.name, *_labels(container.labels))
    yield from ("--memory", str(limits.memory), "--memory-swap", str(limits.memory))
    yield from ("--pids-limit", str(limits.processes), "--security-opt", "no-new-privileges")
    if container.network:
        yield from ("--network", container.network)
    for name, value in sorted(container.environment.items()):
        yield from ("--env", f"{name}={value}")
    yield from ("--pull", "never", "--entrypoint", program, container.image, *arguments)


def _labels(labels: Mapping[str, str]) -> Iterator[str]:
    for name, value in sorted(labels.items()):
        yield from ("--label", f"{name}={value}")


def _documents(finished: Finished) -> list[dict[str, Any]]:
    """What an `inspect` prints; nothing when it is in no known form."""
    try:
        found = json.loads(finished.stdout)
    except ValueError:
        return []
    return [document for document in found if isinstance(document, dict)] if isinstance(found, list) else []


def _section(document: dict[str, Any], key: str) -> dict[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _labels_of(document: dict[str, Any]) -> dict[str, Any]:
    """Labels stand in `Config` of containers and images, at the top (podman: in small letters) of others."""
    holder = document if "Config" not in document else _section(document, "Config")
    return _section(holder, "Labels") or _section(holder, "labels")


def _state_of(document: dict[str, Any]) -> ContainerState:
    state = _section(document, "State")
    health = _section(state, "Health") or _section(state, "Healthcheck")
    ports = _section(_section(document, "NetworkSettings"), "Ports")
    return ContainerState(
        id=str(document.get("Id", "")),
        status=str(state.get("Status", "")),
        health="" if health.get("Status") == _NO_HEALTH_CHECK else str(health.get("Status") or ""),
        exit_code=int(state.get("ExitCode") or 0),
        labels={name: str(value) for name, value in _labels_of(document).items()},
        ports={port: _address(places[0]) for port, places in ports.items() if places},
        complaint=_complaint(health),
    )


def _complaint(health: dict[str, Any]) -> str:
    """What the health check said the last time, unless all was well."""
    log = health.get("Log")
    last = log[-1] if isinstance(log, list) and log and isinstance(log[-1], dict) else {}
    return last_lines(str(last.get("Output") or "")) if last.get("ExitCode") else ""


def _address(place: dict[str, Any]) -> str:
    host = place.get("HostIp") or "127.0.0.1"
    return f"{'127.0.0.1' if host in {'0.0.0.0', '::'} else host}:{place.get('HostPort')}"  # noqa: S104
