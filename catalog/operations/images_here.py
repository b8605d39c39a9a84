"""Asks the engine whether it has the images that extensions run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.model import codes
from catalog.model.compose import DEPLOYMENT_NAME
from catalog.model.locate import located
from catalog.model.manifest import MANIFEST_NAME
from catalog.operations.prepare import PrepareOptions, prepare
from catalog.registry.layout import RepositoryVersion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from catalog.engine.engine import Engine
    from catalog.model.extension import Extension
    from catalog.model.finding import Finding
    from catalog.operations.prepare import ImageUse
    from catalog.workspace.workspace import Workspace


def images_here(extensions: Sequence[Extension], workspace: Workspace, engine: Engine) -> Iterator[Finding]:
    """A finding for each image of an extension without errors that `engine` does not have.

    Raises:
        MissingError: the engine does not answer.
    """
    options = PrepareOptions(workspace, None, (RepositoryVersion.V1,), {})
    uses = {extension.directory: prepare(extension, options).uses for extension in extensions}
    there = engine.inspect(list(dict.fromkeys(use.ref for used in uses.values() for use in used)))
    program = engine.info().name
    for extension in extensions:
        missing = [use for use in uses[extension.directory] if use.ref not in there]
        findings = [_missing(extension, use, program) for use in missing]
        yield from located(findings, extension.texts())


def _missing(extension: Extension, use: ImageUse, program: str) -> Finding:
    file = extension.directory / (DEPLOYMENT_NAME if use.service else MANIFEST_NAME)
    pointer = ("services", use.service, "image") if use.service else ("image",)
    whose = f"The service {use.service!r}" if use.service else extension.name
    message = f"{whose} runs {use.ref}, which {program} does not have."
    hint = f"Build it: catalog images build {extension.name}, or pull it: {program} pull {use.ref}"
    return codes.IMAGE_NOT_HERE.at(file, message, pointer, hint)
