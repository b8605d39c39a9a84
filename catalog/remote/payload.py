"""One entry of the registry -> what the platform's API takes for it."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from catalog.appgarden.emit import to_yaml, without_header
from catalog.appgarden.extra_hosts import HOST_GATEWAY
from catalog.appgarden.limits import OTHER

if TYPE_CHECKING:
    from catalog.registry.registry import Entry

_PICTURE_ADDRESS = "preview_image"
PICTURE = "preview_image_data"
_TOOL_PORT = "8000"  # where the tools of the platform's own templates listen


def payload(entry: Entry, picture: bytes | None) -> dict[str, Any]:
    """The body of a request that stores the entry; null stays where the entry says null.

    A picture's address means something in the registry only, so `picture`, its bytes, goes along instead.
    """
    body = {field: value for field, value in entry.data.items() if field != _PICTURE_ADDRESS}
    if picture is not None:
        body[PICTURE] = b64encode(picture).decode()
    if not body.get("compose_yml"):
        body["compose_yml"] = _compose_of(entry.data["image"])
    return body


def _compose_of(image: str) -> str:
    """A deployment with one service: the API asks for one also of tools that are given by an image alone."""
    limits = {"cpus": OTHER.cpus, "memory": OTHER.memory}
    service = {
        "image": image,
        "ports": [_TOOL_PORT],
        "extra_hosts": [HOST_GATEWAY],
        "deploy": {"resources": {"limits": limits}},
    }
    return without_header(to_yaml({"services": {"tool": service}}))
