"""Shows one extension as the registry has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.model.names import Kind
from catalog.operations.gather import gather
from catalog.operations.prepare import PrepareOptions
from catalog.operations.progress import Silence
from catalog.operations.result import FindingField, Request, Result
from catalog.operations.selection import only_one
from catalog.registry.layout import RepositoryVersion
from catalog.registry.stage import Stage
from catalog.workspace.image_facts import image_digests
from catalog.workspace.publish_settings import images_of_stage

if TYPE_CHECKING:
    from catalog.workspace.workspace import Workspace


class ShowEntryRequest(Request):
    """Which extension, for which stage and generation of the catalog."""

    name: str
    kind: Kind | None = None
    stage: Stage | None = None
    version: RepositoryVersion = RepositoryVersion.V1


class ShowEntryResult(Result):
    """The object that apps.json or tools.json has for it; None if errors keep it out."""

    entry: dict[str, Any] | None
    findings: tuple[FindingField, ...]

    @property
    def exit_code(self) -> int:
        """1 when errors keep the extension out of the registry."""
        return self.FOUND if self.entry is None else self.DONE


def show_entry(workspace: Workspace, request: ShowEntryRequest) -> ShowEntryResult:
    """Read and check the extension, and make its entry.

    Raises:
        UsageError: there is none of this name, or the stage's settings are wrong.
        MissingError: a v3 catalog lacks an image's digest.
    """
    folder = only_one(workspace, request.name, request.kind)
    digests = image_digests(workspace.root) if request.version is RepositoryVersion.V3 else {}
    images = images_of_stage(workspace.root, request.stage)
    options = PrepareOptions(workspace, request.stage, (request.version,), digests, images=images)
    found = gather([folder], options, Silence())
    entries = [dict(one.entries[request.version].data) for one in found.sound]
    return ShowEntryResult(entry=next(iter(entries), None), findings=found.findings)
