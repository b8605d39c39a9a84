"""What the product asks of an engine that builds images, in its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def _never() -> bool:
    return False


class Listener(Struct, frozen=True):
    """Who hears what a program says, line by line, and may ask it to stop.

    `line` is called from the thread that runs the program; `is_stopped` several times a second.
    """

    line: Callable[[str], None]
    is_stopped: Callable[[], bool] = _never


class BuildRecipe(Struct, frozen=True):
    """One image to build.

    `context` and `dockerfile` are absolute paths on this machine. An argument whose value is None is taken
    from the environment, as the Compose specification says. `contexts` are further contexts by name (a path
    or `docker-image://…`), `secrets` are options as `--secret` takes them, `network` is what RUN may use.
    """

    context: Path
    dockerfile: Path
    tags: tuple[str, ...]
    args: Mapping[str, str | None] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    network: str = ""
    contexts: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    cache_from: tuple[str, ...] = ()
    no_cache: bool = False


class ImageBuilder(Protocol):
    """An engine that builds images and keeps them under their tags."""

    def build(self, recipe: BuildRecipe, listener: Listener) -> None:
        """Build an image; everything that the engine says goes to the listener.

        Raises:
            FindingsError: the recipe does not build; the message has the engine's last lines.
            MissingError: the engine is not there or has no room, or a base image is not to be had.
            StoppedError: the listener asked to stop.
        """
