"""One extension -> what a build needs of it: entries, facts for its page, its picture, and findings."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  # what Form reads has to be there when it runs
from pathlib import PurePosixPath  # noqa: TC003
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from catalog.appgarden.emit import to_yaml, without_header
from catalog.appgarden.freshness import Freshness
from catalog.appgarden.images import belongs, owned_services, pin, retag, service_images
from catalog.errors import MissingError
from catalog.model.finding import Finding, has_errors
from catalog.model.image_ref import ImageRef
from catalog.model.locate import located
from catalog.model.manifest import NO_NOTES, CatalogNotes
from catalog.model.picture import picture_file
from catalog.registry.entry import Deployed, make_entry
from catalog.registry.image_names import loadable, published, relocated
from catalog.registry.layout import RepositoryVersion
from catalog.registry.picture_name import picture_name
from catalog.registry.registry import Entry  # noqa: TC001
from catalog.registry.stage import Stage, image_tag
from catalog.rules.check import check, check_for_repository

if TYPE_CHECKING:
    from catalog.appgarden.transform import Deployment
    from catalog.model.extension import Extension, KamiwazaSource, SourceDocument
    from catalog.rules.check import Checked
    from catalog.workspace.workspace import Workspace


class PrepareOptions(Struct, frozen=True):
    """What all extensions of one build share; `digests` maps image references to digests, for v3.

    With `for_bundle`, v1 and v2 entries name images as they can be loaded: by tag, without a digest; and
    there is a second form of each entry for a private registry. `images` is the registry and namespace where
    our images are published; empty for where their names say.
    """

    workspace: Workspace
    stage: Stage | None
    versions: tuple[RepositoryVersion, ...]
    digests: Mapping[str, str]
    for_bundle: bool = False
    images: str = ""

    @property
    def organization(self) -> str:
        """The namespace of our images."""
        return self.workspace.settings.organization


def plain_options(workspace: Workspace) -> PrepareOptions:
    """What a build asks for by default; whoever only checks asks for the same, to share what is kept."""
    return PrepareOptions(workspace, None, (RepositoryVersion.V1,), {})


class ImageUse(Struct, frozen=True):
    """An image that an extension needs, with the stage's tag; `service` is empty if the manifest names it."""

    ref: str
    service: str


class Generation(Struct, frozen=True):
    """What sync-compose has to know of an extension.

    `freshness` is that of the App Garden file, None if there is no compose file to generate it from, or none
    that can be read. With `is_possible`, there is something to generate, or nothing to do. `findings` are
    those of the generation, or those that keep the compose file from being read; none for a file that is
    written by hand.
    """

    freshness: Freshness | None = None
    is_possible: bool = False
    findings: tuple[Finding, ...] = ()


class Prepared(Struct, frozen=True):
    """What a build keeps of one extension; `entries` is empty when it has errors.

    `picture` is the preview's path on this machine, `picture_name` its name in the registry,
    `declared_picture` what the manifest says of it (empty: nothing), `notes` what the author says under
    `x-catalog`, `files` the extension's files (relative to it) with their paths on this machine, `uses` the
    images that the engine has to have, `generation` what sync-compose has to know. `source` is a digest of
    all of this and of what is in the files, empty when it is not known.
    """

    name: str
    entries: Mapping[RepositoryVersion, Entry]
    findings: tuple[Finding, ...]
    readme: str = ""
    changelog: str = ""
    picture: str | None = None
    picture_name: str | None = None
    notes: CatalogNotes = NO_NOTES
    files: Mapping[PurePosixPath, str] = field(default_factory=dict)
    uses: tuple[ImageUse, ...] = ()
    relocated: Mapping[RepositoryVersion, Entry] = field(default_factory=dict)
    source: str = ""
    declared_picture: str = ""
    generation: Generation = field(default_factory=Generation)


def prepare(extension: Extension, options: PrepareOptions, known: Deployment | None = None) -> Prepared:
    """Check an extension and make its entries; `known` is what its transform gives, if it ran already.

    Raises:
        MissingError: a v3 entry needs an image's digest that nobody knows.
    """
    checked = check(extension, options.organization, known)
    wishes = (finding for version in options.versions for finding in check_for_repository(checked, version))
    findings = located((*checked.findings, *dict.fromkeys(wishes)), extension.texts())
    source = extension.kamiwaza
    generation = _generation(checked, dict(zip(checked.findings, findings, strict=False)))
    declared = (source.manifest.preview_image or "") if source else ""
    if source is None or has_errors(findings):
        return Prepared(extension.name, {}, findings, declared_picture=declared, generation=generation)
    file = picture_file(extension)
    folder = options.workspace.root / extension.directory
    deployment = _deployment(checked, source, options)
    return Prepared(
        name=extension.name,
        entries={
            version: _entry(deployment, version, _names(deployment, version, options))
            for version in options.versions
        },
        findings=findings,
        readme=_text(extension.readme),
        changelog=_text(extension.changelog),
        picture=str(folder / file) if file else None,
        picture_name=picture_name(extension.name, file.suffix) if file else None,
        notes=source.manifest.notes,
        files={path: f"{folder}/{path}" for path in extension.files},
        uses=deployment.uses(),
        relocated=_relocated(deployment, options) if options.for_bundle else {},
        declared_picture=declared,
        generation=generation,
    )


