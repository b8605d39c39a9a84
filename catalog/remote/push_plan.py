"""Decides what pushing an extension means on a platform that has certain templates already."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.model.version import parse_version
from catalog.remote.difference import changes, untold
from catalog.remote.payload import PICTURE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from catalog.model.names import Kind
    from catalog.model.version import Version
    from catalog.remote.difference import Change
    from catalog.remote.templates import Template


class Deed(StrEnum):
    """What is done with an extension on the platform."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class PushPlan(Struct, frozen=True):
    """What one push does: `reason` says why it is refused, or what else is to be known.

    `template_id` is None for a template that is to be made; `before` is the version that the platform has.
    """

    deed: Deed
    reason: str = ""
    template_id: UUID | None = None
    before: str | None = None
    changes: tuple[Change, ...] = ()


def plan_push(
    body: Mapping[str, Any], kind: Kind, templates: Sequence[Template], template_id: UUID | None = None
) -> PushPlan:
    """What to do with an extension whose request body is `body`.

    With `template_id` that template is replaced, whatever it holds: a person said so.
    """
    if template_id is not None:
        known = next((template for template in templates if template.id == template_id), None)
        return _replacement(body, kind, template_id, known)
    same_name = [template for template in templates if template.name == body["name"]]
    same_kind = [template for template in same_name if template.kind is kind]
    if len(same_kind) > 1:
        ids = ", ".join(str(template.id) for template in same_kind)
        return PushPlan(
            Deed.REFUSED,
            f"the platform has {len(same_kind)} templates of that name; say which with --template-id: {ids}",
        )
    if not same_kind and same_name:
        there = same_name[0]
        return PushPlan(
            Deed.REFUSED, f"the platform has it as {there.kind.value}, not as {kind.value} (id {there.id})"
        )
    return _update(body, same_kind[0]) if same_kind else PushPlan(Deed.CREATED)


def _replacement(body: Mapping[str, Any], kind: Kind, template_id: UUID, known: Template | None) -> PushPlan:
    if known is None:
        reason = "the platform does not list that id, so nothing could be compared"
        return PushPlan(Deed.UPDATED, reason, template_id)
    if known.kind is not kind:
        return PushPlan(Deed.REFUSED, f"the template {template_id} is one of kind {known.kind.value}")
    return PushPlan(Deed.UPDATED, "", template_id, known.version, changes(body, known.told))


def _update(body: Mapping[str, Any], there: Template) -> PushPlan:
    found = changes(body, there.told)
    ours, theirs = _version(body["version"]), _version(there.version)
    if ours and theirs and ours < theirs:
        return PushPlan(
            Deed.REFUSED,
            f"the platform has {there.version}, which is newer than {body['version']}; "
            f"to go back, give --template-id {there.id}",
            there.id,
            there.version,
            found,
        )
    if found:
        same = there.version == body["version"]
        reason = "the version is the same, so what runs already is offered no update" if same else ""
        return PushPlan(Deed.UPDATED, reason, there.id, there.version, found)
    is_picture_unseen = PICTURE in untold(body, there.told)
    reason = (
        f"its picture cannot be compared; to send it anyway, give --template-id {there.id}"
        if is_picture_unseen
        else ""
    )
    return PushPlan(Deed.UNCHANGED, reason, there.id, there.version)


def _version(text: str | None) -> Version | None:
    try:
        return parse_version(text or "")
    except ValueError:
        return None
