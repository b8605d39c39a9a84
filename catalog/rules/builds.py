"""What the rules look at where an extension builds images: build sections with their Dockerfiles."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.appgarden.extends import resolved_services
from catalog.appgarden.place import Place
from catalog.model import compose
from catalog.model.dockerfile import instructions, lineage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from catalog.model.compose import BuildSection
    from catalog.model.dockerfile import Instruction, Stage
    from catalog.model.extension import Extension, KamiwazaSource, SourceDocument
    from catalog.model.finding import Code, Finding


class Build(Struct, frozen=True):
    """One service that is built: `section` as it is after `extends`, `paths` relative to the extension.

    `base` is the folder of its compose file, relative to the extension. `file` is where the Dockerfile stands
    in the workspace, and `text` what is in it; both are those of the compose file if it stands there, and
    `text` is None if there is none.
    """

    service: str
    data: Mapping[str, Any]
    place: Place
    section: Mapping[str, Any]
    paths: BuildSection
    base: PurePosixPath
    file: PurePosixPath
    text: str | None

    def located(self, path: str) -> PurePosixPath:
        """A path of the compose file as one that is relative to the extension, normalised."""
        return PurePosixPath(posixpath.normpath(self.base / path))

    def stages(self) -> tuple[Stage, ...]:
        """The stages that the image has, from its base to the one that is built."""
        return lineage(self.text, self.paths.target) if self.text is not None else ()

    def finding(self, code: Code, line: int, message: str, hint: str) -> Finding:
        """A finding in this line of the Dockerfile; for one in the compose file, at its place there."""
        if self.paths.inline is not None:
            return (self.place / "dockerfile_inline").finding(code, message, hint)
        return code.at(self.file, message, hint=hint).on(line)

    def instructions(self) -> Iterator[Instruction]:
        """All instructions of the Dockerfile, also of stages that the image does not have."""
        return instructions(self.text) if self.text is not None else iter(())


def builds_of(extension: Extension, source: KamiwazaSource, development: SourceDocument) -> Iterator[Build]:
    """Every service that is built, of the `development` file and of those that it leads to.

    What a service of the `development` file takes by `extends` counts as its own. Services with `profiles`
    are helpers for development, and are left out.
    """
    names, resolved = compose.services(development.data), resolved_services(extension)
    data: dict[str, Any] = {"services": {name: resolved[name] for name in names if name in resolved}}
    yield from _builds(extension, source, development.path, data, PurePosixPath())
    for path, document in source.included.items():
        yield from _builds(extension, source, document.path, document.data, path.parent)


def _builds(
    extension: Extension, source: KamiwazaSource, file: PurePosixPath, data: Any, folder: PurePosixPath
) -> Iterator[Build]:
    """The services that `data` builds, which stands in `file` and has paths relative to `folder`."""
    services = compose.services(data)
    for name, paths in compose.build_sections(data, folder):
        section = services[name]["build"]
        if services[name].get("profiles"):
            continue
        is_inline = paths.inline is not None
        yield Build(
            service=name,
            data=services[name],
            place=Place(file) / "services" / name / "build",
            section=section if isinstance(section, dict) else {},
            paths=paths,
            base=folder,
            file=file if is_inline else extension.directory / paths.dockerfile,
            text=paths.inline if is_inline else source.dockerfiles.get(paths.dockerfile),
        )
