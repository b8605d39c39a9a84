"""Reads a registry as Kamiwaza does when KAMIWAZA_EXTENSION_LOCAL_STAGE_URL names it.

It knows the platform's documents and nothing of ours: addresses, models and the rule for updates are written
down here a second time, so that the product cannot be wrong in the same way.
"""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, HTTPSHandler, build_opener

from pydantic import BaseModel, ConfigDict, TypeAdapter
from semver import Version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CATALOGS = ("apps", "tools")
SECONDS = 10


class GardenApp(BaseModel):
    """What the platform's model of an app or a service asks of an entry (contract 2.2)."""

    model_config = ConfigDict(extra="allow", strict=True)

    name: str
    version: str
    description: str
    compose_yml: str
    preview_image: str | None = None
    env_defaults: dict[str, str] | None = None
    strip_path_prefix: bool | None = None
    category: str | None = None
    tags: list[str] | None = None


class ToolTemplate(BaseModel):
    """What the platform's model of a tool asks of an entry (contract 2.2); no list may be null."""

    model_config = ConfigDict(extra="allow", strict=True)

    name: str
    version: str
    description: str
    image: str | None = None
    compose_yml: str | None = None
    preview_image: str | None = None
    tags: list[str] = []
    capabilities: list[str] = []
    required_env_vars: list[str] = []
    env_defaults: dict[str, str] = {}
    risk_tier: int = 1
    verified: bool = False


_MODELS: dict[str, TypeAdapter[Any]] = {
    "apps": TypeAdapter(list[GardenApp]),
    "tools": TypeAdapter(list[ToolTemplate]),
}


@dataclass(frozen=True)
class Noticed:
    """Something that the platform offers its users: an entry that is new, or one whose version rose."""

    catalog: str
    name: str
    version: str
    before: str | None = None


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *args: object, **options: object) -> None:
        del args, options


@dataclass
class PlatformClient:
    """A platform that was told the root of a registry, `file://` or `https://`, without a slash at its end.

    `authority` is the certificate that the machine was made to trust; it trusts no other.
    """

    root: str
    authority: Path | None = None
    templates: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def visit(self) -> list[Noticed]:
        """What somebody who opens the Apps and the Tools page is offered; the platform then has it."""
        return [noticed for catalog in CATALOGS for noticed in self._news(catalog)]

    def preview(self, name: str, catalog: str = "apps") -> bytes | None:
        """The picture of an entry that was noticed; None when it has none."""
        path = self.templates[catalog, name]["preview_image"]
        if path is None:
            return None
        assert path.startswith("/garden/"), path
        return self._read(quote(path))

    def _news(self, catalog: str) -> Iterator[Noticed]:
        for entry in self._entries(catalog):
            known = self.templates.get((catalog, entry["name"]))
            if known and not Version.parse(entry["version"]) > Version.parse(known["version"]):
                continue
            self.templates[catalog, entry["name"]] = entry
            yield Noticed(catalog, entry["name"], entry["version"], known["version"] if known else None)

    def _entries(self, catalog: str) -> list[dict[str, Any]]:
        text = self._read(f"/garden/default/{catalog}.json")
        return [entry.model_dump() for entry in _MODELS[catalog].validate_python(json.loads(text))]

    def _read(self, path: str) -> bytes:
        context = ssl.create_default_context(cafile=self.authority) if self.authority else None
        with build_opener(HTTPSHandler(context=context), _NoRedirect()).open(
            self.root + path, timeout=SECONDS
        ) as answer:
            content: bytes = answer.read()
        return content
