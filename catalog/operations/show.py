"""Shows one extension: what it is, and what would be deployed of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.appgarden.images import owned_services, retag, service_images
from catalog.model import compose
from catalog.model.locate import located
from catalog.model.names import Kind
from catalog.operations.result import FindingField, PurePathField, Request, Result
from catalog.operations.selection import only_one
from catalog.rules.check import check
from catalog.workspace.extensions import read_extension

if TYPE_CHECKING:
    from catalog.rules.check import Checked
    from catalog.workspace.workspace import Workspace


class ShowRequest(Request):
    """Which extension."""

    name: str
    kind: Kind | None = None


class ServiceView(Result):
    """One service as it is deployed."""

    name: str
    image: str
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    cpus: str = ""
    memory: str = ""


class ShowResult(Result):
    """An extension with its manifest's fields, deployed services and findings.

    `version` is empty where what was written is none; our images then have the tag `?`.
    """

    name: str
    kind: Kind
    directory: PurePathField
    version: str
    description: str
    fields: dict[str, Any]
    services: tuple[ServiceView, ...]
    images: tuple[str, ...]
    findings: tuple[FindingField, ...]
    has_manifest: bool = True

    @property
    def exit_code(self) -> int:
        """1 when the manifest cannot be read, so that there is nothing to show."""
        return self.DONE if self.has_manifest else self.FOUND


def show(workspace: Workspace, request: ShowRequest) -> ShowResult:
    """Read and check the extension.

    Raises:
        UsageError: there is none of this name.
    """
    folder = only_one(workspace, request.name, request.kind)
    extension = read_extension(workspace.root, folder)
    checked = check(extension, workspace.settings.organization)
    source = extension.kamiwaza
    data = _deployed(checked, workspace.settings.organization)
    extras = [source.manifest.image, *(source.manifest.extra_docker_images or ())] if source else []
    images = [image for _, image in service_images(data)] + [image for image in extras if image]
    return ShowResult(
        name=extension.name,
        kind=extension.kind,
        directory=extension.directory,
        version=extension.written_version,
        description=extension.description,
        fields=dict(source.manifest_document.data) if source else {},
        services=tuple(_service(name, service) for name, service in compose.services(data).items()),
        images=tuple(dict.fromkeys(images)),
        findings=workspace.suppressions.divide(located(checked.findings, extension.texts())).shown,
        has_manifest=source is not None,
    )


def _deployed(checked: Checked, organization: str) -> dict[str, Any]:
    """What is deployed; nobody knows the tag of our images without a version."""
    extension, data = checked.extension, checked.deployed or {}
    if extension.written_version or not checked.is_generated:
        return data
    return retag(data, frozenset(owned_services(extension, organization, data)), "?")


def _service(name: str, service: dict[str, Any]) -> ServiceView:
    limits = compose.limits(service)
    return ServiceView(
        name=name,
        image=str(service.get("image") or ""),
        ports=compose.texts(service.get("ports")),
        volumes=compose.texts(service.get("volumes")),
        cpus=str(limits.get("cpus", "")),
        memory=str(limits.get("memory", "")),
    )
