"""Why an entry has its risk: the tier that its author gave it, and what its compose file asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from catalog.appgarden.host_power import TAKES_POWER
from catalog.appgarden.volumes import MountKind
from catalog.model.image_ref import ImageRef
from catalog.site.reason import Ground, named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from catalog.registry.registry import Entry
    from catalog.site.services import Compose, Service

RISK_LABELS = {
    "engine-socket": "Controls the container engine",
    "privileged": "Privileged container",
    "host-network": "Host's network",
    "shared-network": "Network of another container",
    "host-processes": "Host's processes",
    "host-memory": "Host's shared memory",
    "host-namespace": "Host's namespaces",
    "devices": "Devices of the host",
    "capabilities": "Added capabilities",
    "unconfined": "Without confinement",
    "host-path": "Folders of the host",
    "tier": "Declared by the author",
    "outside-image": "Images of others",
    "writes": "Keeps data",
}
"""Every word of a reason with its name, the gravest first."""
HARMLESS = frozenset({"tier", "outside-image", "writes"})
"""Words that say what to look at, and give no power over the host."""

_ENGINE_SOCKET = re.compile(r"(?:^|[/\\])(?:docker|podman|containerd|crio)(?:\.sock|_engine)(?:\.raw)?$")
_POWERS = {
    "privileged": ("privileged", "runs privileged: it has every power over the host"),
    "pid": ("host-processes", "sees and signals processes outside of its container"),
    "ipc": ("host-memory", "shares memory with what runs outside of its container"),
    "userns_mode": ("host-namespace", "has the host's users: its root is the host's root"),
    "uts": ("host-namespace", "can rename the host"),
    "cgroup": ("host-namespace", "sees the host's control groups"),
    "devices": ("devices", "is given devices of the host"),
    "device_cgroup_rules": ("devices", "may use devices of the host"),
    "cap_add": ("capabilities", "is given more capabilities than containers have"),
    "security_opt": ("unconfined", "runs without a confinement that containers have"),
    "post_start": ("privileged", "runs a privileged command once it has started"),
    "pre_stop": ("privileged", "runs a privileged command before it stops"),
}
_TIERS = {
    1: "Its author gives it tier 1, scanned: it can change data, so it is scanned before it is approved.",
    2: "Its author gives it tier 2, break-glass: it may take power over the host, so people review it.",
}


def risks(entry: Entry, compose: Compose, services: tuple[Service, ...]) -> tuple[Ground, ...]:
    """The grounds of an entry's risk, the gravest first."""
    order = list(RISK_LABELS)
    found = [*_of_tier(entry.data.get("risk_tier"))]
    for service in services:
        found += _of_service(service.name, compose.services[service.name])
        found += _of_mounts(service)
        found += _of_image(service, entry.name)
    return tuple(sorted(found, key=lambda ground: order.index(ground.word)))


def _of_tier(tier: object) -> Iterator[Ground]:
    if type(tier) is int and tier in _TIERS:
        yield Ground("tier", _TIERS[tier])


def _of_service(name: str, service: Mapping[str, Any]) -> Iterator[Ground]:
    place = ("services", name)
    for key, (word, what) in _POWERS.items():
        value = service.get(key)
        if value is not None and TAKES_POWER[key](value):
            yield Ground(word, f"The service {named(name)} {what}{_detail(value)}.", (*place, key))
    if service.get("use_api_socket") in (True, "true"):
        yield _engine_socket(name, (*place, "use_api_socket"))
    mode = service.get("network_mode")
    if mode == "host":
        sentence = (
            f"The service {named(name)} is on the host's own network: it reaches what the host reaches."
        )
        yield Ground("host-network", sentence, (*place, "network_mode"))
    elif isinstance(mode, str) and mode.startswith(("container:", "service:")):
        sentence = f"The service {named(name)} shares a network with another container ({named(mode)})."
        yield Ground("shared-network", sentence, (*place, "network_mode"))


def _of_mounts(service: Service) -> Iterator[Ground]:
    name = named(service.name)
    for position, mount in enumerate(service.mounts):
        place = ("services", service.name, "volumes", position)
        if _ENGINE_SOCKET.search(mount.source) or _ENGINE_SOCKET.search(mount.target):
            yield _engine_socket(service.name, place)
        elif mount.kind is MountKind.BIND:
            sees = "reads" if mount.read_only else "reads and changes"
            yield Ground("host-path", f"The service {name} {sees} {named(mount.source)} of the host.", place)
        elif mount.kind is MountKind.NAMED and not mount.read_only:
            yield Ground(
                "writes", f"The service {name} keeps data on the volume {named(mount.source)}.", place
            )


def _of_image(service: Service, entry_name: str) -> Iterator[Ground]:
    """An image counts as the entry's own if it is called after it, whatever its namespace."""
    last = _repository(service.image).rpartition("/")[2]
    if last and last != entry_name and not last.startswith(f"{entry_name}-"):
        image = named(service.image.partition("@")[0])
        sentence = f"The service {named(service.name)} runs {image}, an image that others made."
        yield Ground("outside-image", sentence, ("services", service.name, "image"))


def _engine_socket(name: str, place: tuple[str | int, ...]) -> Ground:
    sentence = f"The service {named(name)} controls the container engine, and by it the whole host."
    return Ground("engine-socket", sentence, place)


def _repository(image: str) -> str:
    try:
        return ImageRef.parse(image).repository
    except ValueError:
        return ""


def _detail(value: Any) -> str:
    """What exactly was asked for, where the key alone does not say it."""
    items = value if isinstance(value, list) else [value]
    said = ", ".join(str(item) for item in items if isinstance(item, str) and item)
    return f" ({named(said)})" if said and said != "true" else ""
