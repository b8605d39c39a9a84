"""What an S3-compatible store answers, said in the words of this package's failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore import exceptions as boto

from catalog.errors import CatalogError, MissingError
from catalog.remote.store import OvertakenError, PassingError, UnsettledError

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_KEY = "NoSuchKey"
NOT_MODIFIED = frozenset({"NotModified", "304"})
_OVERTAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_LOGIN = frozenset(
    {
        *("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"),
        *("TokenRefreshRequired", "Unauthorized", "401", "403"),
    }
)
_CLOCK = frozenset({"RequestTimeTooSkewed", "RequestExpired"})
_SENT = (
    boto.ReadTimeoutError,
    boto.IncompleteReadError,
    boto.ConnectionClosedError,
    boto.HTTPClientError,
    boto.ResponseStreamingError,
)
"""Failures after which a request may have been carried out."""
_TOO_MANY = 429
_UNSURE = 500  # from here on a status says nothing about what was done


def code_of(error: boto.ClientError) -> str:
    """The store's word for what is wrong."""
    return str(_part(error, "Error").get("Code", ""))


def failure(error: Exception, what: str, bucket: str) -> CatalogError:
    """The failure that `error` means, where `what` is the file that was wanted in `bucket`."""
    if isinstance(error, boto.ClientError):
        return _refusal(error, what, bucket)
    if isinstance(
        error, boto.NoCredentialsError | boto.PartialCredentialsError | boto.CredentialRetrievalError
    ):
        return MissingError(f"There is no login for {what}: {error}.", _HINT_LOGIN)
    if isinstance(error, KeyError):
        return MissingError(
            f"{what} is answered as no S3-compatible store does: without {error}.", _HINT_STORE
        )
    return _unanswered(error, what)


def _unanswered(error: Exception, what: str) -> MissingError:
    """What it means that no answer came, or no whole one."""
    if isinstance(error, boto.SSLError):
        return MissingError(f"{what} cannot be reached: {error}.", _HINT_REACH)
    if isinstance(error, boto.ConnectTimeoutError | boto.EndpointConnectionError):
        return PassingError(f"{what} cannot be reached: {error}.", _HINT_REACH)
    if isinstance(error, _SENT):
        return UnsettledError(f"{what} was not answered to the end: {error}.", _HINT_AGAIN)
    return MissingError(f"{what} cannot be used: {error}.", "Check the settings of the stage.")


def _refusal(error: boto.ClientError, what: str, bucket: str) -> CatalogError:
    code, message = code_of(error), str(_part(error, "Error").get("Message", ""))
    if code in _OVERTAKEN or code == NO_KEY:
        return OvertakenError(f"{what} was changed by somebody else in the meantime.")
    if code == "NoSuchBucket":
        return MissingError(f"There is no bucket {bucket}.", "Check `store` in the settings of the stage.")
    if code in _CLOCK:
        return MissingError(f"{what} is refused, since this machine's clock is wrong: {message}", _HINT_CLOCK)
    if code in _LOGIN:
        return MissingError(f"{what} is refused ({code}): {message or 'no reason given'}.", _HINT_LOGIN)
    status = int(_part(error, "ResponseMetadata").get("HTTPStatusCode", 0))
    return _by_status(status, what, code, message)


def _by_status(status: int, what: str, code: str, message: str) -> MissingError:
    """What a refusal without a word that is known means."""
    if status == _TOO_MANY:
        return PassingError(f"{what} is asked too often for now: {status} ({code}).", _HINT_AGAIN)
    if status >= _UNSURE:
        return UnsettledError(f"{what} is answered with {status} ({code}).", _HINT_AGAIN)
    return MissingError(f"{what} is refused with {status} ({code}): {message}.", "Check the settings.")


def _part(error: boto.ClientError, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = error.response.get(name, {})  # type: ignore[assignment]  # a TypedDict by name
    return found


_HINT_LOGIN = "Renew the login of the profile that the stage names (AWS_PROFILE_DEV, …, or `profile`)."
_HINT_REACH = "Check the endpoint and the network."
_HINT_STORE = "Check the endpoint: the port of a web console, a proxy or a login page is not the store."
_HINT_CLOCK = "Set the clock, for example with: timedatectl set-ntp true"
_HINT_AGAIN = "Run the command again; nothing is lost by that."
