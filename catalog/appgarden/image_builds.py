"""Reads which images an extension builds, and how: its compose file in, recipes as values out.

The keys are those of the Compose Build specification. Variables mean their defaults, as everywhere in a
compose file of an extension, so that a build is the same on every machine.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from catalog.appgarden.development import Service, development_of, normal
from catalog.appgarden.extends import self_contained
from catalog.appgarden.images import belongs, default_image, parsed
from catalog.appgarden.interpolation import UnresolvedVariableError, resolved
from catalog.appgarden.mounts import default_hint
from catalog.appgarden.place import gathered
from catalog.appgarden.sections import mapping, pairs, strings, wrong_form
from catalog.appgarden.selection import deployed_services
from catalog.appgarden.service_image import service_image
from catalog.model import codes
from catalog.model.finding import has_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.appgarden.development import Development
    from catalog.appgarden.place import Found, Place
    from catalog.model.extension import Extension, KamiwazaSource
    from catalog.model.finding import Finding

ADDRESSES = ("docker-image://", "https://", "http://")
"""How a context begins that no engine takes for a folder; of others, some would look on this machine."""
_DOCKERFILE = "Dockerfile"
_CUTS_OPTIONS = re.compile(r"""[,"\x00-\x1f]""")  # engines read the options of a secret as a line of CSV
_KNOWN = frozenset(
    {
        "context",
        "dockerfile",
        "args",
        "target",
        "labels",
        "network",
        "additional_contexts",
        "secrets",
        "extra_hosts",
        "cache_from",
        "dockerfile_inline",  # which is refused
    }
)


class ImageBuild(Struct, frozen=True):
    """One image that an extension builds.

    `ref` is the image with the tag of the extension's version. Paths are relative to the extension.
    `secrets` have their file (relative to the extension) or the variable that has their value.
    """

    services: tuple[str, ...]
    ref: str
    context: PurePosixPath
    dockerfile: PurePosixPath
    args: Mapping[str, str | None] = field(default_factory=dict)
    target: str = ""
    network: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    contexts: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[tuple[str, str, str], ...] = ()
    hosts: tuple[str, ...] = ()
    cache_from: tuple[str, ...] = ()

    @property
    def service(self) -> str:
        """The service that it is called by: the first of those that run it."""
        return self.services[0]


class BuildPlan(Struct, frozen=True):
    """What an extension builds, in the order of its services; what has an error is left out."""

    builds: tuple[ImageBuild, ...]
    findings: tuple[Finding, ...]


def image_builds(extension: Extension, organization: str) -> BuildPlan:
    """The images that an extension builds; `organization` is the namespace of our images.

    An extension without a development file, whose manifest names an image of ours, builds its own Dockerfile.
    One that could not be read without errors, such as a link that leads out of the workspace, builds nothing.
    """
    source = extension.kamiwaza
    if source is None or has_errors(extension.findings):
        return BuildPlan((), tuple(finding for finding in extension.findings if finding.is_error))
    if source.development is None:
        return BuildPlan(tuple(_without_compose(extension, source, organization)), ())
    builds, findings = gathered(_builds(development_of(extension, organization)))
    return BuildPlan(tuple(builds), tuple(finding for finding in findings if _matters(finding)))


def _matters(finding: Finding) -> bool:
    """Whether builds are concerned: the other warnings are about what runs, and `validate` has them."""
    return finding.is_error or "build" in finding.pointer[2:3]


def _without_compose(extension: Extension, source: KamiwazaSource, organization: str) -> list[ImageBuild]:
    ref = parsed(source.manifest.image or default_image(organization, extension.name, ""))
    dockerfile = PurePosixPath(_DOCKERFILE)
    if dockerfile not in extension.files or ref is None or not belongs(ref, extension.name, organization):
        return []
    tagged = ref if source.manifest.image and ref.tag not in {"", "latest"} else ref.with_tag(_tag(extension))
    return [ImageBuild((extension.name,), str(tagged), PurePosixPath(), dockerfile)]


def _tag(extension: Extension) -> str:
    return f"v{extension.version}"


def _builds(development: Development) -> Found[list[ImageBuild]]:
    data = yield from self_contained(development)
    found: dict[str, ImageBuild] = {}
    for service in (yield from deployed_services(data, development)):
        if service.data.get("build") is not None:
            build = yield from _build(service, data)
            if build is not None:
                yield from _added(found, build, service)
    return list(found.values())


def _added(found: dict[str, ImageBuild], build: ImageBuild, service: Service) -> Found[None]:
    """Put a build to the others; two services may share an image if they build it alike."""
    other = found.get(build.ref)
    if other is None:
        found[build.ref] = build
    elif replace(other, services=build.services) == build:
        found[build.ref] = replace(other, services=(*other.services, *build.services))
    else:
        message = f"The services {other.service!r} and {service.name!r} build different images of one name: "
        hint = f"Give {service.name} an image of its own, or take its image away for a name by itself."
        place = service.place / ("image" if "image" in service.data else "build")
        yield place.finding(codes.IMAGE_BUILT_TWICE, f"{message}{build.ref}.", hint)


