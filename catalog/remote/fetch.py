"""Fetches one public file over HTTPS, or over HTTP from this machine."""

from __future__ import annotations

import urllib.error
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from catalog.errors import IntegrityError, MissingError
from catalog.remote.bounded_http import Patience, bounded_handlers
from catalog.remote.trust import tls_context

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE = Patience()


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect from HTTPS to anything less."""

    def redirect_request(self, req: urllib.request.Request, *rest: Any) -> urllib.request.Request | None:
        target = super().redirect_request(req, *rest)
        if target is not None and req.type == "https" and target.type != "https":
            raise urllib.error.URLError(f"it leads to {target.full_url}, which is not HTTPS")
        return target


def fetch(url: str, limit: int, ca: Path | None = None, *, patience: Patience = _PATIENCE) -> bytes | None:
    """The content of `url`; None when the server says that there is nothing there (404, 410).

    Args:
        url: an https or http address.
        limit: the most bytes that are taken.
        ca: a PEM file that takes the place of the system's authorities.
        patience: how long the server may take.

    Raises:
        UsageError: the file of authorities cannot be used.
        MissingError: the server cannot be reached, is not believed, refuses, or is too slow.
        IntegrityError: the content is longer than `limit`.
    """
    handlers = bounded_handlers(tls_context(ca, verify=True), patience)
    opener = urllib.request.build_opener(*handlers, _SafeRedirects())
    try:
        with opener.open(url, timeout=patience.silence) as answer:
            content: bytes = answer.read(limit + 1)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in {404, 410}:
            return None
        raise MissingError(f"{url} answers with {error.code} {error.reason}.", "Check the address.") from None
    except TimeoutError as error:
        raise MissingError(
            f"{url} cannot be fetched: {error}.", "Try again, or look at the server."
        ) from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise MissingError(
            f"{url} cannot be fetched: {reason}.",
            "Check the address; name a self-signed site's authority with --ca ca.crt",
        ) from None
    if len(content) > limit:
        raise IntegrityError(f"{url} has more than {limit:,} bytes.", "That is no catalog.")
    return content
