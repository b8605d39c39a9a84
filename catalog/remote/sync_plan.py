"""Decides which extensions the platform is to import from the catalog that it reads, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.model.version import parse_version
from catalog.remote.push_plan import Deed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from catalog.remote.templates import RemoteEntry, Template


class SyncStep(Struct, frozen=True):
    """One extension: what is done with it, its version on the platform and in the platform's catalog."""

    name: str
    is_tool: bool
    deed: Deed
    before: str | None = None
    after: str | None = None
    reason: str = ""


def plan_sync(
    names: Sequence[str],
    apps: Iterable[RemoteEntry],
    tools: Iterable[RemoteEntry],
    templates: Iterable[Template],
) -> list[SyncStep]:
    """One step for each name (for each entry of the platform's catalog, when there is no name)."""
    catalog = {entry.name: (entry, False) for entry in apps}
    catalog |= {entry.name: (entry, True) for entry in tools}
    there = _versions(templates)
    steps = []
    for name in dict.fromkeys(names) or sorted(catalog):
        if name in catalog:
            entry, is_tool = catalog[name]
            deed = _deed(entry.version, there[name]) if name in there else Deed.CREATED
            steps.append(SyncStep(name, is_tool, deed, there.get(name), entry.version))
        else:
            reason = "the catalog that the platform reads does not have it"
            steps.append(SyncStep(name, is_tool=False, deed=Deed.REFUSED, reason=reason))
    return steps


def outcome(step: SyncStep, templates: Iterable[Template]) -> SyncStep:
    """What came of a step, by what the platform has afterwards, whatever it said of it."""
    there = _versions(templates)
    if step.deed not in {Deed.CREATED, Deed.UPDATED}:
        return step
    if step.name not in there:
        return _refused(step, None, "the platform did not import it, though it was asked to")
    if step.deed is Deed.UPDATED and there[step.name] == step.before:
        return _refused(step, step.before, f"the platform kept {step.before}, though it was asked to import")
    return SyncStep(step.name, step.is_tool, step.deed, step.before, there[step.name])


def _refused(step: SyncStep, after: str | None, reason: str) -> SyncStep:
    return SyncStep(step.name, step.is_tool, Deed.REFUSED, step.before, after, reason)


def _versions(templates: Iterable[Template]) -> Mapping[str, str | None]:
    return {template.name: template.version for template in templates}


def _deed(offered: str | None, stored: str | None) -> Deed:
    """The platform takes up a catalog's entry when its version rises."""
    try:
        rises = parse_version(offered or "") > parse_version(stored or "")
    except ValueError:
        rises = offered != stored
    return Deed.UPDATED if rises else Deed.UNCHANGED
