"""Whose certificates are believed: the system's authorities, one file's, or anybody's."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from catalog.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def tls_context(ca: Path | None, *, verify: bool, with_system: bool = False) -> ssl.SSLContext:
    """The context for a client.

    Args:
        ca: a PEM file of authorities.
        verify: whether certificates are checked at all.
        with_system: believe the system's authorities beside those of `ca`; without one they are in any case.

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
        context = ssl.create_default_context(cafile=str(ca))
    except ssl.SSLError:
        raise UsageError(
            f"{ca} has no certificate in PEM form.",
            "It must have a block that begins with: -----BEGIN CERTIFICATE-----",
        ) from None
    except OSError as error:
        raise UsageError(
            f"The certificate file {ca} cannot be read: {error.strerror}.", "Name the site's authority."
        ) from None
    if with_system:
        context.load_default_certs()
    return context
