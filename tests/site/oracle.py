"""Says of a page of the website what in it could act, ask for something outside, or break its form."""

from __future__ import annotations

import posixpath
import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

from catalog.registry.layout import CONTENT_SECURITY_POLICY

VOID = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"),
}
FORBIDDEN = {
    *("base", "iframe", "frame", "object", "embed", "applet", "video", "audio", "source", "track"),
    *("foreignobject", "animate", "animatetransform", "set", "math", "portal", "marquee", "style"),
}
LOADING = {
    "src",
    "srcset",
    "poster",
    "background",
    "data",
    "action",
    "formaction",
    "ping",
    "xlink:href",
    "manifest",
}
IMPLIED = {"li", "p", "dt", "dd", "td", "th", "tr", "thead", "tbody", "option", "html", "body", "head"}
URL_OUTSIDE = re.compile(r"https?://|mailto:", re.IGNORECASE)


def complaints(path: str, text: str, files: frozenset[str] = frozenset()) -> list[str]:
    """What is wrong with the page at `path`; `files` are all paths, if links are to be followed."""
    return _Oracle(path, text, files).complaints


class _Oracle(HTMLParser):
    def __init__(self, path: str, text: str, files: frozenset[str]) -> None:
        super().__init__()
        self.path = path
        self.files = files
        self.complaints: list[str] = []
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.policies = 0
        self.is_reference = False
        self.feed(text)
        self.close()
        if self.open:
            self.complaints.append(f"left open: {self.open}")
        if self.policies != 1:
            self.complaints.append(f"{self.policies} policies")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if len(values) < len(attrs):
            self.complain(tag, "has an attribute twice")
        if tag in FORBIDDEN or (
            tag == "meta" and values.get("http-equiv", "").lower() == "refresh" and self.path != "index.html"
        ):
            self.complain(tag, "is not allowed")
        self.policies += values.get("content") == CONTENT_SECURITY_POLICY
        self.is_reference = values.get("rel") in {"canonical", "alternate"}  # nothing loads these
        for name, value in values.items():
            self.attribute(tag, name, value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in IMPLIED:
            self.open.pop()
        if not self.open or self.open.pop() != tag:
            self.complain(tag, f"is closed where it is not open: {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script" and data.strip():
            self.complain("script", f"has words in it: {data[:60]!r}")

    def complain(self, tag: str, what: str) -> None:
        self.complaints.append(f"<{tag}> {what}")

    def attribute(self, tag: str, name: str, value: str) -> None:
        if (
            name.startswith("on")
            or name in {"style", "srcdoc"}
            or not re.fullmatch(r"[a-z][a-z0-9:-]*", name)
        ):
            self.complain(tag, f"has {name}")
        if name == "id":
            if value in self.ids or not value:
                self.complain(tag, f"has the id {value[:60]!r} again")
            self.ids.add(value)
        if name == "href" and tag == "link" and self.is_reference:
            return
        if name in LOADING or (name == "href" and tag in {"link", "use", "image"}):
            self.loads(tag, name, value, values_of(name, value))
        elif name == "href" and not URL_OUTSIDE.match(value):
            self.loads(tag, name, value, [value])

    def loads(self, tag: str, name: str, value: str, addresses: list[str]) -> None:
        for address in addresses:
            parts = urlsplit(address)
            if address == "data:,":
                continue  # an icon that is none
            if parts.scheme or parts.netloc or "\\" in address:
                self.complain(tag, f"leads outside by {name}: {value[:80]!r}")
            elif self.files and parts.path and not self.is_there(parts.path):
                self.complain(tag, f"leads nowhere by {name}: {value[:80]!r}")

    def is_there(self, address: str) -> bool:
        base = posixpath.dirname(self.path)
        return posixpath.normpath(posixpath.join("/", base, address)).lstrip("/") in self.files


def values_of(name: str, value: str) -> list[str]:
    """The addresses in the value of an attribute."""
    return [part.split()[0] for part in value.split(", ")] if name == "srcset" else [value]
