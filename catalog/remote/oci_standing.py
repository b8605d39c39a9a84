"""Decides whether an image registry is still asked, by how it has answered so far."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from catalog.errors import CatalogError
from catalog.remote.failures import BusyError, PlatformError, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FAILURES = 3
"""In a row; by then each request has been sent several times, and the next ones would take as long."""


class Standing:
    """How one registry has fared: what goes wrong with one image says nothing about others.

    Only failures that are the registry's own count: no answer or 5xx three times in a row, or too many
    requests.
    """

    def __init__(self, host: str) -> None:
        """Nothing has been asked yet."""
        self._host = host
        self._failures = 0
        self._given_up = ""
        self._hint = ""

    @contextmanager
    def asked(self, ref: str) -> Iterator[None]:
        """Ask for the image `ref` inside.

        Raises:
            PlatformError: the registry has been given up; the message says why.
        """
        if self._given_up:
            raise PlatformError(f"{self._host} was not asked for {ref}, {self._given_up}", self._hint)
        try:
            yield
        except BusyError as error:
            self._give_up("since it allows no more requests for now.", error)
            raise
        except UnansweredError as error:
            self._failures += 1
            if self._failures == _FAILURES:
                said = f"since it failed {_FAILURES} times in a row. The last time: {error.message}"
                self._give_up(said, error)
            raise
        except CatalogError:
            self._failures = 0
            raise
        self._failures = 0

    def _give_up(self, why: str, error: CatalogError) -> None:
        self._given_up, self._hint = why, error.hint
