"""A conversation with the platform: logs in when needed, and gives parsed JSON or a failure in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from catalog.remote.answers import json_of, reason_of
from catalog.remote.credentials import Login, Token, nobody, secrets_of
from catalog.remote.failures import AbsentError, LoginError, PlatformError, RefusedError, TakenError
from catalog.remote.transport import Request

if TYPE_CHECKING:
    from catalog.remote.connection import Connection
    from catalog.remote.credentials import Ask
    from catalog.remote.transport import Answer, Transport

CLIENT_ID = "kamiwaza-platform"
SCOPE = "openid email profile"
_LOGIN_HINT = (
    "Set KAMIWAZA_API_TOKEN, or KAMIWAZA_USERNAME and KAMIWAZA_PASSWORD, or write token, or username and "
    "password, into ~/.kamiwaza/config.yaml."
)
_TAKEN = frozenset({409, 412, 423})
_GATEWAY = frozenset({502, 503, 504})


class TokenAnswer(BaseModel):
    """What POST /auth/token gives, as far as we read it."""

    model_config = ConfigDict(hide_input_in_errors=True)

    access_token: SecretStr = Field(min_length=1)


class Session:
    """Speaks to one platform in the name of one user, or of nobody where the platform asks for no login."""

    def __init__(self, connection: Connection, transport: Transport, ask: Ask = nobody) -> None:
        """Speak over `transport`; `ask` is called once if the platform wants a login and there is none."""
        self.address = connection.address
        self._credentials = connection.credentials
        self._username = connection.username
        self._transport = transport
        self._ask: Ask | None = None if connection.credentials else ask
        self._bearer: str | None = None
        self._is_open = False  # the platform has no login at all

    def get(self, path: str) -> Any:
        """What the platform answers to GET, parsed.

        Raises:
            PlatformError, RefusedError, TakenError: as their classes say.
        """
        return self._sent(Request("GET", f"{self.address}{path}"))

    def put(self, path: str, body: Any) -> Any:
        """As `get`, for PUT; putting twice does no more than putting once."""
        return self._sent(self._with_json("PUT", path, body, is_repeatable=True))

    def post(self, path: str, body: Any) -> Any:
        """As `get`, for POST, which is sent again only if it was certainly not carried out."""
        return self._sent(self._with_json("POST", path, body, is_repeatable=False))

    def _with_json(self, method: str, path: str, body: Any, *, is_repeatable: bool) -> Request:
        try:
            content = json.dumps(body, allow_nan=False).encode()
        except ValueError:  # JSON has no infinity
            raise RefusedError(f"{method} {path}: a number is too large for JSON.") from None
        headers = {"Content-Type": "application/json"}
        return Request(method, f"{self.address}{path}", headers, content, is_repeatable)

    def _sent(self, request: Request) -> Any:
        """The parsed answer; a login that the platform does not take (any more) is renewed once."""
        self._log_in()
        answer = self._transport.exchange(self._signed(request))
        if answer.status == 401 and self._may_log_in_again():  # noqa: PLR2004
            self._log_in()
            answer = self._transport.exchange(self._signed(request))
        if answer.status < 200 or answer.status > 299:  # noqa: PLR2004
            self._fail(request, answer)
        return json_of(answer, request.where)

    def _signed(self, request: Request) -> Request:
        if self._bearer is None:
            return request
        headers = {**request.headers, "Authorization": f"Bearer {self._bearer}"}
        return Request(request.method, request.url, headers, request.content, request.is_repeatable)

    def _may_log_in_again(self) -> bool:
        """Forget the token if another can be had, by the password or from a person."""
        if isinstance(self._credentials, Login) and self._bearer:
            self._bearer = None
            return True
        if self._ask is None:
            return False
        self._refuse_plain_http()
        self._credentials, self._ask = self._ask(str(self.address), self._username), None
        return self._credentials is not None

    def _log_in(self) -> None:
        """See to it that there is a token, unless nobody has one or the platform wants none.

        Raises:
            LoginError: the platform does not take the login.
            PlatformError: the login would go over plain HTTP.
        """
        if self._credentials is None or self._bearer or self._is_open:
            return
        self._refuse_plain_http()
        if isinstance(self._credentials, Token):
            self._bearer = self._header_value(self._credentials.value)
        else:
            self._bearer = self._token_for(self._credentials)

    def _header_value(self, token: SecretStr) -> str:
        text = token.get_secret_value().strip()
        if not text.isascii() or not text.isprintable() or " " in text:
            raise LoginError("The token has characters that no token has.", _LOGIN_HINT)
        return text

    def _token_for(self, login: Login) -> str | None:
        """The token that the platform gives for a password; None from a platform without login (404)."""
        form = {
            "grant_type": "password",
            "username": login.username,
            "password": login.password.get_secret_value(),
            "scope": SCOPE,
            "client_id": CLIENT_ID,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            content = urlencode(form).encode()
        except UnicodeEncodeError:
            raise LoginError("User or password is no UTF-8 text.", _LOGIN_HINT) from None
        request = Request("POST", f"{self.address}/auth/token", headers, content)
        answer = self._transport.exchange(request)
        if answer.status == 404:  # noqa: PLR2004
            self._is_open = True
            return None
        if answer.status in {400, 401, 403, 422, 423}:
            raise LoginError(
                f"{self.address} does not take the login of {login.username!r} ({answer.status}).",
                "Check user and password. " + _LOGIN_HINT,
            )
        if answer.status < 200 or answer.status > 299:  # noqa: PLR2004
            self._fail(request, answer)
        try:
            parsed = TokenAnswer.model_validate(json_of(answer, request.where))
        except ValidationError:
            raise PlatformError(f"The answer to {request.where} has no access_token.", _NO_API) from None
        return self._header_value(parsed.access_token)

    def _refuse_plain_http(self) -> None:
        if not self.address.is_private:
            raise PlatformError(
                f"{self.address} is plain HTTP, over which a login can be read by others; nothing was sent.",
                f"Use https: KAMIWAZA_API_URL={str(self.address).replace('http:', 'https:', 1)}",
            )

    def _fail(self, request: Request, answer: Answer) -> NoReturn:
        """Say what an answer that is no success means."""
        secrets = (*secrets_of(self._credentials), *((self._bearer,) if self._bearer else ()))
        reason = "" if "/auth/" in request.url else reason_of(answer, secrets)
        what = f"{request.where} ({answer.status})" + (f": {reason}" if reason else "")
        match answer.status:
            case 401:
                has_login = self._credentials is not None
                does = "does not take this login" if has_login else "wants a login"
                raise LoginError(f"{self.address} {does}: {what}.", _LOGIN_HINT)
            case 403:
                raise PlatformError(
                    f"This user may not do that: {what}.", "Ask the platform's administrator.", stops=False
                )
            case 404:
                raise AbsentError(f"The platform does not have that: {what}.", _NO_API)
            case status if status in _TAKEN:
                raise TakenError(
                    f"It contradicts what the platform has: {what}.", "See: catalog kamiwaza list"
                )
            case 429:
                raise PlatformError(f"The platform takes no more requests now: {what}.", "Try again later.")
            case status if status in _GATEWAY:
                raise PlatformError(f"The platform is not ready: {what}.", _LATER, may_be_done=True)
            case status if status < 500:  # noqa: PLR2004
                raise RefusedError(f"The platform refuses it: {what}.")
            case _:
                raise PlatformError(f"The platform failed: {what}.", _LATER, stops=False, may_be_done=True)


_LATER = "Look at the platform's own log, and try again later."
_NO_API = "Check the address (KAMIWAZA_API_URL): it is the platform's root or ends in /api."
