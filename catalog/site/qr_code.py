"""The QR code of an entry's page: where the website stands and a name in, a small SVG picture out."""

from __future__ import annotations

import io
from urllib.parse import quote

from catalog.site.addresses import extension_code, extension_page
from catalog.site.drawn_picture import DrawnPicture

_LONGEST = 2953
"""Bytes that the largest code holds: version 40 at level L (ISO/IEC 18004, table 7)."""
_QUIET, _MODULE = 4, 4
"""Light modules on every side, as the standard asks; pixels of a module's side."""
_MASK = 0
"""Readers decode every mask alike, and to weigh all eight takes ten times as long as to draw with one."""
_FORM = {"omitsize": True, "svgclass": None, "lineclass": None}
"""It takes any size that a page gives it, and has no names of style sheets."""
_KEPT = "!$%&'()*+,/:;=@[]~"
"""Characters that an address may have as they are (RFC 3986); others are written as the bytes of UTF-8."""


class QrCode(DrawnPicture, frozen=True):
    """A picture that leads to a web address; `side` is its width and its height in pixels."""

    address: str
    side: int


def page_address(base_url: str, name: str) -> str:
    """The web address of an entry's page, in ASCII.

    It is empty where nobody said where the website stands, and where no code could hold it.
    """
    address = quote(f"{base_url.rstrip('/')}/{extension_page(name)}", safe=_KEPT)
    return address if base_url and len(address) <= _LONGEST else ""


def qr_code(base_url: str, name: str) -> QrCode | None:
    """The code of an entry's page; None if its address is empty.

    It is the smallest code that holds the address, with as much against damage as there is room for.
    """
    address = page_address(base_url, name)
    if not address:
        return None
    import segno  # noqa: PLC0415  # websites without a base URL need not wait for it

    code = segno.make_qr(address, error="l", mask=_MASK)
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", border=_QUIET, dark="#000", light="#fff", title=address, **_FORM)
    modules, _ = code.symbol_size(border=_QUIET)
    return QrCode(extension_code(name), drawn.getvalue(), address, int(modules) * _MODULE)
