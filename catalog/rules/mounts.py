"""Rules about storage in an App Garden file that is written by hand: nothing is tied to one host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.appgarden.interpolation import UnresolvedVariableError
from catalog.appgarden.volumes import MountError, MountKind, parse_mount
from catalog.model import codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.appgarden.volumes import Mount
    from catalog.model.finding import Finding
    from catalog.rules.subject import Subject

_NOT_ON_HOST = frozenset({"tmpfs", "nfs", "nfs4", "cifs", "smb3"})  # types whose device is not a host path


def no_binds(subject: Subject) -> Iterator[Finding]:
    """Services mount named volumes, never a path of the host."""
    for service in subject.handwritten_services:
        for entry, place in service.items("volumes"):
            mount = _mount(entry)
            if mount is not None and mount.kind is MountKind.BIND:
                message = (
                    f"The service {service.name!r} mounts the host's {mount.source!r} at {mount.target!r}."
                )
                hint = f"Use a named volume, such as data:{mount.target}, or copy the files into the image."
                yield place.finding(codes.BIND_PRESENT, message, hint)


def no_host_devices(subject: Subject) -> Iterator[Finding]:
    """Volumes lie where the engine puts them, not at a path of the host."""
    file = subject.handwritten
    if file is None:
        return
    for name, device in _devices(file.data.get("volumes")):
        message = f"The volume {name!r} lies at {device!r}, a path that other hosts do not have."
        place = file.place / "volumes" / name / "driver_opts" / "device"
        yield place.finding(codes.DRIVER_DEVICE, message, f"Take driver_opts out of the volume {name!r}.")


def _devices(volumes: Any) -> Iterator[tuple[str, str]]:
    """The volumes that lie at a path of the host, each with that path."""
    for name, volume in _mapping(volumes).items():
        options = _mapping(_mapping(volume).get("driver_opts"))
        device = str(options.get("device") or "")
        if ("/" in device or "\\" in device) and str(options.get("type")) not in _NOT_ON_HOST:
            yield name, device


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _mount(entry: Any) -> Mount | None:
    """The mount that an entry spells; None for one that does not parse, which has a finding of its own."""
    try:
        return parse_mount(entry)
    except (MountError, UnresolvedVariableError):
        return None
