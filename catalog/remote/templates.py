"""Templates and catalog entries as the platform lists them: what we read of them, and the rest as it came."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from catalog.model.names import Kind, kind_by_prefix
from catalog.remote.failures import PlatformError


class Template(BaseModel):
    """One template that a platform has stored (GET /apps/app_templates).

    Fields beyond these are kept; `told` has all that the platform told, for comparing.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    id: UUID
    name: str
    version: str | None = None
    template_type: str | None = None
    visibility: str | None = None

    @property
    def kind(self) -> Kind:
        """What it is: as it says, else by its name, as the platform has it."""
        word = (self.template_type or "").lower().removesuffix("s")
        return Kind(word) if word in list(Kind) else kind_by_prefix(self.name)

    @property
    def told(self) -> dict[str, Any]:
        """The fields that were in the answer, with their values; null is not the same as absent."""
        return self.model_dump(mode="python", exclude_unset=True)


class RemoteEntry(BaseModel):
    """One extension of the catalog that a platform reads (GET /apps/remote/apps, /tool/remote/tools)."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str = Field(min_length=1)
    version: str | None = None


_TEMPLATES = TypeAdapter(list[Template])
_REMOTE = TypeAdapter(list[RemoteEntry])


def read_templates(data: Any, where: str) -> list[Template]:
    """The templates in an answer.

    Raises:
        PlatformError: they are not what they should be; the message names place and reason.
    """
    try:
        return _TEMPLATES.validate_python(data)
    except ValidationError as error:
        raise _unexpected(error, where) from None


def read_template(data: Any, where: str) -> Template:
    """As `read_templates`, for one."""
    try:
        return Template.model_validate(data)
    except ValidationError as error:
        raise _unexpected(error, where) from None


def read_remote(data: Any, where: str) -> list[RemoteEntry]:
    """As `read_templates`, for entries of the platform's catalog."""
    try:
        return _REMOTE.validate_python(data)
    except ValidationError as error:
        raise _unexpected(error, where) from None


def _unexpected(error: ValidationError, where: str) -> PlatformError:
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return PlatformError(
        f"The answer to {where} is not of the form that the API documents"
        f"{f', at {place}' if place else ''}: {problem['msg'][:120].lower()}.",
        "Check the address (KAMIWAZA_API_URL), and whether the platform's version is one that is supported.",
        may_be_done=True,
    )
