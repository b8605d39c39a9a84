"""What publishing and verifying images works with, found only when it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.engine.buildx import find_buildx
from catalog.engine.find import find_engine

if TYPE_CHECKING:
    from catalog.engine.buildx import ManyPlatformBuilder
    from catalog.engine.engine import Engine
    from catalog.remote.oci_registry import ImageRegistries


class ImageTools:
    """The registries, the engine, and the builder for several platforms."""

    def __init__(
        self,
        registries: ImageRegistries | None,
        engine: Engine | None = None,
        builder: ManyPlatformBuilder | None = None,
    ) -> None:
        """Work with `registries`, None if none is asked; with a given engine, only a given builder counts."""
        self._registries = registries
        self._engine = engine
        self._builder = builder
        self._may_look = engine is None

    @property
    def registries(self) -> ImageRegistries:
        """The registries."""
        if self._registries is None:
            raise ValueError("no registry was meant to be asked")
        return self._registries

    def engine(self, name: str | None) -> Engine:
        """The engine called `name`, or the first that answers.

        Raises:
            UsageError: there is no such engine.
            MissingError: it does not answer.
        """
        if self._engine is None:
            self._engine = find_engine(name)
        return self._engine

    def builder(self, name: str | None) -> ManyPlatformBuilder | None:
        """The builder for several platforms, None if the engine called `name` has none."""
        if self._builder is None and self._may_look:
            self._builder = find_buildx(name)
        return self._builder
