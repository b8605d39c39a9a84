"""Compose's merge of two services, for `extends`.

The rules are those of the Compose specification, "Merge and override": scalars are replaced, mappings are
merged, lists are joined; some keys have rules of their own.
"""

from __future__ import annotations

from typing import Any

from catalog.appgarden.interpolation import UnresolvedVariableError
from catalog.appgarden.volumes import MountError, parse_mount

_REPLACED = frozenset({"command", "entrypoint", "test"})
_OF_TEXTS = frozenset(
    {"environment", "labels", "annotations", "sysctls", "extra_hosts", "args", "additional_contexts"}
)
_BY_KEY = _OF_TEXTS | {"depends_on", "networks"}
_ONE_OR_SEVERAL = frozenset({"env_file", "label_file", "dns", "dns_search", "tmpfs"})


def merged(base: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    """A new mapping: `base` with `override` laid over it; neither is changed."""
    result = dict(base)
    for key, value in override.items():
        result[key] = _value(key, result[key], value) if key in result else value
    return result


def _value(key: str, base: Any, override: Any) -> Any:
    if key in _REPLACED or base is None:
        return override
    if override is None and isinstance(base, dict | list):
        return base
    base, override = _alike(key, base, override)
    if isinstance(base, dict) and isinstance(override, dict):
        if key == "logging" and not _of_one_driver(base, override):
            return override
        return {**base, **override} if key in _OF_TEXTS else merged(base, override)
    return _joined(key, base, override) if isinstance(base, list) and isinstance(override, list) else override


def _alike(key: str, base: Any, override: Any) -> tuple[Any, Any]:
    """Both in one form, where Compose takes several."""
    if key == "build":
        return _section(base), _section(override)
    if key in _ONE_OR_SEVERAL:
        return _listed(base), _listed(override)
    if key in _BY_KEY and type(base) is not type(override):
        return _keyed(key, base), _keyed(key, override)
    return base, override


def _section(build: Any) -> Any:
    """A build section as a mapping, also where it is the context alone."""
    return {"context": build} if isinstance(build, str) else build


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _of_one_driver(base: dict[str, Any], override: dict[str, Any]) -> bool:
    """Whether the options of both are for the same driver; a section that names none goes with any."""
    one, other = base.get("driver"), override.get("driver")
    return one is None or other is None or one == other


def _joined(key: str, base: list[Any], override: list[Any]) -> list[Any]:
    if key in _BY_KEY:
        return _joined_by(base, override, _name)
    if key == "volumes":
        return _joined_by(base, override, _target)
    return [*base, *(item for item in override if item not in base)]


def _joined_by(base: list[Any], override: list[Any], key_of: Any) -> list[Any]:
    """The items of both; an item of `override` takes the place of the one with the same key."""
    items = {key_of(item): item for item in base}
    items.update({key_of(item): item for item in override})
    return list(items.values())


def _keyed(key: str, section: Any) -> Any:
    """A list of names or of `KEY=VALUE` as the mapping that Compose takes it for."""
    if not isinstance(section, list) or not all(isinstance(item, str) for item in section):
        return section
    if key == "depends_on":
        return {name: {"condition": "service_started"} for name in section}
    separated = (item.partition("=" if "=" in item or key != "extra_hosts" else ":") for item in section)
    return {name: value if sign else None for name, sign, value in separated}


def _name(item: Any) -> str:
    return item.partition("=")[0] if isinstance(item, str) else repr(item)


def _target(item: Any) -> str:
    try:
        return parse_mount(item).target
    except (MountError, UnresolvedVariableError):
        return repr(item)
