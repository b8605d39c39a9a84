"""What machine an entry asks for: its graphics processor, its processor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from catalog.site.services import Compose, Image

_GPU_DEVICES = ("/dev/nvidia", "/dev/dri", "/dev/kfd", "nvidia.com/", "amd.com/")
_GPU_DRIVERS = ("nvidia", "amd", "intel")
_GPU_RUNTIMES = ("nvidia", "amd")


def uses_gpu(compose: Compose) -> bool:
    """Whether a service reserves a graphics processor, by any of the four ways that Compose has."""
    return any(_asks_for_gpu(service) for service in compose.services.values())


def architectures(stated: tuple[str, ...], images: Iterable[Image]) -> tuple[str, ...]:
    """What the author states, else the architectures of the images that are known; such as `amd64`."""
    if stated:
        return stated
    return tuple(sorted({arch for image in images if (arch := architecture(image.platform))}))


def architecture(platform: str) -> str:
    """The architecture of a platform: `linux/arm64/v8` is `arm64`."""
    parts = platform.split("/")
    return parts[1] if len(parts) > 1 else platform


def _asks_for_gpu(service: Mapping[str, Any]) -> bool:
    if service.get("runtime") in _GPU_RUNTIMES or service.get("gpus"):
        return True
    devices = service.get("devices")
    named = [device for device in devices if isinstance(device, str)] if isinstance(devices, list) else []
    return any(device.startswith(_GPU_DEVICES) for device in named) or any(
        _is_gpu(device) for device in _reserved_devices(service)
    )


def _reserved_devices(service: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    value: Any = service
    for key in ("deploy", "resources", "reservations", "devices"):
        value = value.get(key) if isinstance(value, dict) else None
    yield from (device for device in value if isinstance(device, dict)) if isinstance(value, list) else ()


def _is_gpu(device: Mapping[str, Any]) -> bool:
    capabilities = device.get("capabilities")
    words = capabilities if isinstance(capabilities, list) else []
    flat = [word for item in words for word in (item if isinstance(item, list) else [item])]
    return "gpu" in flat or device.get("driver") in _GPU_DRIVERS
