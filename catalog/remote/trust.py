"""Whose certificates are believed: the system's authorities, one file's, or anybody's."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from catalog.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def tls_context(ca: Path | None, *, verify: bool) -> ssl.SSLContext:
    """The context for a client; `ca` is a PEM file that takes the place of the system's authorities.

    Raises:
        UsageError: the file is not there, or has no certificate.
    """
    if not verify:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if ca is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=str(ca))
    except ssl.SSLError:
        raise UsageError(
            f"{ca} has no certificate in PEM form.",
            "It must have a block that begins with: -----BEGIN CERTIFICATE-----",
        ) from None
    except OSError as error:
        raise UsageError(
            f"The certificate file {ca} cannot be read: {error.strerror}.", "Name the site's authority."
        ) from None
