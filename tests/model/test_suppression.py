"""Suppressions take warnings of their own extension away, and nothing else."""

from __future__ import annotations

from pathlib import PurePosixPath

from catalog.model import codes
from catalog.model.suppression import NO_SUPPRESSIONS, Suppressed, Suppression, Suppressions, unused_finding

FILE = PurePosixPath("apps/notes/docker-compose.yml")
WARNING = codes.IMAGE_UNPINNED.at(FILE, "a")
ERROR = codes.HOST_NETWORK.at(FILE, "b")


def of(*pairs: tuple[str, str]) -> Suppressions:
    return Suppressions({pair: Suppression(*pair, "because") for pair in pairs})


def test_a_warning_of_the_extension_is_taken_away_with_the_reason() -> None:
    found = of(("notes", "KZ311")).divide([ERROR, WARNING])
    assert found.shown == (ERROR,)
    assert found.suppressed == (Suppressed(WARNING, "because"),)
    assert found.suppressed[0].as_dict() == {**WARNING.as_dict(), "reason": "because"}


def test_nothing_else_is_taken_away() -> None:
    findings = (
        ERROR,
        WARNING,
        codes.IMAGE_UNPINNED.at(PurePosixPath("apps/other/kamiwaza.json"), "c"),
        codes.IMAGE_UNPINNED.at(PurePosixPath("notes/x"), "d"),
        codes.IMAGE_UNPINNED.at(PurePosixPath("catalog.toml"), "e"),
    )
    assert of(("notes", "KZ312"), ("notes", "KZ218")).divide(findings).shown == findings
    assert NO_SUPPRESSIONS.divide(findings).shown == findings


def test_a_finding_about_a_folder_is_one_of_its_extension() -> None:
    finding = codes.README_MISSING.at(PurePosixPath("apps/notes"), "x")
    assert of(("notes", "KZ013")).divide([finding]).shown == ()


def test_what_suppressed_nothing_in_what_was_checked_is_unused() -> None:
    known = of(
        ("notes", "KZ311"), ("notes", "KZ312"), ("other", "KZ311"), ("gone", "KZ311"), ("notes", "KZ406")
    )
    found = known.divide([WARNING])
    unused = list(known.unused(found.suppressed, ["notes"], ["notes", "other"]))
    assert [(one.extension, one.code) for one in unused] == [("notes", "KZ312"), ("gone", "KZ311")]


def test_the_finding_says_what_is_missing_and_in_which_line() -> None:
    file = PurePosixPath("catalog.toml")
    one = unused_finding(Suppression("notes", "KZ312", "x", 7), file, is_extension=True)
    other = unused_finding(Suppression("gone", "KZ312", "x"), file, is_extension=False)
    assert (one.code, one.line, one.pointer) == (codes.SUPPRESSION_UNUSED, 7, ("suppress", "notes", "KZ312"))
    assert "no extension 'gone'" in other.message
    assert other.line is None