def _build(service: Service, data: dict[str, Any]) -> Found[ImageBuild | None]:
    section, place = service.data["build"], service.place / "build"
    if isinstance(section, str):
        section = {"context": section}
    ref = yield from service_image(service)
    if not isinstance(section, dict) or ref is None:
        return None
    yield from _unknown(section, place)
    declared = yield from _text(section.get("context", "."), place / "context")
    context = yield from _inside(declared, place / "context")
    dockerfile = None if context is None else (yield from _dockerfile(service, section, context))
    if context is None or dockerfile is None:
        return None
    return ImageBuild(
        services=(service.name,),
        ref=ref,
        context=context,
        dockerfile=dockerfile,
        args=(yield from _values(section.get("args"), place / "args")),
        target=(yield from _text(section.get("target", ""), place / "target")),
        network=(yield from _text(section.get("network", ""), place / "network")),
        labels={
            name: value or ""
            for name, value in (yield from _values(section.get("labels"), place / "labels")).items()
        },
        contexts=(yield from _contexts(section.get("additional_contexts"), place / "additional_contexts")),
        secrets=(yield from _secrets(section.get("secrets"), data, place / "secrets")),
        hosts=tuple((yield from _hosts(section.get("extra_hosts"), place / "extra_hosts"))),
        cache_from=tuple((yield from _caches(section.get("cache_from"), place / "cache_from"))),
    )


def _unknown(section: dict[str, Any], place: Place) -> Found[None]:
    for key in section:
        if key not in _KNOWN and not str(key).startswith("x-"):
            message = f"The build key {key!r} is not used by 'catalog images build'."
            yield (place / key).finding(codes.KEY_DROPPED, message, "Take it away, or build by other means.")


def _dockerfile(
    service: Service, section: dict[str, Any], context: PurePosixPath
) -> Found[PurePosixPath | None]:
    place = service.place / "build" / "dockerfile"
    if "dockerfile_inline" in section:
        message = f"The Dockerfile of the service {service.name!r} stands in the compose file."
        hint = "Write it into a file of its own, and name that in build.dockerfile."
        yield (service.place / "build" / "dockerfile_inline").finding(codes.SECTION_INVALID, message, hint)
        return None
    name = yield from _text(section.get("dockerfile", _DOCKERFILE), place)
    path = yield from _inside(posixpath.join(context, name), place)
    if path is None or path in service.development.files:
        return path
    message = f"The service {service.name!r} builds from {path}, which is not there."
    yield place.finding(
        codes.FILE_MISSING, message, "Write it, or correct build.dockerfile or build.context."
    )
    return None


def _inside(path: str, place: Place) -> Found[PurePosixPath | None]:
    """The path, if it stays in the extension."""
    found = normal(path or ".")
    if "://" not in path and not found.is_absolute() and ".." not in found.parts:
        return found
    message = f"The build takes {path!r}, which lies outside of the extension."
    hint = "Move what it needs into the extension: it must build from its own folder, also without a network."
    yield place.finding(codes.OUTSIDE_WORKSPACE, message, hint)
    return None


def _text(value: Any, place: Place) -> Found[str]:
    """A text with its variables resolved."""
    if not isinstance(value, str):
        yield wrong_form(value, place, "text")
        return ""
    try:
        return resolved(value)
    except UnresolvedVariableError as error:
        message = f"The build needs the variable {error.name}."
        yield place.finding(codes.VARIABLE_UNRESOLVED, message, default_hint(error.name))
        return ""


def _values(section: Any, place: Place) -> Found[dict[str, str | None]]:
    """Names with values, as a mapping or a list; None where the environment is to give the value."""
    found: dict[str, str | None] = {}
    for position, name, value in (yield from pairs(section, place)):
        if isinstance(value, bool):
            found[name] = str(value).lower()
        elif isinstance(value, str):
            found[name] = yield from _text(value, place / position)
        else:
            found[name] = None if value is None else str(value)
    return found


def _contexts(section: Any, place: Place) -> Found[dict[str, str]]:
    found: dict[str, str] = {}
    for name, value in (yield from _values(section, place)).items():
        if value is None or value.startswith(ADDRESSES):
            found[name] = value or ""
            continue
        path = yield from _inside(value, place / name)
        if path is not None:
            found[name] = str(path)
    return found


def _secrets(section: Any, data: dict[str, Any], place: Place) -> Found[tuple[tuple[str, str, str], ...]]:
    """The secrets of a build as (id, `src` or `env`, where its value is)."""
    declared = yield from mapping(data.get("secrets"), place)
    found: list[tuple[str, str, str]] = []
    for reference in section if isinstance(section, list) else ():
        name = reference.get("source") if isinstance(reference, dict) else reference
        secret = declared.get(str(name))
        secret = secret if isinstance(secret, dict) else {}
        if any(_CUTS_OPTIONS.search(str(text)) for text in (name, *secret.values())):
            message = f"The secret {name!r} has a comma, a quotation mark or a line break in it."
            yield place.finding(
                codes.SECTION_INVALID, message, "Rename the secret, its file or its variable."
            )
        elif isinstance(secret.get("environment"), str):
            found.append((str(name), "env", secret["environment"]))
        elif isinstance(secret.get("file"), str):
            path = yield from _inside(secret["file"], place)
            found += [(str(name), "src", str(path))] if path is not None else []
        else:
            message = f"The build needs the secret {name!r}, which the file does not declare."
            yield place.finding(codes.SECTION_INVALID, message, f"Add {name} under secrets, with its file.")
    return tuple(found)


def _caches(section: Any, place: Place) -> Found[list[str]]:
    """Images alone: other caches are folders of whoever builds, or a service's of that machine."""
    found = []
    for value in (yield from strings(section, place)):
        if "=" in value and not value.startswith("type=registry,"):
            message = f"The cache {value!r} is not used by 'catalog images build': it is no image."
            yield place.finding(codes.KEY_DROPPED, message, "Name an image, such as acme/web:cache.")
        else:
            found.append(value)
    return found


def _hosts(section: Any, place: Place) -> Found[list[str]]:
    if isinstance(section, dict):
        return [f"{name}:{address}" for name, address in section.items()]
    return (yield from strings(section, place))
