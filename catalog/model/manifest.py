"""kamiwaza.json as a typed value: every field that the platform knows; unknown ones pass through.

The platform's own create model and its consumers' models decide types (risk tiers are strict whole
numbers, environment defaults are strings). A field that is wrong yields a finding and counts as absent, so
that one run reports everything; nothing with an error is ever built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Struct
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from catalog.model import codes
from catalog.model.constraint import VersionRange
from catalog.model.image_ref import ImageRef
from catalog.model.names import Kind
from catalog.model.version import parse_version

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from catalog.model.finding import Code, Finding, Pointer

MANIFEST_NAME = "kamiwaza.json"
REQUIRED_FIELDS = ("name", "version", "source_type", "risk_tier")
SERVER_FIELDS = ("id", "owner_id", "created_at", "updated_at", "template_id", "revision")
"""Fields that the platform or the publisher sets; they are never taken from a source."""
STAND_INS: dict[str, Any] = {"version": "0.0.0", "source_type": "kamiwaza", "risk_tier": 0}


def _checked(parse: Any, code: str) -> BeforeValidator:
    """A validator that lets text pass which `parse` takes, and marks its refusal with a finding code."""

    def check(value: Any) -> Any:
        if isinstance(value, str):
            try:
                parse(value)
            except ValueError as error:
                raise ValueError(f"{code}: {error}") from None
        return value

    return BeforeValidator(check)


def _kind(value: Any) -> Any:
    """The API's singular form of a type; the platform takes the plural too."""
    return value.removesuffix("s") if isinstance(value, str) else value


Text = Annotated[str, StringConstraints(min_length=1)]
SemanticVersion = Annotated[str, _checked(parse_version, codes.VERSION_INVALID.id)]
Constraint = Annotated[str, _checked(VersionRange.parse, codes.CONSTRAINT_INVALID.id)]
Image = Annotated[str, _checked(ImageRef.parse, codes.IMAGE_INVALID.id)]
TypeName = Annotated[Literal["app", "service", "tool"], BeforeValidator(_kind)]
RiskTier = Annotated[int, Field(ge=0, le=2)]  # not a Literal: that takes True for 1
ModelType = Literal["fast", "large", "reasoning", "vl", "any"]


class CatalogNotes(BaseModel):
    """What an author says to the website beyond the platform's fields, under `x-catalog`."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    gallery: tuple[Text, ...] = Field(default=(), strict=False)
    status: Literal["active", "experimental", "deprecated"] = "active"
    successor: Text | None = None
    architectures: tuple[Text, ...] = Field(default=(), strict=False)
    links: dict[str, str] = {}


NO_NOTES = CatalogNotes()


class Manifest(BaseModel):
    """One kamiwaza.json; `model_extra` has the fields that are not known here, in their order."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow", defer_build=True)

    name: Text
    version: SemanticVersion
    source_type: Literal["kamiwaza", "user_repo", "public"]
    risk_tier: RiskTier
    display_name: str | None = None
    visibility: Literal["public", "private", "team"] = "public"
    description: str = ""
    category: str | None = None
    tags: list[str] | None = None
    verified: bool = False
    author: str | None = None
    license: str | None = None
    homepage: str | None = None
    template_type: TypeName | None = None
    type: TypeName | None = None
    image: Image | None = None
    extra_docker_images: list[Image] | None = None
    preview_image: str | None = None
    preferred_model_type: ModelType | None = "any"
    fail_if_model_type_unavailable: bool = False
    preferred_model_name: str | None = None
    fail_if_model_name_unavailable: bool = False
    env_defaults: dict[str, str] | None = None
    env_metadata: dict[str, Any] | None = None
    required_env_vars: list[str] | None = None
    optional_env_vars: dict[str, Any] | None = None
    configuration_examples: dict[str, Any] | None = None
    capabilities: list[str] | None = None
    kamiwaza_version: Constraint | None = None
    kz_ext_version: Constraint | None = None
    strip_path_prefix: bool | None = None
    validate_containers: bool = False
    workload_identity: dict[str, Any] | None = None
    sandbox: dict[str, Any] | None = None
    notes: CatalogNotes = Field(default=NO_NOTES, alias="x-catalog")

    @property
    def declared_kind(self) -> Kind | None:
        """The kind that the manifest says: `template_type`, then the newer spelling `type`."""
        word = self.template_type or self.type
        return Kind(word) if word else None


class ManifestReading(Struct, frozen=True):
    """A manifest with what was wrong in it; wrong fields stand at their defaults."""

    manifest: Manifest
    findings: tuple[Finding, ...]


def read_manifest(raw: dict[str, Any], file: PurePosixPath, directory_name: str) -> ManifestReading:
    """The manifest in `raw`, the parsed object of `file`, for the extension in `directory_name`."""
    stand_ins = {"name": directory_name, **STAND_INS}
    try:
        return ManifestReading(Manifest.model_validate(raw), ())
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
    findings = tuple(_finding(problem, file) for problem in problems)
    wrong = {problem["loc"][0] for problem in problems}
    sound = {key: value for key, value in raw.items() if key not in wrong}
    return ManifestReading(Manifest.model_validate({**stand_ins, **sound}), findings)


def _finding(problem: Any, file: PurePosixPath) -> Finding:
    pointer: Pointer = tuple(part for part in problem["loc"] if part != "[key]")
    field = ".".join(str(part) for part in pointer)
    if problem["type"] == "missing":
        return codes.FIELD_MISSING.at(
            file, f"The field {field!r} is missing.", (), f'Add "{field}" to {file.name}.'
        )
    message = problem["msg"].removeprefix("Value error, ")
    code = _CODES_IN_MESSAGES.get(message[:5], codes.FIELD_INVALID)
    message = message.removeprefix(f"{code.id}: ")
    sentence = f"The field {field!r}: {message[:1].lower()}{message[1:].rstrip('.')}."
    return code.at(file, sentence, pointer, _HINTS.get(code, ""))


_CODES_IN_MESSAGES: dict[str, Code] = {
    code.id: code for code in (codes.VERSION_INVALID, codes.CONSTRAINT_INVALID, codes.IMAGE_INVALID)
}
_HINTS: dict[Code, str] = {
    codes.VERSION_INVALID: "Write three numbers, such as 1.0.0 (semver.org).",
    codes.CONSTRAINT_INVALID: "Write a list such as >=1.0.0, <2.0.0, or * for any version.",
    codes.IMAGE_INVALID: "Write registry/name:tag, such as docker.io/library/redis:7-alpine.",
}
