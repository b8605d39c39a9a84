"""Resource limits: what a service declares in either form, and defaults for what it does not.

Compose has the old keys `mem_limit` and `cpus` at the service, and `deploy.resources.limits`; it refuses
a file where they disagree, so only the second form is written. Engines refuse `cpu_quota` beside a number of
processors, so that becomes one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.appgarden.images import parsed
from catalog.appgarden.interpolation import filled
from catalog.appgarden.sections import mapping, scalar, wrong_form
from catalog.model import codes

if TYPE_CHECKING:
    from catalog.appgarden.development import Service
    from catalog.appgarden.place import Found

LEGACY_KEYS = {"cpus": "cpus", "mem_limit": "memory"}
"""The old keys at the service, with their names in `deploy.resources.limits`."""
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_PERIOD = 100_000  # microseconds; the kernel's default
_DATABASES = ("postgres", "mysql", "mariadb")
_CACHES = ("redis", "valkey")
_PROXIES = re.compile(r"(?:^|[-_.])(?:frontend|nginx|caddy)(?:$|[-_.])")
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)([bkmgt]?)i?b?", re.IGNORECASE)
_FACTORS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


class Limits(Struct, frozen=True):
    """What a container may use at most, in Compose's words: processors, and memory with its unit."""

    cpus: str
    memory: str


DATABASE = Limits("0.5", "512M")
CACHE = Limits("0.25", "256M")
PROXY = Limits("0.5", "512M")
OTHER = Limits("1.0", "1G")


def default_limits(service_name: str, image: str, *, is_built: bool) -> Limits:
    """The limits of a service that declares none, by what its image is called.

    An image that is built here is called after the extension, which says nothing; its service's name does.
    """
    ref = parsed(image)
    label = service_name if is_built or ref is None else ref.repository.rpartition("/")[2]
    if label.startswith(_DATABASES):
        return DATABASE
    if label.startswith(_CACHES):
        return CACHE
    return PROXY if _PROXIES.search(label) or _PROXIES.search(service_name) else OTHER


def limited_deploy(service: Service, image: str | None) -> Found[dict[str, Any]]:
    """The service's `deploy` section with both limits in it; nothing that is in it is changed."""
    place = service.place / "deploy"
    deploy = yield from mapping(service.data.get("deploy"), place)
    resources = yield from mapping(deploy.get("resources"), place / "resources")
    limits = yield from mapping(resources.get("limits"), place / "resources" / "limits")
    complete = dict(limits)
    defaults = default_limits(service.name, image or "", is_built="build" in service.data)
    reserved = yield from _reserved(service, resources)
    for name, key in LEGACY_KEYS.items():
        declared = yield from scalar(limits.get(key), place / "resources" / "limits" / key)
        old, legacy = yield from _legacy(service, name)
        if declared is not None and legacy is not None and not _same(declared, legacy):
            message = f"The service {service.name!r} limits {key} to {declared} and, by {old}, to {legacy}."
            hint = f"Take {old} away; {declared} was taken."
            yield (service.place / old).finding(codes.LIMITS_CONFLICT, message, hint)
        if (
            declared is None and legacy is not None and _amount(legacy) != 0
        ):  # by 0 the old keys mean no limit
            complete[key] = legacy if key == "cpus" else str(legacy)  # Compose takes memory here as text only
        elif declared is None:
            complete[key] = _at_least(getattr(defaults, key), reserved[key])
    return {**deploy, "resources": {**resources, "limits": complete}}


def _legacy(service: Service, name: str) -> Found[tuple[str, Any]]:
    """What the old key `name` says, or the one that says the same of processors, with that key."""
    value = yield from scalar(service.data.get(name), service.place / name)
    if value is None and name == "cpus":
        return "cpu_quota", (yield from _processors(service))
    return name, value


def _processors(service: Service) -> Found[str | None]:
    """How many processors `cpu_quota` in each `cpu_period` comes to; None where there is no limit."""
    quota = yield from _microseconds(service, "cpu_quota", 0)
    period = yield from _microseconds(service, "cpu_period", _PERIOD)
    return f"{quota / period:g}" if quota > 0 and period > 0 else None


def _microseconds(service: Service, key: str, default: int) -> Found[int]:
    value = yield from scalar(service.data.get(key), service.place / key)
    if value is None:
        return default
    text = filled(str(value), {})
    if _WHOLE.fullmatch(text):
        return int(text)
    yield wrong_form(value, service.place / key, "a whole number of microseconds")
    return default


def _reserved(service: Service, resources: dict[str, Any]) -> Found[dict[str, list[Any]]]:
    """What the service has reserved of each resource, in either form."""
    place = service.place / "deploy" / "resources" / "reservations"
    reservations = yield from mapping(resources.get("reservations"), place)
    cpus = yield from scalar(reservations.get("cpus"), place / "cpus")
    memory = yield from scalar(reservations.get("memory"), place / "memory")
    legacy = yield from scalar(service.data.get("mem_reservation"), service.place / "mem_reservation")
    return {"cpus": [cpus], "memory": [memory, legacy]}


def _at_least(default: str, reserved: list[Any]) -> str:
    """The default, or what is reserved if that is more: no engine starts a service that may use less."""
    known = [str(value) for value in (default, *reserved) if isinstance(_amount(value), float)]
    return max(known, key=_amount)


def _same(one: Any, other: Any) -> bool:
    return _amount(one) == _amount(other)


def _amount(value: Any) -> float | str:
    match = _AMOUNT.fullmatch(str(value))
    return float(match[1]) * _FACTORS[match[2].lower()] if match else str(value)
