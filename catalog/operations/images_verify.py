"""Verifies that the images which extensions need are there, in the engine or in their registries."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from catalog.engine.inspection import missing_platforms
from catalog.errors import IntegrityError, MissingError
from catalog.model.finding import has_errors
from catalog.operations.gather import gather
from catalog.operations.image_targets import PublishedVariant, facts_of, image_registry, variants_of
from catalog.operations.local_facts import local_facts
from catalog.operations.prepare import PrepareOptions
from catalog.operations.progress import Silence, counted
from catalog.operations.result import FindingField, Result
from catalog.operations.selection import Selection, selected
from catalog.registry.image_names import published
from catalog.registry.layout import RepositoryVersion
from catalog.registry.stage import Stage
from catalog.workspace.image_facts import record_image_facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from catalog.engine.engine import LocalImage
    from catalog.operations.image_tools import ImageTools
    from catalog.operations.prepare import Prepared
    from catalog.operations.progress import Progress
    from catalog.remote.oci_registry import ImageRegistries, RemoteImage
    from catalog.workspace.image_facts import ImageFacts
    from catalog.workspace.workspace import Workspace


class ImagesVerifyRequest(Selection):
    """Whose images, at which stage, and where they are looked for: with `remote` in their registries.

    `registry` takes the place of the stage's setting `images`; every image must be there for all `platforms`.
    """

    stage: Stage | None = None
    remote: bool = False
    registry: str | None = None
    platforms: tuple[str, ...] = ()
    engine: str | None = None


class VerifiedImage(Result):
    """One image: who needs it, the digest that it is known by, its platforms, and what is wrong with it."""

    ref: str
    extensions: tuple[str, ...]
    digest: str = ""
    bytes: int = 0
    variants: tuple[PublishedVariant, ...] = ()
    problem: str = ""
    code: int = 0


class ImagesVerifyResult(Result):
    """All images by reference, and the errors of extensions whose images are not known for that reason."""

    MISSING: ClassVar[int] = 3

    remote: bool
    images: tuple[VerifiedImage, ...]
    findings: tuple[FindingField, ...] = ()

    @property
    def exit_code(self) -> int:
        """That of the worst: 1 for findings, 3 for what is missing, 4 for what is not what it says."""
        found = self.FOUND if has_errors(self.findings) else self.DONE
        return max([found, *(image.code for image in self.images)])


def images_verify(
    workspace: Workspace, request: ImagesVerifyRequest, tools: ImageTools, progress: Progress | None = None
) -> ImagesVerifyResult:
    """Look for every image, and note in the workspace what is known of those that are there.

    Raises:
        UsageError: a name or an option makes no sense.
        MissingError: the engine does not answer. A registry that does not is told of its images.
    """
    listener = progress or Silence()
    options = PrepareOptions(workspace, request.stage, (RepositoryVersion.V1,), {})
    found = gather(selected(workspace, request), options, listener)
    images = image_registry(workspace.root, request.stage, request.registry) if request.remote else ""
    users = _users(found.sound, workspace.settings.organization, images)
    if request.remote:
        verified, facts = _in_registries(tools.registries, users, request.platforms, listener)
    else:
        verified, facts = _in_engine(tools, users, request)
    record_image_facts(workspace.root, facts)
    errors = tuple(finding for finding in found.findings if finding.is_error)
    return ImagesVerifyResult(remote=request.remote, images=tuple(verified), findings=errors)


def _users(extensions: Iterable[Prepared], organization: str, images: str) -> dict[str, tuple[str, ...]]:
    """The images by their published names, each with the extensions that need it."""
    users: dict[str, dict[str, None]] = {}
    for extension in extensions:
        for use in extension.uses:
            users.setdefault(published(use.ref, organization, images), {})[extension.name] = None
    return {ref: tuple(users[ref]) for ref in sorted(users)}


def _in_engine(
    tools: ImageTools, users: dict[str, tuple[str, ...]], request: ImagesVerifyRequest
) -> tuple[list[VerifiedImage], dict[str, ImageFacts]]:
    if not users:
        return [], {}
    there = tools.engine(request.engine).inspect(list(users))
    verified = [_local(ref, names, there.get(ref), request.platforms) for ref, names in users.items()]
    return verified, {ref: local_facts(image) for ref, image in there.items()}


def _local(
    ref: str, names: tuple[str, ...], image: LocalImage | None, platforms: Sequence[str]
) -> VerifiedImage:
    if image is None:
        problem = "the engine has no such image"
        return VerifiedImage(ref=ref, extensions=names, problem=problem, code=ImagesVerifyResult.MISSING)
    variant = PublishedVariant(platform=image.platform, digest=image.image_id)
    return _held_against(
        VerifiedImage(
            ref=ref,
            extensions=names,
            digest=local_facts(image).digest or "",
            bytes=image.size,
            variants=(variant,),
        ),
        platforms,
    )


def _in_registries(
    registries: ImageRegistries,
    users: dict[str, tuple[str, ...]],
    platforms: Sequence[str],
    progress: Progress,
) -> tuple[list[VerifiedImage], dict[str, ImageFacts]]:
    verified: list[VerifiedImage] = []
    facts: dict[str, ImageFacts] = {}
    for ref in counted(users, "Asking registries", progress, users):
        problem, code = "its registry has no such image", ImagesVerifyResult.MISSING
        remote: RemoteImage | None = None
        try:
            remote = registries.manifest_of(ref)
        except (MissingError, IntegrityError) as error:
            problem, code = error.message, error.exit_code
        if remote is None:
            verified.append(VerifiedImage(ref=ref, extensions=users[ref], problem=problem, code=code))
            continue
        facts[ref] = facts_of(remote)
        there = VerifiedImage(
            ref=ref,
            extensions=users[ref],
            digest=remote.digest,
            bytes=remote.bytes,
            variants=variants_of(remote),
        )
        verified.append(_held_against(there, platforms))
    return verified, facts


def _held_against(image: VerifiedImage, platforms: Sequence[str]) -> VerifiedImage:
    """The image, with a problem if it lacks one of the platforms."""
    there = [variant.platform for variant in image.variants]
    missing = missing_platforms(platforms, there)
    if not missing:
        return image
    update = {"problem": f"it is not there for {', '.join(missing)}", "code": ImagesVerifyResult.MISSING}
    return image.model_copy(update=update)
