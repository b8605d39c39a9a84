"""What the product needs of a container engine, in its own words.

The real ones speak through the command lines of docker, podman and nerdctl; the tests' fake keeps images in
memory, and one contract test holds all of them to what is said here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from catalog.engine.building import ImageBuilder
from catalog.engine.containers import ContainerHost

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager


class EngineInfo(Struct, frozen=True):
    """Which engine answers: `docker`, `podman` or `nerdctl`, its server's version, and `linux/amd64`."""

    name: str
    version: str
    platform: str


class LocalImage(Struct, frozen=True):
    """An image that the engine has.

    `ref` is the reference that was asked for, `image_id` what the engine calls it (the config's digest in a
    classic store, a manifest's in a containerd store), `diff_ids` the digests of its unpacked layers from the
    base up, `size` the engine's own figure in bytes, `repo_digests` the registries' digests it knows,
    `created` when it was built, as the engine writes it (RFC 3339), `labels`, `user` and `workdir` what its
    config says of them.
    """

    ref: str
    image_id: str
    platform: str
    diff_ids: tuple[str, ...]
    size: int
    repo_digests: tuple[str, ...] = ()
    created: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    workdir: str = ""

    def __hash__(self) -> int:
        """By what tells images apart; labels cannot be hashed."""
        return hash((self.ref, self.image_id))


class ByteStream(Protocol):
    """Bytes that come from somewhere; an empty answer is the end."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, fewer only at the end."""


class Engine(ImageBuilder, ContainerHost, Protocol):
    """A container engine: it keeps and moves images, builds them, and runs containers.

    Every method raises MissingError when the engine is not there, does not answer in time or has no room;
    the message says which, and the hint what to do.
    """

    def info(self) -> EngineInfo:
        """Which engine this is."""

    def inspect(self, refs: Sequence[str]) -> dict[str, LocalImage]:
        """The images that are there, by the reference asked for; those that are not are left out."""

    def pull(self, ref: str, platform: str | None = None) -> None:
        """Fetch an image from its registry.

        Raises:
            MissingError: the registry cannot be reached, refuses, or has no such image.
        """

    def save(self, refs: Sequence[str], platform: str | None = None) -> AbstractContextManager[ByteStream]:
        """The images as one archive in the form of `docker save`, streamed; nothing is written to the disk.

        Leaving the block before the end stops the engine's program. At the end of the stream the program's
        own verdict is asked for:

        Raises:
            MissingError: the program failed, although the stream may look whole.
        """

    def load(self, chunks: Iterator[bytes]) -> tuple[str, ...]:
        """Load an archive; the references that the engine says it loaded.

        Raises:
            IntegrityError: the engine refuses the archive.
        """

    def tag(self, source: str, target: str) -> None:
        """Give an image another name."""

    def push(self, ref: str) -> None:
        """Send an image to the registry that its name says."""

    def remove(self, ref: str) -> None:
        """Take a name away, and the image with its last name."""
