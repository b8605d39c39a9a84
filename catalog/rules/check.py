"""Checks one extension: what reading it, transforming it and every rule found, in a steady order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.model import codes
from catalog.rules.subject import findings_of_transform, subject_of
from catalog.rules.table import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from catalog.appgarden.freshness import Freshness
    from catalog.appgarden.transform import Deployment
    from catalog.model.extension import Extension
    from catalog.model.finding import Finding

_WITHOUT_CONSTRAINTS = "v1"


class Checked(Struct, frozen=True):
    """An extension with everything that was found in it.

    `expected` is what sync-compose would write, None without a development file. `deployed` is the data that
    the registry will embed: that of an App Garden file written by hand, else the expected; None when there is
    neither, or when errors keep it from being known. `is_generated` tells the two apart. `freshness` says how
    the App Garden file stands to the expected, None where nothing is expected.
    """

    extension: Extension
    expected: Deployment | None
    deployed: dict[str, Any] | None
    findings: tuple[Finding, ...]
    is_generated: bool = False
    freshness: Freshness | None = None


def check(extension: Extension, organization: str, known: Deployment | None = None) -> Checked:
    """Check an extension; `organization` is the namespace of our own images, such as `kamiwazaai`.

    `known` is what the transform of its compose file gives, for callers for whom it ran already.
    Without a readable manifest there is nothing to hold against the rules, and only the findings of reading
    are reported.
    """
    source = extension.kamiwaza
    if source is None:
        return Checked(extension, None, None, _ordered(extension.findings))
    subject = subject_of(extension, source, organization, known)
    found = [finding for rule in RULES for finding in rule.check(subject)]
    findings = _ordered((*extension.findings, *findings_of_transform(subject), *found))
    file = subject.deployed
    if file is None:
        return Checked(extension, subject.expected, None, findings, freshness=subject.freshness)
    return Checked(
        extension,
        subject.expected,
        file.data,
        findings,
        is_generated=not file.is_handwritten,
        freshness=subject.freshness,
    )


def check_for_repository(checked: Checked, version: str) -> tuple[Finding, ...]:
    """What one catalog generation (`v1`, `v2` or `v3`) asks for beyond the rules.

    From v2 on, a catalog holds several versions of an extension and chooses by `kamiwaza_version`.
    """
    source = checked.extension.kamiwaza
    if source is None or version == _WITHOUT_CONSTRAINTS:
        return ()
    document = source.manifest_document
    if document.data.get("kamiwaza_version") is not None:
        return ()
    message = f"A {version} catalog needs kamiwaza_version, the versions of the platform that it runs on."
    hint = 'Add "kamiwaza_version": ">=1.0.0", or "*" for any version.'
    return (codes.CONSTRAINT_MISSING.at(document.path, message, ("kamiwaza_version",), hint),)


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, by file, code, pointer and message."""
    return tuple(sorted(dict.fromkeys(findings), key=_key))


def _key(finding: Finding) -> tuple[Any, ...]:
    pointer = tuple((isinstance(part, str), part) for part in finding.pointer)  # an index before a key
    return (str(finding.file), finding.code.id, pointer, finding.message)
