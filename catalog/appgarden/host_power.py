"""Keys by which a service takes power over the host: kept, and an error below risk tier 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.appgarden.interpolation import filled
from catalog.model import codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from catalog.appgarden.development import Service
    from catalog.appgarden.place import Found

RISKY_TIER = 2
_HARMLESS: tuple[Any, ...] = (None, False, "false", "", [], {})
_OWN_IPC = (None, "", "none", "private", "shareable")
_UNCONFINED = ("unconfined", "label:disable", "label=disable")


def host_power(key: str) -> Callable[[Service, Any], Found[Any]]:
    """The step that keeps `key` and reports it where the risk tier does not allow it."""
    takes_power = TAKES_POWER[key]

    def step(service: Service, value: Any) -> Found[Any]:
        if takes_power(value) and service.development.risk_tier < RISKY_TIER:
            message = f"The service {service.name!r} takes power over the host by {key}."
            hint = (
                f"Take {key} away, or set risk_tier to {RISKY_TIER} in kamiwaza.json and have the extension "
                "reviewed."
            )
            yield (service.place / key).finding(codes.HOST_POWER, message, hint)
        return value

    return step


def _is_on(value: Any) -> bool:
    return not any(value == harmless for harmless in _HARMLESS)


def _is_host(value: Any) -> bool:
    return isinstance(value, str) and _meant(value) == "host"


def _is_unconfined(value: Any) -> bool:
    options = value if isinstance(value, list) else [value]
    return any(isinstance(option, str) and _meant(option).endswith(_UNCONFINED) for option in options)


def _meant(text: str) -> str:
    """The text where nothing is set: with the defaults of its variables."""
    return filled(text, {})


def _has_privileged_hook(value: Any) -> bool:
    """Whether one of the commands of a lifecycle hook runs privileged, whatever the container is."""
    hooks = value if isinstance(value, list) else []
    return any(isinstance(hook, dict) and _is_on(hook.get("privileged")) for hook in hooks)


TAKES_POWER: dict[str, Callable[[Any], bool]] = {
    "privileged": _is_on,
    "pid": _is_on,
    "ipc": lambda value: value not in _OWN_IPC,
    "userns_mode": _is_host,
    "uts": _is_host,
    "cgroup": _is_host,
    "devices": _is_on,
    "device_cgroup_rules": _is_on,
    "cap_add": _is_on,
    "security_opt": _is_unconfined,
    "post_start": _has_privileged_hook,
    "pre_stop": _has_privileged_hook,
}
"""The keys, each with whether a value of it reaches beyond the container."""
