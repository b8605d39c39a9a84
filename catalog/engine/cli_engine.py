"""A container engine, spoken to through its command line."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.engine import cli_build
from catalog.engine.cli_containers import CliContainers
from catalog.engine.complaints import (
    ENGINE_COMPLAINTS,
    IMAGE_MISSING,
    explain,
    last_lines,
    recognised,
    refusal,
)
from catalog.engine.engine import EngineInfo
from catalog.engine.inspection import images_found, same_platform
from catalog.engine.program import Command, run
from catalog.engine.transfer import feed, output_of, watch
from catalog.errors import IntegrityError, MissingError
from catalog.model.image_ref import ImageRef
from catalog.model.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from catalog.engine.building import BuildRecipe, Listener
    from catalog.engine.containers import ContainerRun, ContainerState, Ended, Labelled
    from catalog.engine.dialect import Dialect, Facts
    from catalog.engine.engine import LocalImage
    from catalog.engine.program import Finished
    from catalog.engine.transfer import OutputStream

_BATCH_REFS = 250
_BATCH_CHARACTERS = 60_000  # the smallest limit for a command line that is still met is 128 KiB
_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|\[::1\]")
_LOADED = re.compile(r"^Loaded image(?:\(s\)| ID)?:\s*(?P<refs>.+)$|^unpacking (?P<ref>\S+) \(", re.MULTILINE)


class Limits(Struct, frozen=True):
    """How long an engine may take, in seconds.

    `answer` is for a question, `change` for a new or a removed name, and `idle` for how long an image's
    transfer may stand still: the engine moves whole layers on its own disk in between.
    """

    answer: float = 60.0
    change: float = 600.0
    idle: float = 3600.0


class CliEngine:
    """Docker, podman or nerdctl, as `catalog.engine.engine.Engine` has it.

    Args:
        program: its path, or its name on PATH.
        dialect: which of the three it is.
        environment: what its programs get, for example DOCKER_HOST.
        limits: when it counts as hanging.
    """

    def __init__(
        self, program: str, dialect: Dialect, environment: Mapping[str, str], limits: Limits | None = None
    ) -> None:
        self._program = program
        self._dialect = dialect
        self._environment = {**environment, "DOCKER_CLI_HINTS": "false"}
        self._limits = limits or Limits()
        self._containers = CliContainers(self._command, dialect, self._limits.change)

    def info(self) -> EngineInfo:
        """Which engine this is."""
        facts = self._facts
        return EngineInfo(self._dialect.name, facts.version, facts.platform)

    def inspect(self, refs: Sequence[str]) -> dict[str, LocalImage]:
        """The images that are there, by the reference asked for; those that are not are left out."""
        wanted = [ref for ref in dict.fromkeys(refs) if _is_reference(ref)]
        found: dict[str, LocalImage] = {}
        for batch in _batches(wanted):
            found |= self._inspect(batch)
        return found

    def pull(self, ref: str, platform: str | None = None) -> None:
        """Fetch an image from its registry."""
        name = _in_full(ref) if self._dialect.full_names else ref
        options = (*self._plain(ref), *(("--platform", platform) if platform else ()))
        self._demand(watch(self._command("pull", *options, "--", name), self._limits.idle), ref)

    @contextmanager
    def save(self, refs: Sequence[str], platform: str | None = None) -> Iterator[OutputStream]:
        """The images as one archive in the form of `docker save`, streamed."""
        options = [*self._dialect.save_options]
        if platform and self._dialect.saves_platform(self._facts):
            options += ["--platform", platform]
        elif platform:
            self._demand_platform(refs, platform)
        command = self._command("save", *options, "--", *refs)
        with output_of(command, self._limits.idle, lambda said: self._not_saved(said, refs)) as stream:
            yield stream

    def load(self, chunks: Iterator[bytes]) -> tuple[str, ...]:
        """Load an archive; the references that it says it loaded, or the ID of an image without one."""
        finished = feed(self._command("load"), chunks, self._limits.idle)
        if finished.exit_code == 0:
            return _loaded(finished.stdout.decode())
        if recognised(finished.stderr) in ENGINE_COMPLAINTS:
            raise self._explain(finished.stderr, "an archive")
        raise IntegrityError(
            f"{self._dialect.name} refuses the archive. It said: {refusal(finished.stderr)}",
            "The archive is cut off, damaged or in a form that this engine does not know",
        )

    def tag(self, source: str, target: str) -> None:
        """Give an image another name."""
        self._demand(run(self._command("tag", "--", source, target), self._limits.change), source)

    def push(self, ref: str) -> None:
        """Send an image to the registry that its name says."""
        self._demand(watch(self._command("push", *self._plain(ref), "--", ref), self._limits.idle), ref)

    def remove(self, ref: str) -> None:
        """Take a name away, and the image with its last name."""
        self._demand(run(self._command("image", "rm", "--", ref), self._limits.change), ref)

    def build(self, recipe: BuildRecipe, listener: Listener) -> None:
        """Build an image; everything that the engine says goes to the listener."""
        cli_build.build(self._command(), self._dialect, recipe, listener, self._limits.idle)

    def run(self, container: ContainerRun, listener: Listener) -> Ended:
        """Run a container to its end; it stays there, stopped, so that files can be copied out of it."""
        return self._containers.run(container, listener)

    def copy_out(self, container: str, path: str, target: Path) -> bool:
        """Copy what lies in a container's folder `path` into the folder `target`; False if it has none."""
        return self._containers.copy_out(container, path, target)

    def create_network(self, name: str, labels: Mapping[str, str]) -> None:
        """Make a network of its own."""
        self._containers.create_network(name, labels)

    def states(self, label: str) -> list[ContainerState]:
        """How the containers are that carry this label."""
        return self._containers.states(label)

    def logs(self, container: str, lines: int) -> str:
        """The last lines that a container said."""
        return self._containers.logs(container, lines)

    def labelled(self, label: str) -> list[Labelled]:
        """Everything that carries this label, containers first."""
        return self._containers.labelled(label)

    def discard(self, things: Sequence[Labelled]) -> list[Labelled]:
        """Take these away, running or not; what the engine would not let go of is given back."""
        return self._containers.discard(things)

    def _plain(self, ref: str) -> tuple[str, ...]:
        """The options for a registry on this machine, which may do without TLS."""
        host = ref.partition("/")[0].rpartition(":")[0]
        return self._dialect.plain_options if _LOOPBACK.fullmatch(host) else ()

    @cached_property
    def _facts(self) -> Facts:
        finished = run(self._command(*self._dialect.facts_command), self._limits.answer)
        self._demand(finished, self._dialect.facts_command[0])
        try:
            return self._dialect.facts(json.loads(finished.stdout))
        except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
            said = last_lines(finished.stderr) or f"unknown form: {error!r}"
            start = self._dialect.start
            raise MissingError(f"{self._dialect.name} does not say what it is: {said}", start) from error

    def _inspect(self, refs: Sequence[str]) -> dict[str, LocalImage]:
        finished = run(self._command("image", "inspect", "--", *refs), self._limits.answer)
        if finished.exit_code and recognised(finished.stderr) is not IMAGE_MISSING:
            raise self._explain(finished.stderr, _subject(refs))
        found = images_found(refs, finished)
        if found is None:  # which name was not there stays unclear: ask about fewer
            middle = len(refs) // 2
            found = self._inspect(refs[:middle]) | self._inspect(refs[middle:])
        return found

    def _demand_platform(self, refs: Sequence[str], platform: str) -> None:
        for ref, image in self.inspect(refs).items():
            if not same_platform(image.platform, platform):
                raise MissingError(
                    f"{self._dialect.name} has '{ref}' for {image.platform}, not for {platform}",
                    f"{self._dialect.name} pull --platform {platform} {ref}",
                )

    def _not_saved(self, said: str, refs: Sequence[str]) -> MissingError:
        subject = _subject(refs)
        if recognised(said) is IMAGE_MISSING and len(refs) > 1:  # docker does not say which one
            there = self.inspect(refs)
            subject = next((ref for ref in refs if ref not in there), subject)
        return self._explain(said, subject)

    def _command(self, *arguments: str) -> Command:
        return Command((self._program, *arguments), self._environment)

    def _demand(self, finished: Finished, subject: str) -> None:
        if finished.exit_code:
            raise self._explain(finished.stderr, subject)

    def _explain(self, said: str, subject: str) -> MissingError:
        return explain(said, self._dialect.name, subject, self._dialect.start)


def _is_reference(ref: str) -> bool:
    try:
        ImageRef.parse(ref)
    except ValueError:
        return False
    return True


def _in_full(ref: str) -> str:
    """The reference with Docker Hub's name, which podman does not fill in; a digest stays."""
    try:
        parsed = ImageRef.parse(ref)
    except ValueError:
        return ref  # the engine says what is wrong with it
    if parsed.registry:
        return ref
    return f"docker.io/{'' if '/' in parsed.repository else 'library/'}{ref}"


def _batches(refs: Sequence[str]) -> Iterator[Sequence[str]]:
    batch: list[str] = []
    for ref in refs:
        if batch and (len(batch) == _BATCH_REFS or sum(map(len, batch)) + len(ref) > _BATCH_CHARACTERS):
            yield batch
            batch = []
        batch.append(ref)
    if batch:
        yield batch


def _loaded(said: str) -> tuple[str, ...]:
    groups = [match["refs"] or match["ref"] for match in _LOADED.finditer(said)]
    return tuple(dict.fromkeys(ref.strip() for group in groups for ref in group.split(",")))


def _subject(refs: Sequence[str]) -> str:
    return refs[0] if len(refs) == 1 else quantity(len(refs), "image")
