"""The failures that stop a command, one class per exit code.

A leaf carries a message (what happened, which file, why) and a hint (the next command). Problems in
what people wrote are findings instead (`catalog.model.finding`): those are collected, never raised.
"""

from __future__ import annotations

from typing import ClassVar


class CatalogError(Exception):
    """A failure that people can read; `exit_code` is what the process ends with."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class FindingsError(CatalogError):
    """What people wrote is wrong or stale (exit 1)."""


class UsageError(CatalogError):
    """The command was asked for something that does not make sense (exit 2)."""

    exit_code = 2


class MissingError(CatalogError):
    """Something that the command needs is not there: an engine, a file, room on the disk (exit 3)."""

    exit_code = 3


class IntegrityError(CatalogError):
    """Something is not what it claims to be, so it is refused (exit 4)."""

    exit_code = 4


class ConflictError(CatalogError):
    """Somebody else holds the lock, or the name is taken (exit 5)."""

    exit_code = 5


class StoppedError(CatalogError):
    """Somebody asked to stop before the work was done (exit 130)."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("Stopped before the work was done.")
