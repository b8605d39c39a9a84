"""A conversation with one image registry: finds its API, logs in as it asks, and gives answers or failures.

The rules are those of the OCI distribution specification 1.1 and of distribution's token authentication.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode, urljoin, urlsplit

from msgspec.structs import replace
from pydantic import SecretStr

from catalog.remote.address import origin_of
from catalog.remote.credentials import Login, Token, secrets_of
from catalog.remote.failures import PlatformError, UnansweredError
from catalog.remote.oci_challenge import Challenge, challenges
from catalog.remote.oci_failures import HINTS, failure, is_absent
from catalog.remote.oci_transports import Transports
from catalog.remote.transport import REDIRECTS, Request

if TYPE_CHECKING:
    from catalog.remote.address import Origin
    from catalog.remote.credentials import Credentials
    from catalog.remote.oci_transports import Access
    from catalog.remote.transport import Answer

_OK, _UNAUTHORIZED, _NOT_FOUND = 200, 401, 404
_MAX_TOKEN = 64 * 1024


class OciSession:
    """Reads from the registry at one host; to be closed, as a context manager does."""

    def __init__(self, host: str, access: Access) -> None:
        """Prepare to speak; nothing is sent yet."""
        self.host = host
        self._access = access
        self._transports = Transports(host, access)
        self._credentials: Credentials | None = None
        self._asked_for_login = False
        self._authorization: dict[str, SecretStr] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._transports.__exit__(*exception)

    def read(self, repository: str, path: str, accept: tuple[str, ...] = ("*/*",)) -> Answer | None:
        """What lies at `path` (`manifests/1.0.0`, `blobs/sha256:…`) of a repository; None if it is not there.

        Raises:
            MissingError: the registry cannot be reached, refuses, or is none.
            IntegrityError: its answers make no sense.
        """
        try:
            return self._read(repository, path, accept)
        except UnansweredError:
            self._transports.forget_api()
            raise

    def _read(self, repository: str, path: str, accept: tuple[str, ...]) -> Answer | None:
        origin = self._transports.api()
        request = Request("GET", f"{origin}/v2/{repository}/{path}", {"Accept": ", ".join(accept)})
        answer = self._asked(request, repository)
        if answer.status in REDIRECTS:
            answer = self._redirected(request, answer, repository)
        if answer.status == _OK:
            return answer
        if answer.status == _NOT_FOUND and (is_absent(answer) or self._is_registry(origin, repository)):
            return None
        raise failure(self.host, request, answer, self._secrets(), has_login=self._credentials is not None)

    def _asked(self, request: Request, repository: str) -> Answer:
        """The answer, after a login if the registry wants one."""
        transport = self._transports.to(origin_of(request.url))
        answer = transport.ask(self._signed(request, repository))
        if answer.status != _UNAUTHORIZED:
            return answer
        if not self._log_in(answer, repository):
            return answer
        return transport.ask(self._signed(request, repository))

    def _signed(self, request: Request, repository: str) -> Request:
        known = self._authorization.get(repository)
        if known is None:
            return request
        return replace(request, headers={**request.headers, "Authorization": known.get_secret_value()})

    def _log_in(self, answer: Answer, repository: str) -> bool:
        """See to an authorization for the repository, in the first way that is offered and possible."""
        for challenge in challenges(answer.challenge):
            value = None
            if challenge.scheme == "bearer":
                value = f"Bearer {self._token(challenge, repository)}"
            elif challenge.scheme == "basic":
                value = self._basic(self._transports.api())
            if value is not None:
                before = self._authorization.get(repository)
                self._authorization[repository] = SecretStr(value)
                return before is None or before.get_secret_value() != value
        return False

    def _login(self) -> Credentials | None:
        if not self._asked_for_login:
            self._credentials, self._asked_for_login = self._access.login(self.host), True
        return self._credentials

    def _basic(self, origin: Origin) -> str | None:
        """The login as a header; None without one.

        Raises:
            PlatformError: others could read it on its way.
        """
        login = self._login()
        if not isinstance(login, Login):
            return None
        _refuse_plain(origin, self.host)
        return f"Basic {_pair(login)}"

    def _token(self, challenge: Challenge, repository: str) -> str:
        """A token that allows to read the repository, for a login or for anybody.

        Raises:
            PlatformError: the place that gives tokens gives none.
        """
        realm = challenge.parameters.get("realm", "")
        origin = self._realm_origin(realm)
        wishes = {
            "service": challenge.parameters.get("service", ""),
            "scope": f"repository:{repository}:pull",
        }
        request = self._token_request(realm, origin, {key: value for key, value in wishes.items() if value})
        answer = self._transports.to(origin).exchange(request)
        if answer.status != _OK:
            raise failure(
                self.host, request, answer, self._secrets(), has_login=self._credentials is not None
            )
        token = _token_in(answer)
        if token is None:
            raise PlatformError(f"The answer to {request.where} has no token.", HINTS.reach)
        return token

    def _token_request(self, realm: str, origin: Origin, wishes: dict[str, str]) -> Request:
        login = self._login()
        if isinstance(login, Token):
            _refuse_plain(origin, self.host)
            form = wishes | {
                "grant_type": "refresh_token",
                "client_id": "extension-catalog",
                "refresh_token": login.value.get_secret_value(),
            }
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return Request("POST", realm, headers, urlencode(form).encode())
        url = f"{realm}{'&' if urlsplit(realm).query else '?'}{urlencode(wishes)}"
        basic = self._basic(origin)
        return Request("GET", url, {"Authorization": basic} if basic else {})

    def _realm_origin(self, realm: str) -> Origin:
        """Whose tokens the registry takes; no registry with TLS may send anybody to a place without."""
        try:
            origin = origin_of(realm)
            has_user = "@" in urlsplit(realm).netloc
        except ValueError:
            origin, has_user = None, False
        if origin is None or has_user or not realm.isascii() or not realm.isprintable():
            raise PlatformError(f"{self.host} does not say where it gives tokens.", HINTS.reach)
        if origin.scheme == "http" and self._transports.api().scheme == "https":
            raise PlatformError(
                f"{self.host} wants tokens from {origin}, which has no TLS; nothing was sent there.",
                "Ask the registry's administrator.",
            )
        return origin

    def _redirected(self, request: Request, answer: Answer, repository: str) -> Answer:
        """The content at another address; no login goes to another origin, or back from there."""
        is_own = True
        for _ in range(3):
            try:
                target = urljoin(request.url, answer.location)
                origin = origin_of(target)
            except ValueError:
                break
            if origin.scheme == "http" and self._transports.api().scheme == "https":
                break
            is_own = is_own and origin == self._transports.api()
            accept = {"Accept": request.headers.get("Accept", "*/*")}
            request = Request("GET", target, accept)
            answer = self._asked(request, repository) if is_own else self._transports.to(origin).ask(request)
            if answer.status not in REDIRECTS:
                return answer
        raise PlatformError(f"{request.where} is answered with a redirect that leads nowhere.", HINTS.reach)

    def _is_registry(self, origin: Origin, repository: str) -> bool:
        """Whether the API is there at all, so that a bare 404 means that there is no such image."""
        answer = self._asked(Request("GET", f"{origin}/v2/"), repository)
        return answer.status == _OK

    def _secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        sent = [value.get_secret_value().partition(" ")[2] for value in self._authorization.values()]
        pair = [_pair(self._credentials)] if isinstance(self._credentials, Login) else []
        return (*secrets_of(self._credentials), *sent, *pair)


def _pair(login: Login) -> str:
    """Name and password as Basic has them (RFC 7617)."""
    return base64.b64encode(f"{login.username}:{login.password.get_secret_value()}".encode()).decode()


def _refuse_plain(origin: Origin, host: str) -> None:
    if origin.scheme == "http" and not origin.is_loopback:
        raise PlatformError(
            f"{origin} has no TLS, over which the login to {host} can be read by others; nothing was sent.",
            "Give the registry a certificate.",
        )


def _token_in(answer: Answer) -> str | None:
    """The token in an answer; both names are in use (distribution's token specification)."""
    if len(answer.body) > _MAX_TOKEN:
        return None
    try:
        data: Any = json.loads(answer.body)
        token = data.get("token") or data.get("access_token")
    except (ValueError, RecursionError, AttributeError):
        return None
    is_token = isinstance(token, str) and token.isascii() and token.isprintable() and " " not in token
    return token if is_token else None
