"""Gives the JSON Schema of each kind of file: kamiwaza.json, a registry, bundle.json, catalog.toml.

The schemas come from the values that read those files, so that none can promise what the tool refuses.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from catalog.bundle.manifest import BundleManifest
from catalog.model.codes import ALL_CODES
from catalog.model.finding import Severity
from catalog.model.manifest import Manifest
from catalog.model.meanings import MEANINGS
from catalog.operations.result import Request, Result
from catalog.registry.stage import Stage
from catalog.workspace.platform_settings import PlatformSettings
from catalog.workspace.publish_settings import PublishSettings
from catalog.workspace.settings import CatalogSettings

if TYPE_CHECKING:
    from collections.abc import Callable

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_SEMANTIC_VERSION = (
    r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?"
    r"(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$"
)
"""As semver.org suggests it."""


class Subject(StrEnum):
    """What a schema is of."""

    KAMIWAZA = "kamiwaza"
    REGISTRY = "registry"
    BUNDLE = "bundle"
    SETTINGS = "settings"


class SchemaRequest(Request):
    """Which schema."""

    subject: Subject


class SchemaResult(Result):
    """A schema of JSON Schema 2020-12."""

    document: dict[str, Any]

    @property
    def text(self) -> str:
        """The schema as the text of a file."""
        return f"{json.dumps(self.document, indent=2, ensure_ascii=False)}\n"


def schema(request: SchemaRequest) -> SchemaResult:
    """The schema that was asked for; the same for the same version of the tool."""
    title, make = _SCHEMAS[request.subject]
    return SchemaResult(document={"$schema": DRAFT, "title": title, **_bare(make())})


def _kamiwaza() -> dict[str, Any]:
    document = Manifest.model_json_schema()
    document["description"] = "Describes one container extension to Kamiwaza."
    notes = document["$defs"]["CatalogNotes"]
    _explain(document, "")
    _explain(notes, "x-catalog.")
    document["properties"]["version"]["pattern"] = _SEMANTIC_VERSION
    return document


def _registry() -> dict[str, Any]:
    entry = _kamiwaza()
    for field in ("x-catalog", "type"):
        del entry["properties"][field]
    del entry["$defs"]
    entry["properties"] |= {
        "compose_yml": {"type": "string", "description": "The text of the compose file that is deployed."},
        "docker_images": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Every image that it needs.",
        },
    }
    entry["required"] = ["name", "version", "source_type", "risk_tier", "template_type", "docker_images"]
    entry["description"] = "One extension."
    return {
        "description": "apps.json (apps and services) and tools.json of a registry.",
        "type": "array",
        "items": entry,
    }


def _bundle() -> dict[str, Any]:
    document = BundleManifest.model_json_schema()
    document["description"] = "bundle.json: what an airgap bundle is."
    return document


def _settings() -> dict[str, Any]:
    return {
        "description": "catalog.toml, the settings of a workspace; every key is optional.",
        "type": "object",
        "properties": {
            "catalog": CatalogSettings.model_json_schema(),
            "platform": PlatformSettings.model_json_schema(),
            "suppress": _suppress(),
            "publish": _each_stage(PublishSettings.model_json_schema()),
        },
        "additionalProperties": False,
    }


def _suppress() -> dict[str, Any]:
    warnings = [code for code in ALL_CODES if code.severity is Severity.WARNING]
    reasons = {code.id: {"type": "string", "pattern": r"\S", "description": code.title} for code in warnings}
    return {
        "description": "Warnings that are not shown, by extension and code, each with its reason.",
        "type": "object",
        "additionalProperties": {"type": "object", "properties": reasons, "additionalProperties": False},
    }


_SCHEMAS: dict[Subject, tuple[str, Callable[[], dict[str, Any]]]] = {
    Subject.KAMIWAZA: ("kamiwaza.json", _kamiwaza),
    Subject.REGISTRY: ("Kamiwaza catalog", _registry),
    Subject.BUNDLE: ("bundle.json", _bundle),
    Subject.SETTINGS: ("catalog.toml", _settings),
}


def _explain(document: dict[str, Any], prefix: str) -> None:
    for field, value in document["properties"].items():
        value["description"] = MEANINGS[prefix + field]


def _bare(value: Any, *, is_names: bool = False) -> Any:
    r"""The schema without titles that repeat names, or patterns with `\p`, which few readers know."""
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _bare(item, is_names=key in {"properties", "$defs"} and not is_names)
        for key, item in value.items()
        if is_names or not (key == "title" or (key == "pattern" and r"\p{" in item))
    }


def _each_stage(table: dict[str, Any]) -> dict[str, Any]:
    """A table with a table for each stage."""
    stages = {stage.value: table for stage in Stage}
    return {"type": "object", "properties": stages, "additionalProperties": False}
