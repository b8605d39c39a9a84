"""Files beside the compose file that a service needs at run time: the target has none of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from catalog.appgarden.sections import mapping, wrong_form
from catalog.model import codes

if TYPE_CHECKING:
    from catalog.appgarden.development import Development, Service
    from catalog.appgarden.place import Found, Place

_SECCOMP = re.compile(r"seccomp[:=](.+)")
_FIXES = {
    "env_file": "Write its variables under environment, with ${NAME:-default} for what an admin may change.",
    "label_file": "Write its labels under labels.",
    "security_opt": "Take the profile away: the platform applies its own.",
    "configs": "Write its text under content, or copy the file into the image.",
    "secrets": "Take the secret from a variable: environment: NAME.",
}


def env_file(service: Service, value: Any) -> Found[None]:
    """Refuse `env_file`; one that may be missing is dropped instead."""
    entries = value if isinstance(value, list) else [value]
    place = service.place / "env_file"
    for index, entry in enumerate(entries):
        where = place / index if isinstance(value, list) else place
        path = entry.get("path") if isinstance(entry, dict) else entry
        if path is None:
            continue
        if not isinstance(path, str):
            yield wrong_form(entry, where, "a file's path")
        elif isinstance(entry, dict) and entry.get("required") in (False, "false"):
            message = f"The service {service.name!r} may read {path!r}; the target lacks it."
            yield where.finding(codes.KEY_DROPPED, message, _FIXES["env_file"])
        else:
            yield _needed(service, "env_file", path, where)


def label_file(service: Service, value: Any) -> Found[None]:
    """Refuse `label_file`."""
    for path in value if isinstance(value, list) else [value]:
        if path is not None:
            yield _needed(service, "label_file", path, service.place / "label_file")


def security_profiles(service: Service, value: Any) -> Found[None]:
    """Refuse each entry of `security_opt` that names the file of a seccomp profile."""
    for index, option in enumerate(value if isinstance(value, list) else []):
        match = _SECCOMP.fullmatch(option) if isinstance(option, str) else None
        if match and match[1] not in {"unconfined", "builtin"}:
            yield _needed(service, "security_opt", match[1], service.place / "security_opt" / index)


def carried(
    section: str, value: Any, used: frozenset[str], development: Development
) -> Found[dict[str, Any]]:
    """The top-level `configs` or `secrets` (the `section`) of which `used` are used, with their text."""
    place = development.place / section
    kept = {}
    for name, declared in (yield from mapping(value, place)).items():
        if name in used:
            kept[name] = declared
            yield from _check_brought(section, name, declared, place / name)
    return kept


def _check_brought(section: str, name: str, declared: Any, place: Place) -> Found[None]:
    body = yield from mapping(declared, place)
    if body.get("file") is not None or body.get("external"):
        where = f"the file {body['file']!r}" if body.get("file") is not None else "outside of the extension"
        message = f"{section} takes {name!r} from {where}, which does not exist on the target."
        yield place.finding(codes.HOST_FILE, message, _FIXES[section])
    elif "content" not in body and "environment" not in body:
        message = f"{section} has {name!r}, but not where its text comes from."
        yield place.finding(codes.SECTION_INVALID, message, _FIXES[section])


def _needed(service: Service, key: str, path: Any, place: Place) -> Any:
    message = f"The service {service.name!r} reads {path!r} by {key}, which does not exist on the target."
    return place.finding(codes.HOST_FILE, message, _FIXES[key])
