"""Rewrites the top-level `volumes`: those in use, free of what ties them to one host or deployment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from catalog.appgarden.sections import mapping
from catalog.model import codes

if TYPE_CHECKING:
    from catalog.appgarden.development import Development
    from catalog.appgarden.place import Found, Place

_PORTABLE_TYPES = frozenset({"tmpfs", "nfs", "nfs4", "cifs", "smb3"})
_HOST_PATH = re.compile(r"/(?!/)|\.{1,2}/|~|\$\{?(?:PWD|HOME)\b")
_BIND_OPTION = re.compile(r"(?:^|,)\s*r?bind\s*(?:,|$)")


def volume_section(value: Any, names: tuple[str, ...], development: Development) -> Found[dict[str, Any]]:
    """The volumes `names`: as declared and in that order, then those that were not declared."""
    place = development.place / "volumes"
    declared = yield from mapping(value, place)
    result = {}
    for name in declared:
        if name in names:
            result[name] = yield from _volume(name, declared[name], place / name)
    return {**result, **{name: None for name in names if name not in result}}


def _volume(name: str, declared: Any, place: Place) -> Found[dict[str, Any] | None]:
    body = yield from mapping(declared, place)
    if body.get("external") not in (None, False, "false"):
        message = f"The volume {name!r} is external, and does not exist on the target; it became a plain one."
        yield place.finding(codes.VOLUME_EXTERNAL, message, "Say in the README what must be copied into it.")
        return None
    kept = {key: inner for key, inner in body.items() if key not in {"external", "name", "driver_opts"}}
    if body.get("name") is not None:
        message = f"The key name of the volume {name!r} was dropped: deployments would share that volume."
        yield (place / "name").finding(
            codes.KEY_DROPPED, message, "Nothing needs to be done for the platform."
        )
    options = yield from _options(name, body.get("driver_opts"), place / "driver_opts")
    if options:
        kept["driver_opts"] = options
    elif body.get("driver_opts") and kept.get("driver") != "local":
        kept.pop("driver", None)  # it would ask for the options that were dropped
    return kept or None


def _options(name: str, declared: Any, place: Place) -> Found[dict[str, Any]]:
    options = yield from mapping(declared, place)
    if not options:
        return options
    paths = _host_paths(options)
    if paths:
        message = f"The volume {name!r} lies at {paths[0]!r} on the host; it became a plain one."
        hint = "Say in the README what must be copied into it."
        yield place.finding(codes.VOLUME_OPTIONS_DROPPED, message, hint)
        return {}
    message = f"The volume {name!r} has driver_opts, which work only where the target has what they name."
    yield place.finding(codes.VOLUME_OPTIONS_KEPT, message, "Take them away if a plain volume would do.")
    return options


def _host_paths(options: dict[str, Any]) -> list[Any]:
    """The options that name a directory or a device of the host."""
    device, is_bind = options.get("device"), _BIND_OPTION.search(str(options.get("o") or "")) is not None
    is_portable = device is None or options.get("type") in _PORTABLE_TYPES
    others = [value for key, value in options.items() if key not in {"device", "o"}]
    paths = [value for value in others if isinstance(value, str) and _HOST_PATH.match(value)]
    return [device, *paths] if is_bind or not is_portable else paths
