"""One request and its answer over HTTP: bounded in time and size, sent again where that is safe.

httpx carries it: unlike `requests` it takes no login from `~/.netrc`, follows no redirect by itself, and
takes an `ssl.SSLContext` as it is. Redirects within the origin are followed here; logins must not leave it.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin

import httpx
from msgspec import Struct, field
from msgspec.structs import replace

from catalog.remote.address import origin_of
from catalog.remote.client import http_client
from catalog.remote.clock import SystemClock
from catalog.remote.failures import PlatformError, UnansweredError
from catalog.remote.retry import Attempt, wait_before_next

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.remote.clock import Clock
    from catalog.remote.connection import Connection

_MAX_REDIRECTS = 5
_SAME_METHOD = frozenset({307, 308})
REDIRECTS = _SAME_METHOD | {301, 302, 303}


class Limits(Struct, frozen=True):
    """How long an answer may take, in seconds, and how large it may be, in bytes."""

    connect: float = 10.0
    silence: float = 60.0
    total: float = 300.0
    size: int = 64 * 1024 * 1024


class Request(Struct, frozen=True):
    """What is asked: `url` is absolute; a repeatable request may be carried out twice without harm."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    is_repeatable: bool = True

    def __repr__(self) -> str:
        """Without what may be secret: headers, a signature in the query, the content."""
        return f"Request({self.where!r})"

    @property
    def where(self) -> str:
        """The request as messages name it: without its query, which may be a signature."""
        return f"{self.method} {self.url.partition('?')[0]}"


class Answer(Struct, frozen=True):
    """What came back, whole; `challenge` is its WWW-Authenticate."""

    status: int
    content_type: str
    body: bytes
    location: str = ""
    retry_after: str = ""
    challenge: str = ""

    def __repr__(self) -> str:
        """Without what may be secret: the body, a signature in the location."""
        return f"Answer({self.status}, {self.content_type!r})"


class Hints(Struct, frozen=True):
    """The way on when something does not answer: `reach` if at all, `slow` if in time, `moved` if elsewhere.

    `moved` may name the `{origin}` that it is at.
    """

    reach: str
    slow: str
    moved: str


PLATFORM_HINTS = Hints(
    reach="Check the address (KAMIWAZA_API_URL), and that the platform runs.",
    slow="Look at the platform's own log, and at what is there: catalog kamiwaza list",
    moved="If that is the platform, name it: KAMIWAZA_API_URL={origin}",
)


