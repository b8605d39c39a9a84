"""Writes a value of one type as a line of JSON, and reads it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


class Form(Generic[T]):
    """How values of the dataclass `kind` are written.

    `names` are the types that its annotations speak of, and those of the dataclasses in it, as far as their
    modules import them for the type checker alone.

    Raises:
        NameError: an annotation speaks of a type that is not among `names`.
    """

    def __init__(self, kind: type[T], names: Mapping[str, Any]) -> None:
        self._adapter = TypeAdapter(kind)
        self._adapter.rebuild(_types_namespace=dict(names))

    def line(self, value: T) -> bytes | None:
        """The value as JSON without line breaks; None if it holds text that no file can hold."""
        try:
            return self._adapter.dump_json(value)
        except (PydanticSerializationError, UnicodeError):
            return None

    def certain_line(self, value: T) -> bytes:
        """As `line`, for where there is no other way on.

        Raises:
            ValueError: it holds text that no file can hold.
        """
        line = self.line(value)
        if line is None:
            raise ValueError(value)
        return line

    def value(self, line: bytes | None) -> T | None:
        """The value that was written so; None for anything else."""
        try:
            return None if line is None else self._adapter.validate_json(line)
        except ValidationError:
            return None
