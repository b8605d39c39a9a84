"""Has urllib give up a server that answers too slowly, however often it sends a byte.

The time-out of a socket starts anew with every byte. Here each reading has what is left of the whole time,
which grows with what has come.
"""

from __future__ import annotations

import io
import time
import urllib.request
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable


class Patience(Struct, frozen=True):
    """Seconds of silence, and for all; after the first ones, `slowest` bytes have to come in each."""

    silence: float = 60.0
    total: float = 3600.0
    slowest: float = 1024.0

    def allowed(self, received: int) -> float:
        """The seconds in which so many bytes have to be there."""
        return min(self.total, self.silence + received / self.slowest)


def bounded_handlers(
    context: ssl.SSLContext, patience: Patience
) -> tuple[urllib.request.BaseHandler, urllib.request.BaseHandler]:
    """The handlers of HTTP and HTTPS for one fetch, redirects and all; their readings raise TimeoutError."""
    pace = _Pace(patience)
    return _Http(pace), _Https(context, pace)


class _Pace:
    """How much time one fetch has taken, and how much has come."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._begun = time.monotonic()
        self._received = 0

    def left(self) -> float:
        """Seconds for the next reading.

        Raises:
            TimeoutError: there are none left.
        """
        allowed = self._patience.allowed(self._received)
        left = min(self._patience.silence, self._begun + allowed - time.monotonic())
        if left <= 0:
            raise TimeoutError(f"{self._received:,} bytes came within {allowed:.0f} s, which is too slow")
        return left

    def add(self, count: int) -> None:
        """So many bytes more have come."""
        self._received += count

    def response(self, connected: socket.socket, *arguments: Any, **options: Any) -> HTTPResponse:
        """The answer on a socket, read within the time."""
        answer = HTTPResponse(connected, *arguments, **options)
        answer.fp = io.BufferedReader(_Bounded(connected, answer.fp.detach(), self))
        return answer

    def connecting(self, kind: type[HTTPConnection]) -> Callable[..., HTTPConnection]:
        """Makes connections of one kind whose answers are read within the time."""

        def connection(host: str, **options: Any) -> HTTPConnection:
            made = kind(host, **options)
            made.response_class = self.response  # type: ignore[assignment]  # called, whatever it is
            return made

        return connection


class _Bounded(io.RawIOBase):
    """What comes on a socket, while there is time."""

    def __init__(self, connected: socket.socket, raw: io.RawIOBase, pace: _Pace) -> None:
        self._socket = connected
        self._raw = raw
        self._pace = pace

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        try:
            self._socket.settimeout(self._pace.left())
            count: int | None = self._raw.readinto(buffer)
        except TimeoutError:
            self._raw.close()  # urllib closes no answer that breaks off while it follows a redirect
            self._pace.left()
            raise
        self._pace.add(count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Http(urllib.request.HTTPHandler):
    def __init__(self, pace: _Pace) -> None:
        super().__init__()
        self._pace = pace

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(self._pace.connecting(HTTPConnection), req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, context: ssl.SSLContext, pace: _Pace) -> None:
        super().__init__(context=context)
        self._trusted = context
        self._pace = pace

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(self._pace.connecting(HTTPSConnection), req, context=self._trusted)
