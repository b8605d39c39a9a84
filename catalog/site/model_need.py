"""Which language model an entry wants, out of the four fields that speak about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.site.fields import flag, text

if TYPE_CHECKING:
    from collections.abc import Mapping

MODEL_TYPES = {
    "any": "Any model",
    "fast": "A fast model",
    "large": "A large model",
    "reasoning": "A reasoning model",
    "vl": "A vision model",
}


class ModelNeed(Struct, frozen=True):
    """Which language model an entry wants, and whether it refuses to start without it."""

    wish: str
    is_strict: bool
    is_needed: bool = True


def model_need(data: Mapping[str, Any]) -> ModelNeed:
    """The platform looks for a model unless the type is null, which is why null is not the same as absent."""
    name = text(data, "preferred_model_name")
    kind = data.get("preferred_model_type", "any")
    if kind is None and not name:
        return ModelNeed("No model", is_strict=False, is_needed=False)
    wish = MODEL_TYPES.get(str(kind), str(kind))
    is_strict = flag(data, "fail_if_model_type_unavailable") or flag(data, "fail_if_model_name_unavailable")
    return ModelNeed(f"{wish}, preferably {name}" if name and kind is not None else name or wish, is_strict)
