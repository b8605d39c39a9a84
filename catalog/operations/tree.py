"""Which files a build writes: the registry with its helper files, and the website."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from catalog.model.file_tree import EXECUTABLE, PLAIN, CopyOf, TreeFile
from catalog.operations.progress import counted
from catalog.registry.layout import EXECUTABLE_HELPERS, HELPER_FILES, RELOCATE, RepositoryVersion
from catalog.registry.registry import Registry
from catalog.workspace.assets import shipped
from catalog.workspace.cache import cache_folder
from catalog.workspace.image_facts import read_image_facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from catalog.operations.prepare import Prepared
    from catalog.operations.progress import Progress
    from catalog.site.facts import SiteFacts
    from catalog.site.picture import Picture
    from catalog.site.shell import Shell
    from catalog.workspace.image_facts import ImageFacts
    from catalog.workspace.settings import CatalogSettings
    from catalog.workspace.workspace import Workspace


def registry_tree(sound: Sequence[Prepared], versions: Sequence[RepositoryVersion]) -> Iterator[TreeFile]:
    """The catalogs and pictures of every generation, and the helper files at the root."""
    for version in versions:
        registry = Registry.of(one.entries[version] for one in sound)
        garden = version.garden
        yield TreeFile(garden.apps, registry.apps_json())
        yield TreeFile(garden.tools, registry.tools_json())
        yield from _pictures(sound, garden.pictures)
    source = shipped("bundle")
    for name in HELPER_FILES:
        mode = EXECUTABLE if name in EXECUTABLE_HELPERS else PLAIN
        yield TreeFile(PurePosixPath(name), CopyOf(str(source / name)), mode)


def site_tree(
    sound: Sequence[Prepared], version: RepositoryVersion, workspace: Workspace, progress: Progress
) -> Iterator[TreeFile]:
    """The website of the entries of one generation.

    Raises:
        MissingError: the skin's theme is not installed or does not build.
        UsageError: the file of image facts is damaged.
    """
    from catalog.site.facts import SiteOptions  # noqa: PLC0415  # a registry alone need not wait for the site
    from catalog.site.pages import site_files  # noqa: PLC0415

    registry = Registry.of(one.entries[version] for one in sound)
    settings = workspace.settings
    known = read_image_facts(workspace.root)
    facts = {one.name: _facts(one, known) for one in sound}
    options = SiteOptions(settings.title, settings.base_url, settings.skin)
    pages = site_files(registry, facts, options, _shell(settings), _site_pictures(facts, progress))
    yield from counted(pages, "Writing the website", progress)


def relocation_tree(sound: Sequence[Prepared], versions: Sequence[RepositoryVersion]) -> Iterator[TreeFile]:
    """The catalogs for a private registry, whose address is still to be put in."""
    for version in versions:
        registry = Registry.of(one.relocated[version] for one in sound)
        garden = version.garden
        yield TreeFile(RELOCATE / f"{garden.apps}.in", registry.apps_json())
        yield TreeFile(RELOCATE / f"{garden.tools}.in", registry.tools_json())


def _pictures(sound: Sequence[Prepared], folder: PurePosixPath) -> Iterator[TreeFile]:
    for one in sound:
        if one.picture and one.picture_name:
            yield TreeFile(folder / one.picture_name, CopyOf(one.picture))


def _facts(one: Prepared, images: Mapping[str, ImageFacts]) -> SiteFacts:
    from catalog.site.facts import SiteFacts  # noqa: PLC0415

    return SiteFacts(
        readme=one.readme,
        changelog=one.changelog,
        findings=one.findings,
        picture=one.picture,
        notes=one.notes,
        images=images,
        files=one.files,
    )


def _shell(settings: CatalogSettings) -> Shell:
    from catalog.site.shell import material_shell, plain_shell  # noqa: PLC0415

    templates = shipped("site_templates")
    if settings.skin == "plain":
        return plain_shell(templates)
    return material_shell(templates, cache_folder("shell"))


def _site_pictures(facts: Mapping[str, SiteFacts], progress: Progress) -> Mapping[str, Picture]:
    from catalog.site.pictures import make_pictures  # noqa: PLC0415  # pillow takes a while to import

    progress.advance("Scaling pictures", 0, len(facts))
    return make_pictures(facts, cache_folder("pictures"))
