"""Catalogs for the tests of publishing: entries, offers, and a target that is any store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from catalog.model.names import Kind
from catalog.operations.offer import Offer
from catalog.operations.remote_target import Target
from catalog.registry.layout import RepositoryVersion
from catalog.registry.published import Published
from catalog.registry.registry import Entry
from catalog.remote.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from catalog.remote.store import Store


class Hurried(SystemClock):
    """Time passes only when somebody waits for it."""

    def __init__(self) -> None:
        self.time = 0.0

    def elapsed(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class AllThere:
    """Every image can be pulled."""

    def missing(self, refs: Sequence[str]) -> Mapping[str, str]:
        del refs
        return {}


def entry(name: str, version: str = "1.0.0", kind: Kind = Kind.APP, **fields: Any) -> Entry:
    data = {"name": name, "version": version, "template_type": kind.value, **fields}
    return Entry(name, kind, data)


def tool(name: str, version: str = "1.0.0", **fields: Any) -> Entry:
    return entry(name, version, Kind.TOOL, **fields)


def catalog(*entries: Entry) -> Published:
    apps = tuple(one for one in entries if one.kind is not Kind.TOOL)
    return Published(apps, tuple(one for one in entries if one.kind is Kind.TOOL))


def offered(*entries: Entry) -> list[Offer]:
    return [Offer(one) for one in entries]


def target(store: Store, version: RepositoryVersion = RepositoryVersion.V1, seconds: float = 60.0) -> Target:
    return Target(store, version, "registry.lock", seconds, Hurried())


def names_in(content: bytes | None) -> list[str]:
    return [f"{one['name']} {one['version']}" for one in json.loads(content or b"[]")]
