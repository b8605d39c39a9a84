"""What the rules look at: one extension with what is made of it, and the parts of both at hand."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.appgarden.emit import is_generated
from catalog.appgarden.freshness import Freshness, freshness
from catalog.appgarden.place import Place, gathered
from catalog.appgarden.sections import pairs
from catalog.appgarden.transform import transform
from catalog.model import compose
from catalog.rules.builds import builds_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.appgarden.transform import Deployment
    from catalog.model.extension import Extension, KamiwazaSource
    from catalog.model.finding import Finding
    from catalog.model.manifest import Manifest
    from catalog.rules.builds import Build


class Setting(Struct, frozen=True):
    """One environment variable with its value, as it was parsed, and where it stands."""

    name: str
    value: Any
    place: Place


class DeployedService(Struct, frozen=True):
    """One service of the deployment; a part of the wrong form counts as absent."""

    name: str
    data: dict[str, Any]
    place: Place
    environment: tuple[Setting, ...]

    def items(self, key: str) -> Iterator[tuple[Any, Place]]:
        """The items of the list at `key`, each with its place; none if there is no list."""
        section = self.data.get(key)
        for index, item in enumerate(section if isinstance(section, list) else ()):
            yield item, self.place / key / index


class DeployedFile(Struct, frozen=True):
    """The compose data that the registry will embed.

    `place` is the file that its author edits: the App Garden file if that is written by hand, else the
    development file that it is generated from.
    """

    data: dict[str, Any]
    place: Place
    is_handwritten: bool
    services: tuple[DeployedService, ...]


class Subject(Struct, frozen=True):
    """An extension under examination; `organization` is the namespace of our own images.

    `expected` and `freshness` are None when there is no development file to generate from; `deployed` is
    None when nothing can be deployed. `builds` are the services that are built.
    """

    extension: Extension
    source: KamiwazaSource
    expected: Deployment | None
    organization: str
    freshness: Freshness | None = None
    deployed: DeployedFile | None = None
    builds: tuple[Build, ...] = ()

    @property
    def manifest(self) -> Manifest:
        """The typed manifest; fields that are wrong stand at their defaults."""
        return self.source.manifest

    @property
    def fields(self) -> dict[str, Any]:
        """The manifest as it was written."""
        fields: dict[str, Any] = self.source.manifest_document.data
        return fields

    @property
    def manifest_place(self) -> Place:
        """The root of kamiwaza.json."""
        return Place(self.source.manifest_document.path)

    @property
    def env_defaults(self) -> dict[str, Any]:
        """The default environment as it was written; empty if it is no mapping."""
        section = self.fields.get("env_defaults")
        return section if isinstance(section, dict) else {}

    @property
    def services(self) -> tuple[DeployedService, ...]:
        """The services of the deployment."""
        return self.deployed.services if self.deployed else ()

    @property
    def has_unread_development(self) -> bool:
        """Whether there is a development file that could not be read."""
        return _has_unread_development(self.extension, self.source)

    @property
    def handwritten(self) -> DeployedFile | None:
        """The deployment if it is written by hand; a generated one keeps the file's rules by itself."""
        return self.deployed if self.deployed and self.deployed.is_handwritten else None

    @property
    def handwritten_services(self) -> tuple[DeployedService, ...]:
        """The services of a deployment that is written by hand."""
        return self.handwritten.services if self.handwritten else ()

    def settings(self) -> Iterator[Setting]:
        """Every environment variable that is set: in `env_defaults`, then in the services."""
        place = self.manifest_place / "env_defaults"
        for name, value in self.env_defaults.items():
            yield Setting(name, value, place / name)
        for service in self.services:
            yield from service.environment


def subject_of(
    extension: Extension, source: KamiwazaSource, organization: str, known: Deployment | None = None
) -> Subject:
    """The subject that an extension with this source is; `known` is what its transform gives, if it ran."""
    if source.development is None:
        return Subject(extension, source, None, organization, deployed=_alone(extension, source))
    expected = known or transform(extension, organization)
    state = freshness(extension, expected)
    deployed = _by_hand(source) if state is Freshness.HANDWRITTEN else _generated(source, expected)
    builds = tuple(builds_of(extension, source, source.development))
    return Subject(extension, source, expected, organization, state, deployed, builds)


def findings_of_transform(subject: Subject) -> tuple[Finding, ...]:
    """What the transform found, unless the App Garden file is written by hand.

    Such a file is the truth: nothing is generated, so what the transform would drop, change or refuse in
    the development file happens to nobody.
    """
    if subject.expected is None or subject.freshness is Freshness.HANDWRITTEN:
        return ()
    return subject.expected.findings


def deployed_file(data: Any, place: Place, *, is_handwritten: bool) -> DeployedFile:
    """The parsed compose file `data` as a deployment; `place` is the file that its author edits."""
    services = tuple(
        _service(name, service, place / "services" / name) for name, service in compose.services(data).items()
    )
    return DeployedFile(data, place, is_handwritten, services)


def _has_unread_development(extension: Extension, source: KamiwazaSource) -> bool:
    is_there = any(PurePosixPath(name) in extension.files for name in compose.DEVELOPMENT_NAMES)
    return source.development is None and is_there


def _alone(extension: Extension, source: KamiwazaSource) -> DeployedFile | None:
    """What is deployed where no development file was read; unknown if it is generated from an unread one."""
    document = source.deployment
    if document and is_generated(document.text) and _has_unread_development(extension, source):
        return None
    return _by_hand(source)


def _by_hand(source: KamiwazaSource) -> DeployedFile | None:
    document = source.deployment
    if document is None:
        return None
    return deployed_file(document.data, Place(document.path), is_handwritten=True)


def _generated(source: KamiwazaSource, expected: Deployment) -> DeployedFile | None:
    if source.development is None or expected.data is None:
        return None
    return deployed_file(expected.data, Place(source.development.path), is_handwritten=False)


def _service(name: str, data: dict[str, Any], place: Place) -> DeployedService:
    where = place / "environment"
    entries, _ = gathered(pairs(data.get("environment"), where))
    environment = tuple(Setting(key, value, where / position) for position, key, value in entries)
    return DeployedService(name, data, place, environment)
