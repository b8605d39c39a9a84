"""Publishes images to their registries: first the plan for all of them, then the deeds, each one checked.

If one image stands in the way, nothing is pushed. What is there already is not pushed again, so that a run
that was cut off goes on where it was.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Protocol

from msgspec import Struct

from catalog.errors import CatalogError, ConflictError, IntegrityError
from catalog.operations.image_targets import PublishedVariant, facts_of, is_same, local_images, variants_of
from catalog.operations.result import Result
from catalog.registry.stage import may_move
from catalog.workspace.image_facts import record_image_facts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from catalog.engine.engine import Engine, LocalImage
    from catalog.operations.image_targets import ImageTarget
    from catalog.operations.progress import Audience
    from catalog.registry.stage import Stage
    from catalog.remote.oci_registry import ImageRegistries, RemoteImage


class ImageDeed(StrEnum):
    """What becomes of an image in its registry."""

    PUSH = "push"
    REPLACE = "replace"
    COMPARE = "compare"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    MISSING = "missing"
    FAILED = "failed"


IN_THE_WAY = frozenset({ImageDeed.CONFLICT, ImageDeed.MISSING, ImageDeed.FAILED})


class PublishedImage(Result):
    """One image: whose it is, its name, what becomes of it, and what its registry has in the end.

    `is_done` tells that the deed was carried out; `reason` and `hint` say why it was not.
    """

    CODES: ClassVar[dict[ImageDeed, int]] = {ImageDeed.CONFLICT: 5, ImageDeed.MISSING: 3}

    extension: str
    services: tuple[str, ...]
    ref: str
    deed: ImageDeed
    is_done: bool = False
    digest: str = ""
    before: str = ""
    variants: tuple[PublishedVariant, ...] = ()
    reason: str = ""
    hint: str = ""
    code: int = 0


class ImagePublication(Result):
    """All images in the order of extensions and services; `notes` are for the person who reads the output."""

    images: tuple[PublishedImage, ...]
    dry_run: bool = False
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """That of the worst: 5 for a conflict, 3 for what is missing."""
        return max([self.DONE, *(image.code for image in self.images)])


class Step(Struct, frozen=True):
    """An image, and what is to be done with it: `before` is what its registry has now.

    `built` is the digest of what was built for it, where that has been pushed without a name.
    """

    target: ImageTarget
    deed: ImageDeed
    before: RemoteImage | None = None
    reason: str = ""
    hint: str = ""
    built: str = ""

    def result(self) -> PublishedImage:
        """The step as a result; not done yet."""
        return PublishedImage(
            extension=self.target.image.extension.name,
            services=self.target.image.build.services,
            ref=self.target.ref,
            deed=self.deed,
            before=self.before.digest if self.before else "",
            variants=variants_of(self.before) if self.before and self.deed is ImageDeed.UNCHANGED else (),
            digest=self.before.digest if self.before and self.deed is ImageDeed.UNCHANGED else "",
            reason=self.reason,
            hint=self.hint,
            code=PublishedImage.CODES.get(self.deed, 0),
        )

    def done(self, remote: RemoteImage) -> PublishedImage:
        """The step, carried out."""
        update = {"is_done": True, "digest": remote.digest, "variants": variants_of(remote)}
        return self.result().model_copy(update=update)

    def failed(self, error: CatalogError) -> PublishedImage:
        """The step, not carried out."""
        update = {"deed": ImageDeed.FAILED, "reason": error.message, "hint": error.hint}
        return self.result().model_copy(update=update | {"code": error.exit_code})


class Publisher(Protocol):
    """One way to bring images into registries."""

    def foresee(self, targets: Sequence[ImageTarget]) -> list[Step]:
        """What would be done with each, as far as reading can tell."""

    def plan(self, targets: Sequence[ImageTarget]) -> list[Step]:
        """What is to be done with each; nothing that has a name is changed by finding that out."""

    def carry_out(self, step: Step) -> RemoteImage:
        """Do it, and look what the registry has then."""


def publication(
    root: Path, publisher: Publisher, targets: Sequence[ImageTarget], audience: Audience, *, dry_run: bool
) -> list[PublishedImage]:
    """Publish the targets, or tell what would become of them; `root` is the workspace's folder.

    Raises:
        CatalogError: the plan cannot be made; nothing has been published then.
    """
    if dry_run:
        return [step.result() for step in publisher.foresee(targets)]
    return _carried_out(root, publisher, publisher.plan(targets), audience)


def _carried_out(
    root: Path, publisher: Publisher, steps: Sequence[Step], audience: Audience
) -> list[PublishedImage]:
    """Carry out the steps in their order, up to the first failure; nothing if one stands in the way.

    What the registries have is noted in the workspace at `root`.
    """
    if any(step.deed in IN_THE_WAY for step in steps):
        return [step.result() for step in steps]
    known = {step.target.ref: step.before for step in steps if step.deed is ImageDeed.UNCHANGED}
    done: list[PublishedImage] = []
    failed = False
    for number, step in enumerate(steps):
        audience.advance("Publishing images", number, len(steps))
        if failed or step.deed is ImageDeed.UNCHANGED:
            done.append(step.result())
            continue
        try:
            remote = publisher.carry_out(step)
        except CatalogError as error:
            done.append(step.failed(error))
            failed = True
        else:
            known[step.target.ref] = remote
            done.append(step.done(remote))
    record_image_facts(root, {ref: facts_of(remote) for ref, remote in known.items() if remote})
    return done


class EnginePublisher(Struct, frozen=True):
    """Pushes what the engine has, for the one platform that it was built for."""

    engine: Engine
    registries: ImageRegistries
    stage: Stage | None
    audience: Audience

    def foresee(self, targets: Sequence[ImageTarget]) -> list[Step]:
        """What would be done: the plan itself, since making it only reads."""
        return self.plan(targets)

    def plan(self, targets: Sequence[ImageTarget]) -> list[Step]:
        """What is to be done with each image.

        Raises:
            MissingError: the engine or a registry does not answer.
        """
        local = local_images(self.engine, targets)
        steps = []
        for number, target in enumerate(targets):
            self.audience.advance("Asking registries", number, len(targets))
            steps.append(self._step(target, local.get(target.ref)))
        return steps

    def carry_out(self, step: Step) -> RemoteImage:
        """Push the image, unless somebody else was quicker, and look that it has arrived.

        Raises:
            ConflictError: its tag has come to mean another image in the meantime.
            MissingError: the engine or the registry refuses.
            IntegrityError: the registry has another image in the end.
        """
        target = step.target
        local = local_images(self.engine, [target])[target.ref]
        now = self._step(target, local)
        if now.deed is ImageDeed.CONFLICT:
            raise conflict(target, now.before)
        if now.before is not None and now.deed is ImageDeed.UNCHANGED:
            return now.before
        if local.ref != target.ref:
            self.engine.tag(local.ref, target.ref)
        self.engine.push(target.ref)
        remote = self.registries.manifest_of(target.ref)
        pushed = self.engine.inspect([target.ref]).get(target.ref, local)
        if remote is None or not is_same(remote, pushed, target.name):
            raise not_arrived(target, remote)
        return remote

    def _step(self, target: ImageTarget, local: LocalImage | None) -> Step:
        if local is None:
            name = target.image.extension.name
            hint = f"Build it: catalog images build {name}"
            return Step(target, ImageDeed.MISSING, None, f"the engine has no {target.image.build.ref}", hint)
        remote = self.registries.manifest_of(target.ref)
        if remote is None:
            return Step(target, ImageDeed.PUSH)
        if is_same(remote, local, target.name):
            return Step(target, ImageDeed.UNCHANGED, remote)
        return differing(target, remote, self.stage)


def differing(target: ImageTarget, remote: RemoteImage, stage: Stage | None) -> Step:
    """What is to be done with an image whose tag means another one in the registry."""
    if may_move(stage):
        return Step(target, ImageDeed.REPLACE, remote)
    error = conflict(target, remote)
    return Step(target, ImageDeed.CONFLICT, remote, error.message, error.hint)


def conflict(target: ImageTarget, remote: RemoteImage | None) -> ConflictError:
    """A version that is published already, with another content."""
    digest = f" ({remote.digest})" if remote else ""
    return ConflictError(
        f"{target.ref} is there already as another image{digest}; what a version is does not change.",
        f"Raise the version: catalog bump {target.image.extension.name} patch",
    )


def not_arrived(target: ImageTarget, remote: RemoteImage | None) -> IntegrityError:
    """An image that is not in its registry although the push went well."""
    found = f"{remote.digest}, which is another image" if remote else "nothing"
    return IntegrityError(
        f"After the push, {target.ref} means {found}.",
        "See whether somebody else pushes to it, and run again.",
    )
