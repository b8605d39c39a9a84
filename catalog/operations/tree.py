"""Which files a build writes: the registry with its helper files, and the website."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from catalog.errors import UsageError
from catalog.model.file_tree import EXECUTABLE, PLAIN, CopyOf, TreeFile
from catalog.operations.progress import counted
from catalog.registry.layout import EXECUTABLE_HELPERS, HELPER_FILES, RELOCATE, RepositoryVersion
from catalog.registry.registry import Registry
from catalog.workspace.assets import shipped
from catalog.workspace.cache import cache_folder
from catalog.workspace.image_facts import read_image_facts
from catalog.workspace.kept import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from catalog.model.finding import Finding
    from catalog.model.suppression import Suppressions
    from catalog.operations.prepare import Prepared
    from catalog.operations.progress import Progress
    from catalog.registry.history import History
    from catalog.site.facts import SiteFacts
    from catalog.site.kept_pages import KeptPages
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


class SiteSources(Struct, frozen=True):
    """What a website is made from: extensions, the generation of their entries, their dates.

    What is in `kept` is not made again; making it adds findings to `remarks`.
    """

    sound: Sequence[Prepared]
    version: RepositoryVersion
    history: History
    kept: KeptPages | None = None
    remarks: list[Finding] = field(default_factory=list)


def site_tree(sources: SiteSources, workspace: Workspace, progress: Progress) -> Iterator[TreeFile]:
    """The website of the extensions in `sources`.

    Raises:
        MissingError: the skin's theme is not installed or does not build.
        UsageError: the file of image facts is damaged, or nobody could read a colour of the settings.
    """
    from catalog.operations.site_pictures import picture_findings, with_pictures  # noqa: PLC0415  # as below
    from catalog.site.facts import SiteOptions  # noqa: PLC0415  # a registry alone need not wait for the site
    from catalog.site.pages import site_files  # noqa: PLC0415

    registry = Registry.of(one.entries[sources.version] for one in sources.sound)
    settings = workspace.settings
    own = _own_templates(workspace)
    shell = _shell(settings, own)
    known = read_image_facts(workspace.root)
    facts = {one.name: _facts(one, known, sources.history) for one in sources.sound}
    options = SiteOptions(
        settings.title,
        settings.base_url,
        settings.skin,
        templates=own,
        description=settings.description,
        bundles=settings.bundles,
    )
    progress.advance("Scaling pictures", 0, len(facts))
    facts = with_pictures(facts, {entry.name: entry.kind for entry in registry.entries})
    sources.remarks.extend(picture_findings(facts))
    facts = {name: _quiet(fact, workspace.suppressions) for name, fact in facts.items()}
    pages = site_files(registry, facts, options, shell, sources.kept)
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


def _facts(one: Prepared, images: Mapping[str, ImageFacts], history: History) -> SiteFacts:
    from catalog.site.facts import SiteFacts  # noqa: PLC0415

    dates, releases = history.dates(one.name), history.releases(one.name)
    known = {ref: images[ref] for ref in sorted({use.ref for use in one.uses}) if ref in images}
    return SiteFacts(
        readme=one.readme,
        changelog=one.changelog,
        findings=one.findings,
        picture=one.picture,
        notes=one.notes,
        images=known,
        added=dates.added,
        updated=dates.updated,
        releases=releases,
        files=one.files,
        source=digest(one.source, repr(known), repr(releases)) if one.source else "",
    )


def _quiet(fact: SiteFacts, suppressions: Suppressions) -> SiteFacts:
    """The facts without suppressed findings about pictures, which gathering did not know; another source."""
    found = suppressions.divide(fact.findings)
    if not found.suppressed:
        return fact
    what = [one.finding.code.id for one in found.suppressed]
    return replace(fact, findings=found.shown, source=digest(fact.source, *what) if fact.source else "")


def _own_templates(workspace: Workspace) -> Path | None:
    """The workspace's own templates; None unless it has some, and in the checkout of our own ones."""
    name = workspace.settings.templates
    own = workspace.root / name
    if not own.is_dir():
        if name != type(workspace.settings).model_fields["templates"].default:
            raise UsageError(
                f"The setting 'templates' of [catalog] names {own}, which is no folder.",
                "Make it, or leave the setting out.",
            )
        return None
    return own if own.resolve() != shipped("site_templates").resolve() else None


def _shell(settings: CatalogSettings, own: Path | None) -> Shell:
    from catalog.site.shell import Look, material_shell, plain_shell  # noqa: PLC0415

    templates = shipped("site_templates")
    look = Look(own, settings.accent, settings.accent_dark)
    if settings.skin == "plain":
        return plain_shell(templates, look)
    return material_shell(templates, cache_folder("shell"), look)
