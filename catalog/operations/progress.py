"""How an operation tells how far it is, without knowing who listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sized

T = TypeVar("T")


class Progress(Protocol):
    """Somebody who wants to hear how far a step is."""

    def advance(self, label: str, done: int, total: int | None) -> None:
        """Take note that `done` items of the step `label` are finished, of `total` if that is known."""

    def transferred(self, label: str, done: int, total: int | None) -> None:
        """As `advance`, where `done` and `total` are bytes."""


class Audience(Progress, Protocol):
    """Somebody who also wants to hear what programs say while they work."""

    def line(self, source: str, text: str) -> None:
        """Take note of a line that `source` said; called from several threads."""


class Silence:
    """Nobody listens."""

    def line(self, source: str, text: str) -> None:
        """Let it pass."""

    def advance(self, label: str, done: int, total: int | None) -> None:
        """Let it pass."""

    def transferred(self, label: str, done: int, total: int | None) -> None:
        """Let it pass."""


def counted(items: Iterable[T], label: str, progress: Progress, sized: Sized | None = None) -> Iterator[T]:
    """The items, one by one, telling `progress` before each and after the last; `sized` has as many."""
    total = None if sized is None else len(sized)
    done = 0
    for done, item in enumerate(items, 1):
        progress.advance(label, done - 1, total)
        yield item
    progress.advance(label, done, total)
