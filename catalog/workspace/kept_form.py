"""Writes a value of one type as a line of JSON, and reads it back."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import PurePath
from typing import Any, Generic, TypeVar

import msgspec
from pydantic import BaseModel, ValidationError

T = TypeVar("T")


class Form(Generic[T]):
    """How values of `kind` are written: a Struct of plain values, other Structs, paths and pydantic models.

    Raises:
        NameError: an annotation in it speaks of a type that its module imports for the type checker alone.
    """

    def __init__(self, kind: type[T]) -> None:
        self._encoder = msgspec.json.Encoder(enc_hook=_plain)
        self._decoder = msgspec.json.Decoder(kind, dec_hook=_made)

    def line(self, value: T) -> bytes | None:
        """The value as JSON without line breaks; None if it holds text that no file can hold."""
        try:
            return self._encoder.encode(value)
        except UnicodeError:
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
            return None if line is None else self._decoder.decode(line)
        except (msgspec.DecodeError, ValidationError, UnicodeError):
            return None


def _plain(value: Any) -> Any:
    """What stands in JSON for a value of a type that msgspec does not know."""
    return value.model_dump(exclude_defaults=True) if isinstance(value, BaseModel) else str(value)


def _made(kind: type[Any], plain: Any) -> Any:
    """The other way round."""
    if issubclass(kind, BaseModel):
        return _default(kind) if plain == {} else kind.model_validate(plain)
    if issubclass(kind, PurePath):
        return _path(kind, plain)
    raise TypeError(kind)


@cache
def _default(kind: type[BaseModel]) -> BaseModel:
    """The same for everybody, since most extensions say nothing of what such a model holds."""
    return kind.model_validate({})


@lru_cache(1024)  # what was found in one file stands together
def _path(kind: type[PurePath], text: str) -> PurePath:
    return kind(text)
