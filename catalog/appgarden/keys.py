"""What becomes of each key of a service, where one key can be looked at alone.

`STEPS` maps a key to its step: it takes the service and the key's value, yields findings, and returns what
is written, None for a key that is left out. A key without a step is written as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from catalog.appgarden.environment import environment
from catalog.appgarden.host_files import env_file, label_file, security_profiles
from catalog.appgarden.host_power import TAKES_POWER, host_power
from catalog.appgarden.mounts import engine_socket
from catalog.appgarden.network import network_mode
from catalog.appgarden.port_section import single_ports
from catalog.appgarden.sections import pairs
from catalog.model import codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from catalog.appgarden.development import Service
    from catalog.appgarden.place import Found

Step: TypeAlias = "Callable[[Service, Any], Found[Any]]"
_NO_ACTION = "Nothing needs to be done for the platform."
_BY_SERVICE_NAME = "Where others name it as a host, write the name that it has under services."
_EMPTY: tuple[Any, ...] = (None, "", [], {})

_PULLED_AGAIN = re.compile(r"always|daily|weekly|every_.+")


def _left_out(key: str, why: str, fix: str = _NO_ACTION) -> Step:
    """The step that leaves `key` out, with a finding."""

    def step(service: Service, value: Any) -> Found[None]:
        if value not in _EMPTY:
            message = f"The key {key} of the service {service.name!r} was dropped: {why}."
            yield (service.place / key).finding(codes.KEY_DROPPED, message, fix)

    return step


def _refused(key: str, fix: str) -> Step:
    """The step that reports `key` as an error."""

    def step(service: Service, value: Any) -> Found[None]:
        if value not in _EMPTY:
            message = f"The service {service.name!r} uses {key}, which needs containers that are not its own."
            yield (service.place / key).finding(codes.LINK_UNSUPPORTED, message, fix)

    return step


def _silently(_service: Service, _value: Any) -> Found[None]:
    """Leave out a key that was dealt with elsewhere."""
    yield from ()


def _pull_policy(service: Service, value: Any) -> Found[Any]:
    place = service.place / "pull_policy"
    if value == "build":
        message = f"The key pull_policy of the service {service.name!r} was dropped: nothing is built there."
        yield place.finding(codes.KEY_DROPPED, message, _NO_ACTION)
        return None
    if isinstance(value, str) and _PULLED_AGAIN.fullmatch(value):
        message = (
            f"The service {service.name!r} pulls its image again ({value}), which fails without a network."
        )
        yield place.finding(codes.PULL_ALWAYS, message, "Write pull_policy: missing, or take it away.")
    return value


def _platform(service: Service, value: Any) -> Found[Any]:
    if value not in _EMPTY:
        message = f"The service {service.name!r} runs on {value} only; other processors emulate it or fail."
        hint = "Take platform away, and build the image for all platforms."
        yield (service.place / "platform").finding(codes.PLATFORM_PINNED, message, hint)
    return value


def _labels(service: Service, value: Any) -> Found[Any]:
    place = service.place / "labels"
    for position, key, _ in (yield from pairs(value, place)):
        if key.startswith("traefik."):
            message = f"The service {service.name!r} has the label {key}, but the platform routes by itself."
            yield (place / position).finding(codes.TRAEFIK_LABEL, message, "Take the traefik labels away.")
            break
    return value


def _security_opt(service: Service, value: Any) -> Found[Any]:
    yield from security_profiles(service, value)
    return (yield from host_power("security_opt")(service, value))


def _engine_api(service: Service, value: Any) -> Found[None]:
    """`use_api_socket` mounts the engine's socket under another name."""
    if value in (True, "true"):
        yield engine_socket(service, service.place / "use_api_socket")


STEPS: dict[str, Step] = {
    **{key: host_power(key) for key in TAKES_POWER},
    "build": _silently,
    "container_name": _left_out("container_name", "two deployments would need it", _BY_SERVICE_NAME),
    "cpu_period": _silently,
    "cpu_quota": _silently,
    "cpus": _silently,
    "develop": _left_out("develop", "it serves development only"),
    "env_file": env_file,
    "environment": environment,
    "external_links": _refused(
        "external_links", "Make that container a service, or name its host in environment."
    ),
    "label_file": label_file,
    "labels": _labels,
    "links": _left_out("links", "all services are on one network", _BY_SERVICE_NAME),
    "mem_limit": _silently,
    "network_mode": network_mode,
    "networks": _silently,
    "platform": _platform,
    "ports": single_ports,
    "profiles": _silently,
    "pull_policy": _pull_policy,
    "security_opt": _security_opt,
    "use_api_socket": _engine_api,
    "volumes_from": _refused("volumes_from", "Name a volume, and mount it in both services."),
}
