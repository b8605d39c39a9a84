"""What can go wrong with a platform: it cannot be used at all, or it refuses one request."""

from __future__ import annotations

from catalog.errors import ConflictError, FindingsError, MissingError


class PlatformError(MissingError):
    """The platform does not do what it should: unreachable, no login, busy, broken, or no platform at all.

    `stops` tells that the next request would fare no better, `may_be_done` that this one may have been
    carried out although its answer is lost.
    """

    def __init__(
        self, message: str, hint: str = "", *, stops: bool = True, may_be_done: bool = False
    ) -> None:
        super().__init__(message, hint)
        self.stops = stops
        self.may_be_done = may_be_done


class UnansweredError(PlatformError):
    """No answer came, or only that the other side failed (5xx); the next request may fare better."""


class BusyError(PlatformError):
    """There were too many requests, and waiting was of no use (429)."""


class LoginError(PlatformError):
    """The platform wants a login, or does not take the one that it got (401)."""


class RefusedError(FindingsError):
    """The platform does not take what was sent (400, 413, 422)."""


class AbsentError(RefusedError):
    """What was asked for is not there (404)."""


class TakenError(ConflictError):
    """What was sent contradicts what is there (409, 412, 423)."""


class RefusedImageError(MissingError):
    """An image registry does not let this login, or anybody without one, have an image (401, 403)."""
