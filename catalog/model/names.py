"""Names and kinds of extensions, as the platform tells them apart.

The prefixes route an extension on the platform (`service-`, `tool-`, `mcp-`); a name becomes part of
image names and of DNS labels, which is where its grammar comes from.
"""

from __future__ import annotations

import re
from enum import StrEnum

MAX_NAME_LENGTH = 63  # a DNS label (RFC 1035); the platform makes one of every name
_NAME = re.compile(r"[a-z](?:[a-z0-9-]*[a-z0-9])?")


class Kind(StrEnum):
    """What an extension is; its value is the word that people type."""

    APP = "app"
    SERVICE = "service"
    TOOL = "tool"

    @property
    def folder(self) -> str:
        """The workspace folder that holds extensions of this kind: `apps`, `services` or `tools`."""
        return f"{self.value}s"

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes one of which a name of this kind must have; empty for apps."""
        return _PREFIXES[self]


_PREFIXES: dict[Kind, tuple[str, ...]] = {
    Kind.APP: (),
    Kind.SERVICE: ("service-",),
    Kind.TOOL: ("tool-", "mcp-"),
}


def is_name(text: str) -> bool:
    """Whether `text` is a name: lower-case letters, digits and hyphens, at most 63, a letter first."""
    return len(text) <= MAX_NAME_LENGTH and _NAME.fullmatch(text) is not None


def kind_by_prefix(name: str) -> Kind:
    """The kind that the platform reads out of a name."""
    for kind, prefixes in _PREFIXES.items():
        if name.lower().startswith(prefixes or ("\0",)):
            return kind
    return Kind.APP


def with_prefix(name: str, kind: Kind) -> str:
    """`name` with the first prefix of `kind` in front, unless it has one of them already."""
    if not kind.prefixes or name.startswith(kind.prefixes):
        return name
    return kind.prefixes[0] + name