def _generation(checked: Checked, places: Mapping[Finding, Finding]) -> Generation:
    """What was found out about the App Garden file; `places` has each finding with its line and column."""
    extension, expected = checked.extension, checked.expected
    if extension.kamiwaza is None or has_errors(extension.findings):
        return Generation(findings=tuple(places[finding] for finding in extension.findings))
    if expected is None:
        return Generation(is_possible=True)
    is_possible = expected.data is not None
    if checked.freshness is Freshness.HANDWRITTEN:
        return Generation(checked.freshness, is_possible)
    return Generation(checked.freshness, is_possible, tuple(places[finding] for finding in expected.findings))


class _Deployment(Struct, frozen=True):
    """What of an extension is deployed, with the tags of the stage; `data` is None for image-only tools."""

    checked: Checked
    source: KamiwazaSource
    data: dict[str, Any] | None
    image: str | None
    extras: tuple[str, ...]

    def uses(self) -> tuple[ImageUse, ...]:
        """Its images, each once for every service that needs it."""
        services = [ImageUse(ref, service) for service, ref in service_images(self.data or {})]
        named = [ImageUse(ref, "") for ref in (self.image, *self.extras) if ref]
        return tuple(dict.fromkeys([*services, *named]))

    def refs(self) -> list[str]:
        """Its images, each once."""
        return list(dict.fromkeys(use.ref for use in self.uses()))


def _deployment(checked: Checked, source: KamiwazaSource, options: PrepareOptions) -> _Deployment:
    image = _own_image(source.manifest.image, checked.extension, options)
    extras = [
        _own_image(extra, checked.extension, options) for extra in source.manifest.extra_docker_images or ()
    ]
    data = _deployed_data(checked, options)
    return _Deployment(checked, source, data, image, tuple(ref for ref in extras if ref))


def _entry(deployment: _Deployment, version: RepositoryVersion, names: Mapping[str, str]) -> Entry:
    """The entry, with the images called as `names` says; those that it leaves out keep their names."""
    extension = deployment.checked.extension
    file = picture_file(extension)
    data, image = deployment.data, deployment.image
    deployed = Deployed(
        compose_yml=_compose_text(deployment, pin(data, names) if names and data else data),
        images=tuple(dict.fromkeys(names.get(ref, ref) for ref in deployment.refs())),
        picture_url=version.garden.pictures_url + picture_name(extension.name, file.suffix) if file else None,
        image=names.get(image, image) if image else None,
        extra_images=tuple(names.get(ref, ref) for ref in deployment.extras),
    )
    return make_entry(extension, deployed, version)


def _names(deployment: _Deployment, version: RepositoryVersion, options: PrepareOptions) -> Mapping[str, str]:
    """The images that are named otherwise in this generation: v3 by digest, a bundle's v1 and v2 by tag.

    Where ours are published elsewhere than their names say, they are named as they are published.
    """
    names = {ref: published(ref, options.organization, options.images) for ref in deployment.refs()}
    if version is RepositoryVersion.V3:
        pins = _pins(list(names.values()), options, deployment.checked.extension)
        return {ref: pins.get(name, name) for ref, name in names.items()}
    if options.for_bundle:
        return {ref: loadable(name) for ref, name in names.items()}
    return {ref: name for ref, name in names.items() if ref != name}


def _relocated(deployment: _Deployment, options: PrepareOptions) -> dict[RepositoryVersion, Entry]:
    names = {ref: relocated(ref) for ref in deployment.refs()}
    return {version: _entry(deployment, version, names) for version in options.versions}


def _deployed_data(checked: Checked, options: PrepareOptions) -> dict[str, Any] | None:
    """What is deployed, with the tags of the stage."""
    data = checked.deployed
    if data is None or options.stage is None:
        return data
    owned = owned_services(checked.extension, options.organization, data)
    return retag(data, frozenset(owned), image_tag(checked.extension.version, options.stage))


def _compose_text(deployment: _Deployment, data: dict[str, Any] | None) -> str:
    """The file's own text where nothing in it was changed, else the changed data as text."""
    if data is None:
        return ""
    document = deployment.source.deployment
    if data is deployment.checked.deployed and document is not None:
        return document.text
    text = to_yaml(data)
    return text if deployment.checked.is_generated else without_header(text)


def _own_image(text: str | None, extension: Extension, options: PrepareOptions) -> str | None:
    """An image that the manifest names; one of ours gets the stage's tag, or the version's if it has none."""
    if not text:
        return None
    ref = ImageRef.parse(text)
    is_ours = belongs(ref, extension.name, options.organization)
    if is_ours and (options.stage or (not ref.digest and ref.tag in {"", "latest"})):
        return str(ref.with_tag(image_tag(extension.version, options.stage)))
    return text


def _pins(images: list[str], options: PrepareOptions, extension: Extension) -> dict[str, str]:
    """Every image with its digest, as v3 names it."""
    unknown = [ref for ref in images if "@" not in ref and ref not in options.digests]
    if unknown:
        raise MissingError(
            f"A v3 catalog names images by digest, and that of {', '.join(unknown)} "
            f"(extension {extension.name}) is not known.",
            "Record digests in .catalog/images.json, or build v1 or v2: catalog build --repo-version v2",
        )
    return {ref: f"{ref}@{options.digests[ref]}" for ref in images if "@" not in ref}


def _text(document: SourceDocument | None) -> str:
    return document.text if document else ""
