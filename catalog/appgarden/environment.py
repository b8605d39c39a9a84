"""Checks a service's environment: it is kept verbatim, since the platform fills in its placeholders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.appgarden.interpolation import variables_without_default
from catalog.appgarden.sections import pairs
from catalog.model import codes

if TYPE_CHECKING:
    from catalog.appgarden.development import Service
    from catalog.appgarden.place import Found

_PLATFORMS_OWN = ("KAMIWAZA_", "OPENAI_BASE_URL")


def environment(service: Service, value: Any) -> Found[Any]:
    """The same environment; a finding for each variable that nobody gives a value."""
    place = service.place / "environment"
    missing: dict[str, str | int] = {}
    for position, key, text in (yield from pairs(value, place)):
        needed = variables_without_default(text) if isinstance(text, str) else [key] if text is None else ()
        for variable in needed:
            missing.setdefault(variable, position)
    for variable, position in missing.items():
        if variable in service.development.known_variables or variable.startswith(_PLATFORMS_OWN):
            continue
        message = f"The environment of the service {service.name!r} takes {variable} from outside."
        hint = (
            f"Write ${{{variable}:-value}}, or name {variable} in env_defaults or required_env_vars of "
            "kamiwaza.json."
        )
        yield (place / position).finding(codes.VARIABLE_WITHOUT_DEFAULT, message, hint)
    return value
