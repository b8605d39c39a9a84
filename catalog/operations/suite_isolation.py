"""Decides which keys of its section a service has in a test: none that reaches beyond its container.

Those that are taken over are listed, all others are left out, so that a key which a newer compose brings
takes no power by being unknown here.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.appgarden.interpolation import UnresolvedVariableError, filled
from catalog.appgarden.place import Place, gathered
from catalog.appgarden.sections import pairs
from catalog.appgarden.volumes import MountError, MountKind, parse_mount

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_NOWHERE = Place(PurePosixPath())  # what is wrong with the file is reported elsewhere
_TAKEN = frozenset(
    {
        "image", "platform", "command", "entrypoint", "working_dir", "user", "group_add", "hostname",
        "domainname", "extra_hosts", "expose", "healthcheck", "tmpfs", "shm_size", "ulimits", "cap_drop",
        "stop_signal", "stop_grace_period", "cpus", "cpu_count", "cpu_percent", "cpu_shares", "mem_limit",
        "mem_reservation", "memswap_limit", "pids_limit",
    }
)  # fmt: skip
_SWITCHES = frozenset({"init", "read_only", "tty", "stdin_open"})
_TURNED = frozenset({"environment", "depends_on", "deploy", "volumes", "networks", "security_opt"})
_OF_NO_USE = frozenset(
    {
        "annotations", "attach", "build", "container_name", "develop", "dns", "dns_opt", "dns_search",
        "env_file", "labels", "logging", "mac_address", "ports", "profiles", "pull_policy", "restart",
        "scale",
    }
)  # fmt: skip
"""Keys that change nothing for a test, so that nobody needs to hear that they are left out."""
_LIMITS = ("cpus", "memory", "pids")
_HARDENING = ("no-new-privileges", "no-new-privileges:true", "no-new-privileges=true")
_VOLUMES = {MountKind.NAMED: "volume", MountKind.ANONYMOUS: "volume", MountKind.TMPFS: "tmpfs"}


class Isolated(Struct, frozen=True):
    """A service's section for a test, without variables, and what of the declared one it does without."""

    section: dict[str, Any]
    left_out: tuple[str, ...]


def isolated(service: Mapping[str, Any], names: Collection[str], values: Mapping[str, str]) -> Isolated:
    """The service as a test starts it.

    Args:
        service: its section, as it is deployed.
        names: the services that start with it; it waits for no other.
        values: those of the variables in it; one without value or default is empty.
    """
    declared = {key: _filled(value, values) for key, value in service.items() if key not in _TURNED}
    section = {key: value for key, value in declared.items() if key in _TAKEN}
    section |= {key: declared[key] in (True, "true") for key in _SWITCHES & set(declared)}
    volumes, hosts = _volumes(service.get("volumes"), values)
    options = _list(_filled(service.get("security_opt"), values))
    turned = {
        "environment": environment_of(service, values),
        "depends_on": _dependencies(service.get("depends_on"), names),
        "deploy": _deploy(_filled(service.get("deploy"), values)),
        "volumes": volumes,
        "networks": _networks(_filled(service.get("networks"), values)),
        "security_opt": [option for option in options if option in _HARDENING],
    }
    known = _TAKEN | _SWITCHES | _OF_NO_USE
    dropped = [key for key, value in declared.items() if value and key not in known and key[:2] != "x-"]
    dropped += ["security_opt"] if len(turned["security_opt"]) < len(options) else []
    dropped += ["devices"] if _asks_for_devices(service.get("deploy")) else []
    dropped += [f"the mount of {host}" for host in hosts]
    return Isolated(section | {key: value for key, value in turned.items() if value}, tuple(dropped))


def environment_of(service: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    """What a service declares in `environment`, with the values of its variables; nothing of the host.

    Args:
        service: the service.
        values: what the manifest's env_defaults say, also for what the file leaves open.
    """
    section, _ = gathered(pairs(service.get("environment"), _NOWHERE))
    found: dict[str, str] = {}
    for _, name, value in section:
        if value is None:
            found |= {name: values[name]} if name in values else {}
        else:
            found[name] = filled(str(value).lower() if isinstance(value, bool) else str(value), values)
    return found


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, values) for inner in value]
    return filled(value, values) if isinstance(value, str) else value


def _dependencies(section: Any, names: Collection[str]) -> Any:
    if isinstance(section, dict):
        return {name: value for name, value in section.items() if name in names}
    return [name for name in _list(section) if name in names]


def _deploy(section: Any) -> dict[str, Any]:
    """The limits alone: a reservation may be a device, and the rest is for many machines."""
    limits = _mapping(_mapping(_mapping(section).get("resources")).get("limits"))
    kept = {key: limits[key] for key in _LIMITS if key in limits}
    return {"resources": {"limits": kept}} if kept else {}


def _asks_for_devices(deploy: Any) -> bool:
    reserved = _mapping(_mapping(_mapping(deploy).get("resources")).get("reservations"))
    return bool(reserved.get("devices"))


def _volumes(section: Any, values: Mapping[str, str]) -> tuple[list[dict[str, Any]], list[str]]:
    """The mounts that are fresh volumes, in the long form, and the sources of those that are not."""
    kept: list[dict[str, Any]] = []
    others: list[str] = []
    for entry in _list(section):
        try:
            mount = parse_mount(_filled(entry, values))
        except (MountError, UnresolvedVariableError):
            others.append(str(entry))
            continue
        if mount.kind not in _VOLUMES:
            others.append(mount.source)
            continue
        volume = {"type": _VOLUMES[mount.kind], "source": mount.source, "target": mount.target}
        kept.append(
            {**{k: v for k, v in volume.items() if v}, **({"read_only": True} if mount.read_only else {})}
        )
    return kept, others


def _networks(section: Any) -> dict[str, Any]:
    """The one network of the test, in which the service has all the names that it has in its own."""
    networks = [_mapping(network) for network in _mapping(section).values()]
    aliases = [alias for network in networks for alias in _list(network.get("aliases"))]
    return {"default": {"aliases": list(dict.fromkeys(map(str, aliases)))}} if aliases else {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
