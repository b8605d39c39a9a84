"""Lists the templates that a platform has."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from catalog.model.names import Kind
from catalog.operations.kamiwaza_platform import Nobody, PlatformRequest, open_platform
from catalog.operations.result import Result

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.operations.kamiwaza_platform import Person


class PlatformListRequest(PlatformRequest):
    """Which templates: those of one kind, or all."""

    kind: Kind | None = None


class ListedTemplate(Result):
    """One template of the platform."""

    name: str
    kind: Kind
    version: str | None
    visibility: str | None
    id: UUID


class PlatformListResult(Result):
    """The platform's address and its templates, by kind and name."""

    platform: str
    templates: tuple[ListedTemplate, ...]


def kamiwaza_list(
    root: Path | None, request: PlatformListRequest, person: Person | None = None
) -> PlatformListResult:
    """What the platform has; `root` is the workspace's folder, if there is one.

    Raises:
        UsageError: an address or a file with settings is wrong.
        MissingError: the platform cannot be used, or wants a login that there is not.
    """
    with open_platform(root, request, person or Nobody()) as api:
        templates = [one for one in api.templates() if request.kind in {None, one.kind}]
        address = str(api.address)
    order = list(Kind)
    listed = (
        ListedTemplate(
            name=one.name, kind=one.kind, version=one.version, visibility=one.visibility, id=one.id
        )
        for one in sorted(templates, key=lambda one: (order.index(one.kind), one.name, str(one.id)))
    )
    return PlatformListResult(platform=address, templates=tuple(listed))
