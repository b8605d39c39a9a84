"""What one entry of a service's `volumes` means: what is mounted, from where, to where.

Takes Compose's short form (`"[SOURCE:]TARGET[:OPTIONS]"`, Windows paths too) and its long form (a mapping).
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from msgspec import Struct

from catalog.appgarden.interpolation import (
    UnresolvedVariableError,
    resolved,
    split,
    variables_without_default,
)

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")  # Compose's grammar of volume names
_WINDOWS_PATH = re.compile(r"[A-Za-z]:[\\/].*", re.DOTALL)
_ABSOLUTE = re.compile(r"(?:[A-Za-z]:)?[\\/]")
_PATH_SIGNS = re.compile(r"[./~\\$]")


class MountError(ValueError):
    """An entry that is not a mount; the message says what is wrong with it."""


class MountKind(StrEnum):
    """What is mounted; the values are Compose's words where it has one."""

    NAMED = "volume"
    BIND = "bind"
    ANONYMOUS = "anonymous"
    TMPFS = "tmpfs"
    IMAGE = "image"


class Mount(Struct, frozen=True):
    """One mount: `source` is a volume's name, a host path or an image, and empty where there is none.

    Variables are resolved to their defaults, except in a host path that has one without a default: such a
    source is kept as written. `options` is what follows the target in the short form.
    """

    kind: MountKind
    source: str
    target: str
    read_only: bool = False
    options: str = ""


_LONG_KINDS = {
    "volume": MountKind.NAMED,
    "cluster": MountKind.NAMED,
    "bind": MountKind.BIND,
    "npipe": MountKind.BIND,
    "tmpfs": MountKind.TMPFS,
    "image": MountKind.IMAGE,
}


def parse_mount(value: Any) -> Mount:
    """The mount that one entry of `volumes` spells.

    Raises:
        MountError: the entry is no mount.
        UnresolvedVariableError: the target or an option is a variable without a default.
    """
    if isinstance(value, str):
        return _short_form(value)
    if isinstance(value, dict):
        return _long_form(value)
    raise MountError("it is neither text nor a mapping")


def is_path(source: str) -> bool:
    """Whether a short form's source is a place on the host, not the name of a volume."""
    return _PATH_SIGNS.match(source) is not None or "/" in source or "\\" in source


def _short_form(text: str) -> Mount:
    parts = _windows_joined(split(text.strip()))
    if len(parts) == 1:
        target = resolved(parts[0])
        if not target.startswith("/") and not _WINDOWS_PATH.fullmatch(target):
            raise MountError(f"{target!r} is not an absolute path in the container")
        return Mount(MountKind.ANONYMOUS, "", target)
    source, target = _source(parts[0]), resolved(parts[1])
    options = resolved(":".join(parts[2:]))
    if not source or not target:
        raise MountError("the part before or after the colon is empty")
    read_only = "ro" in options.split(",")
    return Mount(_kind(source), source, target, read_only, options)


def _long_form(entry: dict[str, Any]) -> Mount:
    raw, target = entry.get("source") or "", entry.get("target")
    if not isinstance(target, str) or not target or not isinstance(raw, str):
        raise MountError("it has no target, or its source is not text")
    source = _source(raw)
    kind = _long_kind(entry.get("type"), source)
    return Mount(kind, source, resolved(target), read_only=entry.get("read_only") in (True, "true"))


def _long_kind(declared: Any, source: str) -> MountKind:
    kind = _LONG_KINDS.get(declared) if isinstance(declared, str) else None
    if kind is None and declared is not None:
        raise MountError(f"{declared!r} is not a type of mount")
    if kind in {MountKind.TMPFS, MountKind.IMAGE}:
        return kind
    if not source:
        return MountKind.ANONYMOUS
    return MountKind.BIND if kind is MountKind.BIND else _kind(source)


def _kind(source: str) -> MountKind:
    if is_path(source):
        return MountKind.BIND
    for variable in variables_without_default(source):
        raise UnresolvedVariableError(variable)
    if not _NAME.fullmatch(source):
        raise MountError(f"{source!r} is neither a path nor a volume's name")
    return MountKind.NAMED


def _source(text: str) -> str:
    try:
        return resolved(text)
    except UnresolvedVariableError:
        return text


def _windows_joined(parts: list[str]) -> list[str]:
    """A drive letter belongs to the path behind it, unless the two are a volume and its target."""
    source, *target = _drive_joined(parts)
    joined = [source, *_drive_joined(target)]
    is_a_volume = source.startswith(f"{parts[0]}:/") and not (joined[1:] and _ABSOLUTE.match(joined[1]))
    return [parts[0], *_drive_joined(parts[1:])] if is_a_volume else joined


def _drive_joined(parts: list[str]) -> list[str]:
    """The parts, the first two in one if they look like a drive letter and a path on it."""
    is_drive = len(parts) > 1 and _WINDOWS_PATH.fullmatch(f"{parts[0]}:{parts[1]}")
    return [f"{parts[0]}:{parts[1]}", *parts[2:]] if is_drive else parts
