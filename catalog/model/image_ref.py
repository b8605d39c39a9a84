"""References to container images: `[registry/]repository[:tag][@digest]`, as distribution/reference has it.

Written by hand because the Python packages for it need another regex engine or are not kept; the tests
hold this one against one of them.
"""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])"
_REFERENCE = re.compile(
    rf"(?:(?P<registry>{_HOST}(?::[0-9]+)?)/)?"
    rf"(?P<repository>{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}))?",
)
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_MAX_LENGTH = 255  # of registry and repository together, as the registries have it


class ImageRef(Struct, frozen=True):
    """One image reference; `registry` is empty for Docker Hub's short form."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> ImageRef:
        """The reference that `text` spells, taken as written (no `docker.io/library` is put in front).

        Raises:
            ValueError: `text` is not an image reference.
        """
        match = _REFERENCE.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not an image reference")
        registry, repository = match["registry"] or "", match["repository"]
        if registry and not _is_registry(registry):
            registry, repository = "", f"{registry}/{repository}"
            if not _PATH.fullmatch(repository):
                raise ValueError(f"{text!r} is not an image reference: its path must be lower case")
        if len(registry) + len(repository) > _MAX_LENGTH:
            raise ValueError(f"{text!r} is longer than the {_MAX_LENGTH} characters that registries take")
        return cls(registry, repository, match["tag"] or "", match["digest"] or "")

    @property
    def name(self) -> str:
        """Registry and repository, without tag or digest."""
        return f"{self.registry}/{self.repository}" if self.registry else self.repository

    def with_tag(self, tag: str) -> ImageRef:
        """The same image under another tag; the digest goes, since it belonged to the old tag."""
        return replace(self, tag=tag, digest="")

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"


def _is_registry(component: str) -> bool:
    """Docker's rule for the first component: a dot, a port or `localhost` makes it a host."""
    return "." in component or ":" in component or component == "localhost"
