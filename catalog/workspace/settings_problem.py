"""Says what is wrong in `catalog.toml`, in words that people can act on; values are never repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pydantic import BaseModel, ValidationError

_ADDRESS = "write an http or https address without a query"
_FORMS = {
    "accent": "write it as #rrggbb",
    "accent_dark": "write it as #rrggbb",
    "organization": "write lower-case letters and digits, with . _ / : or - between them",
    "base_url": f"{_ADDRESS} or login",
    "store": "write s3://bucket/prefix or file:///folder",
    "endpoint": f"{_ADDRESS}, path or login",
    "region": "write lower-case letters, digits and -",
    "images": "write registry/namespace in lower-case letters and digits",
    "lock_name": "write the name of a file: letters, digits, and . _ or - between them",
}
"""How to write a setting whose pattern does not fit."""


def refused_setting(
    error: ValidationError, table: str, path: Path, model: type[BaseModel], *, given_by: str = ""
) -> UsageError:
    """What the first problem of a table of the file at `path` is; `given_by` names another source."""
    problem = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(str(part) for part in problem["loc"])
    keys = f"The keys are: {', '.join(model.model_fields)}."
    subject = f"The setting {key!r} of [{table}] in {path}{given_by and f' {given_by}'}"
    if problem["type"] == "extra_forbidden":
        return UsageError(f"{subject} is not known.", _nearest(key, model.model_fields) + keys)
    reason = problem["msg"][:1].lower() + problem["msg"][1:]
    if problem["type"] == "string_pattern_mismatch":
        reason = _FORMS.get(key, reason)
    return UsageError(f"{subject}: {reason}.", keys)


def unknown_table(name: str, value: object, path: Path, tables: Iterable[str]) -> UsageError:
    """What `name` at the top of the settings file is told, which has these tables."""
    tables = tuple(tables)
    what = f"the table [{name}]" if isinstance(value, dict) else f"the key {name!r} outside of every table"
    near = _nearest(name, tables, "[{}]")
    return UsageError(
        f"In {path}, {what} is not known.",
        f"{near}The tables are: {', '.join(f'[{one}]' for one in tables)}.",
    )


def _nearest(name: str, known: Iterable[str], form: str = "{}") -> str:
    import difflib  # noqa: PLC0415  # only on the way out

    near = difflib.get_close_matches(name.lower(), tuple(known), n=1)
    return f"Did you mean {form.format(near[0])}? " if near else ""
