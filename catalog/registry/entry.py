"""One extension -> one entry of apps.json or tools.json.

An entry is all of kamiwaza.json less what never belongs there, with the platform's defaults written in (its
API's defaults differ from the documented ones), plus the compose text and the list of images.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.model.manifest import MANIFEST_NAME, SERVER_FIELDS
from catalog.registry.layout import RepositoryVersion
from catalog.registry.registry import Entry

if TYPE_CHECKING:
    from catalog.model.extension import Extension, KamiwazaSource

_LEFT_OUT = frozenset(
    {
        *SERVER_FIELDS,
        "type",  # read, but written as template_type
        "x-catalog",  # what an author says to the website
        "compose_yml",
        "compose_yml_file",
        "docker_images",
        "preview_image",
        "_extension_name",
        "_compose_filename",
        "_compose_content",
    },
)
_DEFAULTS: dict[str, Any] = {
    "visibility": "public",
    "description": "",
    "verified": False,
    "category": None,
    "tags": [],
    "preferred_model_type": "any",
    "fail_if_model_type_unavailable": False,
    "preferred_model_name": None,
    "fail_if_model_name_unavailable": False,
    "env_defaults": {},
    "required_env_vars": [],
    "capabilities": [],
}
_NEVER_NULL = frozenset(
    {"visibility", "description", "tags", "env_defaults", "required_env_vars", "capabilities"}
)
"""Fields for which the consumers' models refuse null."""


class Deployed(Struct, frozen=True):
    """What is deployed of an extension, as its entry names it.

    `compose_yml` is empty for tools that are given by an image alone; `images` has all images, `image` and
    `extra_images` those that the manifest names.
    """

    compose_yml: str
    images: tuple[str, ...]
    picture_url: str | None = None
    image: str | None = None
    extra_images: tuple[str, ...] = ()


def make_entry(extension: Extension, deployed: Deployed, version: RepositoryVersion) -> Entry:
    """The entry of an extension that has no errors, in the form of one catalog generation."""
    source = extension.kamiwaza
    if source is None:
        raise ValueError(f"{extension.directory} has no {MANIFEST_NAME}, so there is no entry of it")
    data = _own_fields(source, version)
    for field, default in _DEFAULTS.items():
        if field not in data or (data[field] is None and field in _NEVER_NULL):
            data[field] = default
    data["template_type"] = extension.kind.value
    if deployed.image:
        data["image"] = deployed.image
    if deployed.extra_images:
        data["extra_docker_images"] = list(deployed.extra_images)
    if deployed.picture_url:
        data["preview_image"] = deployed.picture_url
    data["docker_images"] = list(deployed.images)
    if deployed.compose_yml:
        data["compose_yml"] = deployed.compose_yml
    return Entry(extension.name, extension.kind, data)


def _own_fields(source: KamiwazaSource, version: RepositoryVersion) -> dict[str, Any]:
    left_out = _LEFT_OUT | {"kamiwaza_version"} if version is RepositoryVersion.V1 else _LEFT_OUT
    raw = source.manifest_document.data
    return {field: value for field, value in raw.items() if field not in left_out}