class Transport:
    """Sends requests to one origin; to be closed, as a context manager does."""

    def __init__(
        self,
        connection: Connection,
        limits: Limits | None = None,
        clock: Clock | None = None,
        hints: Hints = PLATFORM_HINTS,
    ) -> None:
        """Prepare to reach the connection's address.

        Raises:
            UsageError: the file of the site's authority cannot be used.
            MissingError: the environment names a proxy that cannot be used.
        """
        self._address = connection.address
        self._limits = limits or Limits()
        self._clock = clock or SystemClock()
        self._hints = hints
        timeout = httpx.Timeout(self._limits.silence, connect=self._limits.connect)
        self._client = http_client(connection, timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._client.close()

    def exchange(self, request: Request) -> Answer:
        """Send a request, and follow its redirects within the origin.

        Raises:
            PlatformError: there is no whole answer, or it leads to another origin.
        """
        for _ in range(_MAX_REDIRECTS):
            answer = self.ask(request)
            if answer.status not in REDIRECTS:
                return answer
            request = self._redirected(request, answer)
        raise PlatformError(
            f"{request.where} leads in a circle: more than {_MAX_REDIRECTS} redirects.", "Check the address."
        )

    def _redirected(self, request: Request, answer: Answer) -> Request:
        """The request to where the answer points, if that is the same origin and the same request."""
        try:
            target = urljoin(request.url, answer.location)
            origin = origin_of(target)
        except ValueError:
            target, origin = "", None
        if origin != self._address.origin:
            raise PlatformError(
                f"{request.where} is answered with a redirect to {origin or 'an address that is none'}; "
                "what was sent, logins above all, does not follow to another place.",
                self._hints.moved.format(origin=origin or "https://…"),
            )
        if request.method == "GET" or answer.status in _SAME_METHOD:
            return replace(request, url=target)
        raise PlatformError(
            f"{request.where} is answered with a redirect ({answer.status}) that would turn it into a GET.",
            "Check the address, and whether a proxy is in between.",
        )

    def ask(self, request: Request) -> Answer:
        """Send a request until it is answered, or must not be sent again; a redirect is an answer.

        Raises:
            PlatformError: there is no whole answer.
        """
        waited, number = 0.0, 1
        result = self._tried(request)
        while (wait := self._wait(request, result, number, waited)) is not None:
            self._clock.sleep(wait)
            waited, number = waited + wait, number + 1
            result = self._tried(request)
        if isinstance(result, PlatformError):
            raise result
        return result

    def _wait(
        self, request: Request, result: Answer | PlatformError, number: int, waited: float
    ) -> float | None:
        attempt = Attempt(None)
        if isinstance(result, Answer):
            attempt = Attempt(result.status, result.retry_after)
        is_repeatable, now = request.is_repeatable, self._clock.now()
        return wait_before_next(attempt, number=number, waited=waited, is_repeatable=is_repeatable, now=now)

    def _tried(self, request: Request) -> Answer | _CutOffError:
        """The answer, or that the connection broke off."""
        try:
            return self._once(request)
        except _CutOffError as error:
            return error

    def _once(self, request: Request) -> Answer:
        try:
            return self._received(request)
        except httpx.ConnectTimeout:
            raise UnansweredError(
                f"{self._address.origin} does not answer within {self._limits.connect:g} s.",
                self._hints.reach,
            ) from None
        except httpx.ConnectError as error:
            raise _unreachable(self._address.origin, error, self._hints) from None
        except httpx.ProxyError as error:
            kind = UnansweredError if str(error).startswith("4") else _CutOffError
            raise kind(
                f"The proxy on the way to {self._address.origin} does not let us through: {error}.",
                "Look at HTTPS_PROXY; what needs no proxy is named in NO_PROXY.",
            ) from None
        except httpx.TimeoutException:
            raise self._too_slow(request, self._limits.silence) from None
        except UnicodeError:
            raise PlatformError(
                f"{self._address.origin} cannot be the name of a host.", self._hints.reach
            ) from None
        except (httpx.DecodingError, httpx.InvalidURL):
            raise PlatformError(
                f"The answer to {request.where} is damaged.", self._hints.reach, may_be_done=True
            ) from None
        except httpx.HTTPError as error:
            raise _CutOffError(
                f"The connection broke off before {request.where} was answered: {type(error).__name__}.",
                self._hints.reach,
                may_be_done=True,
            ) from None

    def _received(self, request: Request) -> Answer:
        """The answer, read to its end unless it is too long or takes too long."""
        begun, body = self._clock.elapsed(), bytearray()
        with self._client.stream(
            request.method, request.url, headers=dict(request.headers), content=request.content or None
        ) as response:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > self._limits.size:
                    raise PlatformError(
                        f"The answer to {request.where} has more than {self._limits.size:,} bytes.",
                        may_be_done=True,
                    )
                if self._clock.elapsed() - begun > self._limits.total:
                    raise self._too_slow(request, self._limits.total)
            headers = response.headers
            return Answer(
                response.status_code,
                headers.get("content-type", "").partition(";")[0].strip().lower(),
                bytes(body),
                headers.get("location", ""),
                headers.get("retry-after", ""),
                headers.get("www-authenticate", ""),
            )

    def _too_slow(self, request: Request, seconds: float) -> UnansweredError:
        return UnansweredError(
            f"{request.where} was not answered whole within {seconds:g} s.",
            self._hints.slow,
            may_be_done=True,
        )


class _CutOffError(UnansweredError):
    """The connection broke off; the same request may succeed at once."""


def _unreachable(origin: object, error: BaseException, hints: Hints) -> UnansweredError:
    """Why no connection came about, in words; TLS names its reason at some depth of the causes."""
    cause: BaseException | None = error
    while cause and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return UnansweredError(
            f"The certificate of {origin} is not to be trusted: {cause.verify_message}.",
            "If the site has an authority of its own, name its certificate: --ca FILE",
        )
    if isinstance(cause, ssl.SSLError):
        return UnansweredError(
            f"{origin} does not speak TLS as it should: {cause.reason or 'no reason given'}.",
            "If it is plain HTTP, write http:// in the address.",
        )
    return UnansweredError(f"{origin} cannot be reached: {error}.", hints.reach)
