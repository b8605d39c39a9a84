"""What a fake engine builds and runs: Dockerfiles of COPY and LABEL, and a few words of busybox.

It does what `catalog.engine.building` and `catalog.engine.containers` say. A Dockerfile whose RUN is `false`
does not build; a program is one of `PROGRAMS`.
"""

from __future__ import annotations

import io
import shlex
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from catalog.engine.containers import ContainerState, Ended, Labelled, Thing
from catalog.errors import FindingsError, MissingError, StoppedError
from catalog.registry.image_names import qualified
from tests.support.fake_image import FakeImage, layer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from catalog.engine.building import BuildRecipe, Listener
    from catalog.engine.containers import ContainerRun

OUT_OF_MEMORY = 137


@dataclass
class FakeContainer:
    """A container that has ended, or that a test put there."""

    labels: Mapping[str, str]
    status: str = "exited"
    health: str = ""
    exit_code: int = 0
    ports: Mapping[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    said: str = ""
    complaint: str = ""


class FakeWorkshop:
    """The building and running half of a fake engine.

    `built` has every recipe in order, `ran` every container; `reports` are the files that every container
    leaves behind, `ends` how programs end by their first two words.
    """

    images: dict[str, FakeImage]

    def __init__(self) -> None:
        self.built: list[BuildRecipe] = []
        self.ran: list[ContainerRun] = []
        self.containers: dict[str, FakeContainer] = {}
        self.networks: dict[str, Mapping[str, str]] = {}
        self.volumes: dict[str, Mapping[str, str]] = {}
        self.reports: dict[str, bytes] = {}
        self.ends: dict[str, Ended] = {}
        self.bases: dict[str, FakeImage] = {}

    def _called(self, *call: str) -> None:
        """Note a call."""

    def build(self, recipe: BuildRecipe, listener: Listener) -> None:
        """Build what the Dockerfile says, as far as it is understood."""
        self._called("build", *recipe.tags)
        if listener.is_stopped():
            raise StoppedError
        self.built.append(recipe)
        layers: list[bytes] = []
        labels: dict[str, str] = {}
        for line in recipe.dockerfile.read_text().splitlines():
            word, *rest = shlex.split(line) or [""]
            listener.line(f"Step: {line}")
            if word == "FROM":
                base = self._base(rest[0], recipe)
                layers, labels = list(base.layers), dict(base.labels)
            elif word == "COPY":
                layers.append(_copied(recipe.context, rest))
            elif word == "LABEL":
                labels |= dict(pair.partition("=")[::2] for pair in rest)
            elif word == "RUN" and rest in (["false"], ["[false]"]):
                raise FindingsError(f"{recipe.tags[0]} does not build. It said: {line}", "look above")
        image = FakeImage(tuple(layers), {**labels, **recipe.labels})
        for tag in recipe.tags:
            self.images[qualified(tag)] = image

    def run(self, container: ContainerRun, listener: Listener) -> Ended:
        """Run one of the programs that are understood."""
        self._called("run", container.image, *container.arguments)
        image = self.images.get(qualified(container.image))
        if image is None:
            raise MissingError(f"The engine has no image '{container.image}'", "build it")
        self.ran.append(container)
        program, *arguments = container.arguments
        made = FakeContainer({**image.labels, **container.labels}, files=dict(self.reports))
        self.containers[container.name] = made
        known = self.ends.get(" ".join(container.arguments[:3]))
        if known is not None:
            return known
        match program:
            case "true" | "python" | "npm" | "go":
                ended = Ended(0)
            case "false":
                ended = Ended(1)
            case "echo":
                listener.line(" ".join(arguments))
                ended = Ended(0)
            case "sleep":
                ended = self._sleep(container, listener)
            case _:
                raise FindingsError(f"{program} cannot be started in {container.image}: not found", "add it")
        made.exit_code = ended.exit_code
        return ended

    def copy_out(self, container: str, path: str, target: Path) -> bool:
        """Write the files of a container's folder."""
        self._called("copy_out", container, path)
        target.mkdir(parents=True, exist_ok=True)
        files = self.containers[container].files if container in self.containers else {}
        for name, content in files.items():
            (target / name).write_bytes(content)
        return bool(files)

    def create_network(self, name: str, labels: Mapping[str, str]) -> None:
        """Note a network."""
        self._called("create_network", name)
        if name in self.networks:
            raise MissingError(f"The network {name} cannot be made: it is there", "look")
        self.networks[name] = labels

    def states(self, label: str) -> list[ContainerState]:
        """The containers with that label."""
        self._called("states", label)
        return [
            ContainerState(
                name,
                found.status,
                found.health,
                found.exit_code,
                found.labels,
                found.ports,
                found.complaint,
            )
            for name, found in self.containers.items()
            if _has(found.labels, label)
        ]

    def logs(self, container: str, lines: int) -> str:
        """What a test said that it said."""
        self._called("logs", container, str(lines))
        return self.containers[container].said

    def labelled(self, label: str) -> list[Labelled]:
        """Everything with that label."""
        self._called("labelled", label)
        holders = {
            Thing.CONTAINER: {name: found.labels for name, found in self.containers.items()},
            Thing.NETWORK: self.networks,
            Thing.VOLUME: self.volumes,
            Thing.IMAGE: {name: image.labels for name, image in self.images.items()},
        }
        return [
            Labelled(thing, name, labels[label])
            for thing, found in holders.items()
            for name, labels in found.items()
            if label in labels
        ]

    def discard(self, things: Sequence[Labelled]) -> list[Labelled]:
        """Forget these."""
        self._called("discard", *(thing.id for thing in things))
        holders: dict[Thing, dict[str, Any]] = {
            Thing.CONTAINER: self.containers,
            Thing.NETWORK: self.networks,
            Thing.VOLUME: self.volumes,
            Thing.IMAGE: self.images,
        }
        for thing in things:
            holders[thing.thing].pop(thing.id, None)
        return []

    def _base(self, name: str, recipe: BuildRecipe) -> FakeImage:
        if name == "scratch":
            return FakeImage(())
        found = self.images.get(qualified(name)) or self.bases.get(name)
        if found is None:
            raise MissingError(f"The base image of {recipe.tags[0]} is not to be had ({name})", "load it")
        return found

    def _sleep(self, container: ContainerRun, listener: Listener) -> Ended:
        if listener.is_stopped():
            del self.containers[container.name]
            raise StoppedError
        return Ended(-1, timed_out=True)


def _has(labels: Mapping[str, str], wanted: str) -> bool:
    name, equals, value = wanted.partition("=")
    return name in labels and (not equals or labels[name] == value)


def _copied(context: Path, words: Sequence[str]) -> bytes:
    *sources, target = words
    files: dict[str, bytes] = {}
    for source in sources:
        place = context / source
        if not place.exists():
            raise FindingsError(f"COPY failed: {source} is not there", "look above")
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file():
                name = target.strip("./") if place.is_file() else str(path.relative_to(place))
                files[name] = path.read_bytes()
    return layer(files)


def files_of(image: FakeImage) -> dict[str, bytes]:
    """All files of an image, by name."""
    found: dict[str, bytes] = {}
    for one in image.layers:
        with tarfile.open(fileobj=io.BytesIO(one)) as tar:
            for member in tar:
                if (reader := tar.extractfile(member)) is not None:
                    found[member.name] = reader.read()
    return found
