"""What changed from one registry to another: two registries in, one value for every entry that differs out.

An entry is taken apart into facts (an image, a variable, a port, …), so that a change names what people act
on instead of two texts of compose.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from catalog.model import compose
from catalog.model.image_ref import ImageRef
from catalog.model.version import parse_version
from catalog.model.yaml_text import DocumentError, read_yaml
from catalog.registry.entry_images import named_images
from catalog.registry.entry_pairs import is_same, paired
from catalog.registry.merge_rules import range_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from catalog.model.names import Kind
    from catalog.registry.registry import Entry, Registry


class Topic(StrEnum):
    """What a fact is about; changes are told in this order."""

    RISK = "risk"
    IMAGE = "image"
    SERVICE = "service"
    PORT = "port"
    VOLUME = "volume"
    VARIABLE = "variable"
    FIELD = "field"
    COMPOSE = "compose"


class Outcome(StrEnum):
    """What became of an entry."""

    ADDED = "added"
    REMOVED = "removed"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    CHANGED = "changed"


class Change(Struct, frozen=True):
    """One fact that differs; `old` is None where it is new, `new` where it is gone."""

    topic: Topic
    name: str
    old: str | None
    new: str | None


class EntryDifference(Struct, frozen=True):
    """One entry that differs; versions are None where there is no entry."""

    name: str
    kind: Kind
    outcome: Outcome
    old_version: str | None
    new_version: str | None
    changes: tuple[Change, ...] = ()
    platform: str = ""

    @property
    def what(self) -> str:
        """The kind, and the platform's versions where a name has several entries, for people."""
        return f"{self.kind.value}, {self.platform}" if self.platform else self.kind.value


def differences(
    old: Registry, new: Registry, left_out: frozenset[str] = frozenset()
) -> tuple[EntryDifference, ...]:
    """Every entry that was added, removed or changed, by name.

    Args:
        old: the one registry; like the other it may have a name several times, for several platforms.
        new: the other registry.
        left_out: fields that are not compared.
    """
    before, after = _by_name(old, left_out), _by_name(new, left_out)
    found = (
        _difference(*pair, is_one_of_several=len(before.get(name, ())) > 1 or len(after.get(name, ())) > 1)
        for name in sorted({*before, *after})
        for pair in paired(before.get(name, ()), after.get(name, ()))
    )
    return tuple(one for one in found if one)


def _by_name(registry: Registry, left_out: frozenset[str]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in registry.entries:
        data = {field: value for field, value in entry.data.items() if field not in left_out}
        found.setdefault(entry.name, []).append(replace(entry, data=data))
    return found


def _difference(old: Entry | None, new: Entry | None, *, is_one_of_several: bool) -> EntryDifference | None:
    entry = new or old
    if entry is None or (old and new and is_same(old, new)):
        return None
    versions = _version(old), _version(new)
    outcome = _outcome(old, new, versions)
    changes = tuple(_changes(facts_of(old), facts_of(new))) if old and new else ()
    platform = range_of(entry.data) if is_one_of_several else ""
    return EntryDifference(entry.name, entry.kind, outcome, *versions, changes, platform)


def _version(entry: Entry | None) -> str | None:
    return None if entry is None else _text(entry.data.get("version", ""))


def _outcome(old: Entry | None, new: Entry | None, versions: tuple[str | None, str | None]) -> Outcome:
    if old is None:
        return Outcome.ADDED
    if new is None:
        return Outcome.REMOVED
    try:
        before, after = (parse_version(version or "") for version in versions)
    except ValueError:
        return Outcome.CHANGED
    order = after.compare(before)
    return {1: Outcome.UPGRADED, -1: Outcome.DOWNGRADED}.get(order, Outcome.CHANGED)


def _changes(old: Mapping[tuple[Topic, str], str], new: Mapping[tuple[Topic, str], str]) -> Iterator[Change]:
    topics = list(Topic)
    names = sorted({*old, *new}, key=lambda key: (topics.index(key[0]), key[1]))
    changes = [
        Change(*name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)
    ]
    told = [change for change in changes if change.topic is not Topic.COMPOSE]
    yield from told or changes  # the text of a compose file is told only if nothing else says what changed


def facts_of(entry: Entry) -> dict[tuple[Topic, str], str]:
    """The entry as facts: each has a topic, a name that is the only one in it, and a value as text."""
    data = entry.data
    text = data.get("compose_yml")
    facts = {
        (Topic.FIELD, name): _text(value)
        for name, value in data.items()
        if name not in _TOLD_OTHERWISE and value not in (None, "", [], {})
    }
    facts[Topic.FIELD, "kind"] = entry.kind.value
    facts[Topic.RISK, "risk_tier"] = _text(data.get("risk_tier"))
    facts |= {(Topic.IMAGE, name): tags for name, tags in _images(data).items()}
    facts |= {(Topic.VARIABLE, name): value for name, value in _variables(data).items()}
    if isinstance(text, str) and text:
        facts |= {(Topic.COMPOSE, "compose_yml"): text, **_running(text)}
    return facts


_TOLD_OTHERWISE = frozenset(
    {
        *("name", "version", "template_type", "type", "risk_tier", "compose_yml"),
        *("docker_images", "image", "extra_docker_images"),
        *("env_defaults", "required_env_vars"),
    }
)


def _images(data: Mapping[str, Any]) -> dict[str, str]:
    """Tags and digests by the name of the image; what is no reference stands as it is."""
    found: dict[str, set[str]] = {}
    for ref in named_images(data):
        name, rest = _named(ref)
        found.setdefault(name, set()).add(rest)
    return {name: ", ".join(sorted(rests)) for name, rests in found.items()}


def _named(ref: str) -> tuple[str, str]:
    try:
        image = ImageRef.parse(ref)
    except ValueError:
        return ref, ""
    return image.name, str(image).removeprefix(image.name).removeprefix(":")


def _variables(data: Mapping[str, Any]) -> dict[str, str]:
    defaults = data.get("env_defaults")
    pairs = defaults.items() if isinstance(defaults, dict) else ()
    known = {str(name): _text(value) for name, value in pairs}
    required = {_text(name) for name in _list(data, "required_env_vars")}
    return {
        name: " ".join(
            part for part in (known.get(name, ""), "(required)" if name in required else "") if part
        )
        for name in {*known, *required}
    }


def _running(text: str) -> dict[tuple[Topic, str], str]:
    try:
        services = compose.services(read_yaml(text))
    except DocumentError:
        return {}
    facts: dict[tuple[Topic, str], str] = {}
    for name, service in services.items():
        facts[Topic.SERVICE, str(name)] = "there"
        for port in (*compose.texts(service.get("ports")), *compose.texts(service.get("expose"))):
            facts[Topic.PORT, f"{name} {port}"] = "there"
        for volume in compose.texts(service.get("volumes")):
            facts[Topic.VOLUME, f"{name} {volume}"] = "there"
    return facts


def _list(data: Mapping[str, Any], field: str) -> list[Any]:
    value = data.get(field)
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
