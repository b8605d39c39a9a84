"""Sends one extension after the other to a platform, and tells truly what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from catalog.errors import CatalogError, ConflictError
from catalog.remote.difference import changes
from catalog.remote.failures import PlatformError
from catalog.remote.push_plan import Deed, PushPlan, plan_push

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from catalog.model.names import Kind
    from catalog.remote.kamiwaza_api import KamiwazaApi
    from catalog.remote.templates import Template


class Sent(Struct, frozen=True):
    """What became of one extension, and the exit status that goes with it."""

    plan: PushPlan
    exit_status: int = 0


class Sending:
    """A run over several extensions; once the platform fails for all, the rest is not tried."""

    def __init__(self, api: KamiwazaApi, templates: Sequence[Template], *, is_dry: bool) -> None:
        """Go by what the platform has, `templates`; a dry run only compares."""
        self._api = api
        self._templates = templates
        self._is_dry = is_dry
        self._stopped: PlatformError | None = None

    def push(self, body: Mapping[str, Any], kind: Kind, template_id: UUID | None) -> Sent:
        """Make or replace the template of an extension, if it differs."""
        plan = plan_push(body, kind, self._templates, template_id)
        if plan.deed is Deed.REFUSED:
            return Sent(plan, ConflictError.exit_code)
        if self._is_dry or plan.deed is Deed.UNCHANGED:
            return Sent(plan)
        if self._stopped:
            return _refused(plan, f"not tried: {self._stopped.message}", self._stopped)
        try:
            stored = self._carry_out(plan, body, kind)
        except CatalogError as error:
            return self._after_failure(plan, body, kind, error)
        return Sent(_with_result(plan, body, stored))

    def _carry_out(self, plan: PushPlan, body: Mapping[str, Any], kind: Kind) -> Template:
        if plan.template_id is None:
            return self._api.create(body)
        return self._api.update(plan.template_id, kind, body)

    def _after_failure(
        self, plan: PushPlan, body: Mapping[str, Any], kind: Kind, error: CatalogError
    ) -> Sent:
        """Refused, unless the platform shows that it was carried out and only the answer failed."""
        if not isinstance(error, PlatformError):
            return _refused(plan, error.message, error)
        if error.stops:
            self._stopped = error
        if not error.may_be_done:
            return _refused(plan, error.message, error)
        try:
            there = plan_push(body, kind, self._api.templates(), None)
        except CatalogError:
            reason = f"{error.message} Whether it was carried out is not known."
            return _refused(plan, reason, error)
        is_visible = bool(plan.changes) or plan.template_id is None
        if there.deed is Deed.UNCHANGED and is_visible and plan.template_id in {None, there.template_id}:
            self._stopped = None
            reason = "its answer could not be used, but the platform has it"
            return Sent(replace(plan, template_id=there.template_id, reason=reason))
        return _refused(plan, f"{error.message} The platform does not show that it was carried out.", error)


def _refused(plan: PushPlan, reason: str, error: CatalogError) -> Sent:
    hint = f" {error.hint}" if error.hint else ""
    return Sent(replace(plan, deed=Deed.REFUSED, reason=f"{reason}{hint}"), error.exit_code)


def _with_result(plan: PushPlan, body: Mapping[str, Any], stored: Template) -> PushPlan:
    """The plan as it was carried out: the template's id, and the fields that the platform did not take."""
    kept = ", ".join(change.field for change in changes(body, stored.told))
    notes = (plan.reason, f"the platform keeps its own: {kept}" if kept else "")
    return replace(plan, template_id=stored.id, reason="; ".join(filter(None, notes)))
