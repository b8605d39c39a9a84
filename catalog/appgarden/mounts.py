"""The mounts of all services as volumes: names for what had none, findings for what cannot come along.

All services are looked at together, because a folder that two of them mount is one shared volume.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from catalog.appgarden.development import normal
from catalog.appgarden.host_power import RISKY_TIER
from catalog.appgarden.interpolation import UnresolvedVariableError
from catalog.appgarden.mount_verdict import Fate, Verdict, holds_files, source_key, verdict
from catalog.appgarden.sections import sequence
from catalog.appgarden.volumes import Mount, MountError, MountKind, parse_mount
from catalog.model import codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from catalog.appgarden.development import Service
    from catalog.appgarden.place import Found, Place
    from catalog.model.finding import Finding

_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_.-]+")


class MountPlan(Struct, frozen=True):
    """The `volumes` of each service, and the names of the volumes that they use, in order of first use."""

    entries: dict[str, list[Any]]
    names: tuple[str, ...]


class _Naming(Struct):
    """Gives volumes their names: no name twice, and one name for one source."""

    taken: set[str]
    by_source: dict[str, str] = field(default_factory=dict)

    def of_source(self, source: str, wish: str) -> str:
        key = source_key(source)
        if key not in self.by_source:
            self.by_source[key] = self.fresh(wish)
        return self.by_source[key]

    def fresh(self, wish: str) -> str:
        name, number = wish, 2
        while name in self.taken:
            name, number = f"{wish}-{number}", number + 1
        self.taken.add(name)
        return name


class _Entry(Struct, frozen=True):
    """One entry of `volumes` that could be read."""

    service: Service
    value: Any
    mount: Mount
    place: Place


def planned_mounts(services: Iterable[Service]) -> Found[MountPlan]:
    """What each service mounts on the platform."""
    entries: list[_Entry] = []
    for service in services:
        entries += yield from _read(service)
    named = dict.fromkeys(entry.mount.source for entry in entries if entry.mount.kind is MountKind.NAMED)
    naming = _Naming(set(named))
    volumes: dict[str, list[Any]] = {}
    names: dict[str, None] = {}
    for entry, decided in _decided(entries):
        name = _volume_name(entry, decided.fate, naming)
        yield from _findings(entry, decided, name)
        if decided.fate in {Fate.KEPT, Fate.CONVERTED}:
            volumes.setdefault(entry.service.name, []).append(_written(entry, name))
        if name:
            names[name] = None
    return MountPlan(volumes, tuple(names))


def _decided(entries: list[_Entry]) -> Iterator[tuple[_Entry, Verdict]]:
    """Each mount with its verdict; a read-only one stays if a writable one fills the same volume."""
    decided = [(entry, verdict(entry.mount, entry.service)) for entry in entries]
    filled = {source_key(entry.mount.source) for entry, made in decided if made.fate is Fate.CONVERTED}
    for entry, made in decided:
        if made.fate is not Fate.READ_ONLY:
            yield entry, made
        elif source_key(entry.mount.source) in filled:
            yield entry, Verdict(Fate.CONVERTED)
        else:
            yield entry, Verdict(Fate.DROPPED, made.why)


def _read(service: Service) -> Found[list[_Entry]]:
    place = service.place / "volumes"
    entries = []
    for index, value in enumerate((yield from sequence(service.data.get("volumes"), place))):
        try:
            entries.append(_Entry(service, value, parse_mount(value), place / index))
        except MountError as error:
            message = f"The service {service.name!r} has a mount that does not parse: {error}."
            hint = "Write it as source:/target, such as data:/app/data."
            yield (place / index).finding(codes.SECTION_INVALID, message, hint)
        except UnresolvedVariableError as error:
            message = f"A mount of the service {service.name!r} needs the variable {error.name}."
            yield (place / index).finding(codes.VARIABLE_UNRESOLVED, message, default_hint(error.name))
    return entries


def default_hint(variable: str) -> str:
    """How to give a variable a default."""
    return f"Give it a default: ${{{variable}:-value}}."


def _volume_name(entry: _Entry, fate: Fate, naming: _Naming) -> str:
    """The volume behind a mount, empty when there is none."""
    mount = entry.mount
    if mount.kind is MountKind.NAMED:
        return mount.source
    wish = _wish(entry.service.name, mount)
    if mount.kind is MountKind.ANONYMOUS:
        return naming.fresh(wish)
    return naming.of_source(mount.source, wish) if fate is Fate.CONVERTED else ""


def _wish(service: str, mount: Mount) -> str:
    """`{service}_{basename of the source}`; of the target where the source's is not known here."""
    parts = [part for part in source_key(mount.source).split("/") if part.strip(".")] if mount.source else []
    basename = parts[-1] if parts and "$" not in parts[-1] else mount.target.rstrip("/").rpartition("/")[2]
    name = f"{service}_{basename.lstrip('.') or 'data'}"
    return _NOT_IN_NAMES.sub("-", name).lstrip("-_.") or "data"


def _written(entry: _Entry, name: str) -> Any:
    """The entry as it is written: as it was, where nothing about it changes."""
    value, mount = entry.value, entry.mount
    if isinstance(value, dict) and mount.kind is not MountKind.BIND:
        changes = {"source": name} if name and value.get("source") != name else {}
        return {"type": str(MountKind.NAMED), **value, **changes} if name else value
    if mount.kind is MountKind.NAMED and "$" not in value:
        return value
    options = mount.options if mount.kind is MountKind.NAMED else "ro" if mount.read_only else ""
    return f"{name}:{mount.target}:{options}" if options else f"{name}:{mount.target}"


def _findings(entry: _Entry, decided: Verdict, name: str) -> Iterator[Finding]:
    subject = f"The service {entry.service.name!r}"
    source, target = entry.mount.source, entry.mount.target
    if decided.fate is Fate.ENGINE_SOCKET:
        yield engine_socket(entry.service, entry.place)
    elif decided.fate is Fate.DROPPED:
        message = f"{subject} mounts {source!r} at {target!r}; it was dropped because {decided.why}."
        hint = "Copy what the service needs into its image, or use a named volume."
        yield entry.place.finding(codes.MOUNT_DROPPED, message, hint)
    elif decided.fate is Fate.CONVERTED:
        message = f"{subject} mounts {source!r} at {target!r}; it became the volume {name!r}, empty at first."
        yield entry.place.finding(codes.MOUNT_CONVERTED, message, _conversion_hint(entry, name))


def _conversion_hint(entry: _Entry, name: str) -> str:
    if holds_files(entry.service.development, normal(source_key(entry.mount.source))):
        return "The files in that folder do not come along: copy them into the image if they are needed."
    return f"Write {name}:{entry.mount.target} in the development file to say the same."


def engine_socket(service: Service, place: Place) -> Finding:
    """The finding that `service` wants to steer the container engine."""
    message = f"The service {service.name!r} mounts the container engine's socket, which is never copied."
    if service.development.risk_tier >= RISKY_TIER:
        hint = "Make sure that the service works without it."
        return place.finding(codes.ENGINE_SOCKET, message, hint)
    hint = "Take the mount away, or set risk_tier to 2 in kamiwaza.json and have the extension reviewed."
    return place.finding(codes.ENGINE_SOCKET_LOW_RISK, message, hint)
