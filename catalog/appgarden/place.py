"""Where a value stands in the development file, as a path that grows while the file is walked.

Every step of the transform is a generator: it yields the findings and returns the value (`Found`). So a
step needs no list to append to, and none can forget to hand its findings on.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from msgspec import Struct

from catalog.model.finding import Finding

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from catalog.model.finding import Code, Pointer

T = TypeVar("T")
Found: TypeAlias = Generator[Finding, None, T]
"""A step of the transform: yields what it finds, returns what it makes."""


class Place(Struct, frozen=True):
    """A file (relative to the workspace) and a pointer into it; `place / key` is a place further in."""

    file: PurePosixPath
    pointer: Pointer = ()

    def __truediv__(self, key: str | int) -> Place:
        return Place(self.file, (*self.pointer, key))

    def __str__(self) -> str:
        return ".".join(str(part) for part in self.pointer)

    def finding(self, code: Code, message: str, hint: str = "") -> Finding:
        """A finding of this code here."""
        return code.at(self.file, message, self.pointer, hint)


def gathered(step: Found[T]) -> tuple[T, tuple[Finding, ...]]:
    """What a step makes, and everything that it found on the way."""
    findings: list[Finding] = []
    while True:
        try:
            findings.append(next(step))
        except StopIteration as end:
            return end.value, tuple(findings)
