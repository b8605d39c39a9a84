"""The tables `[suppress."extension"]` of `catalog.toml`: warnings that are not shown, each with a reason."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from catalog.errors import UsageError
from catalog.model.codes import ALL_CODES
from catalog.model.finding import Severity
from catalog.model.suppression import NO_SUPPRESSIONS, Suppression, Suppressions
from catalog.workspace.root import SETTINGS_NAME
from catalog.workspace.settings import read_table

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "suppress"
_CODES = {code.id: code for code in ALL_CODES}
_EXAMPLE = 'Write it as:\n[suppress."my-app"]\nKZ311 = "the reason"'
_HEAD = re.compile(rf"""\s*\[\s*{TABLE}\s*\.\s*(["']?)([^"'\]]+?)\1\s*\]\s*(?:#.*)?""")
_KEY = re.compile(r"""\s*(["']?)(\w+)\1\s*=""")


def load_suppressions(root: Path) -> Suppressions:
    """The suppressions of the workspace at `root`.

    Raises:
        UsageError: a table is malformed, a code is unknown or that of an error, or a reason is missing.
    """
    tables = read_table(root, TABLE)
    if not tables:
        return NO_SUPPRESSIONS
    lines = _lines((root / SETTINGS_NAME).read_text(encoding="utf-8"))
    known: dict[tuple[str, str], Suppression] = {}
    for extension, table in tables.items():
        if not isinstance(table, dict):
            raise _refused(root, f"suppress.{extension} must be a table of codes with reasons", _EXAMPLE)
        for code, reason in table.items():
            _demand(root, extension, code, reason)
            known[extension, code] = Suppression(extension, code, reason, lines.get((extension, code)))
    return Suppressions(known)


def _demand(root: Path, extension: str, code: str, reason: Any) -> None:
    where = f'[suppress."{extension}"] has {code}'
    if code not in _CODES:
        raise _refused(
            root, f"{where}, which is no finding's code", "docs/reference/findings.md lists all of them."
        )
    if _CODES[code].severity is Severity.ERROR:
        hint = "Only warnings can be suppressed: correct what the finding names, and take the line away."
        raise _refused(root, f"{where}, which is an error", hint)
    if not isinstance(reason, str) or not reason.strip():
        raise _refused(root, f"{where} without a reason", f'Write: {code} = "why it may stay"')


def _refused(root: Path, message: str, hint: str) -> UsageError:
    return UsageError(f"In {root / SETTINGS_NAME}, {message}.", hint)


def _lines(text: str) -> dict[tuple[str, str], int]:
    """The line, from 1, of each code in the usual form of a table; others are not found."""
    found: dict[tuple[str, str], int] = {}
    extension = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("["):
            head = _HEAD.fullmatch(line)
            extension = head[2] if head else ""
        elif extension and (key := _KEY.match(line)):
            found.setdefault((extension, key[2]), number)
    return found
