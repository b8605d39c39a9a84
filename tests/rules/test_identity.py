"""An extension's name, kind and version agree with its folder and with what the platform can route."""

from __future__ import annotations

import pytest

from catalog.model.names import Kind
from tests.rules.builder import extension, findings, found, places, the


@pytest.mark.parametrize("kind", Kind)
def test_a_sound_extension_of_every_kind_has_no_findings(kind: Kind) -> None:
    assert findings(extension(kind=kind)) == ()


def test_a_tool_may_have_the_prefix_mcp() -> None:
    assert found(extension("mcp-notes", Kind.TOOL)) == []


@pytest.mark.parametrize(
    ("name", "wish"),
    [("My_Notes", "my-notes"), ("notes app", "notes-app"), ("n" * 64, "n" * 63), ("notes-", "notes")],
)
def test_a_folder_name_that_cannot_be_a_name_gets_a_proposal(name: str, wish: str) -> None:
    finding = the("KZ011", extension(name))
    assert str(finding.file) == f"apps/{name}"
    assert finding.hint == f"Rename the folder to {wish}."


def test_a_folder_name_without_any_letter_gets_no_proposal() -> None:
    assert the("KZ011", extension("123")).hint == "Rename the folder."


def test_a_name_that_is_not_the_folders_is_an_error() -> None:
    finding = the("KZ105", extension("notes", manifest={"name": "memos"}))
    assert finding.is_error
    assert finding.pointer == ("name",)
    assert "apps/notes" in finding.message


@pytest.mark.parametrize(
    ("kind", "wish"), [(Kind.SERVICE, "service-notes"), (Kind.TOOL, "tool-notes")], ids=["service", "tool"]
)
def test_services_and_tools_need_their_prefix_and_learn_which(kind: Kind, wish: str) -> None:
    finding = the("KZ106", extension("notes", kind))
    assert finding.is_error
    assert wish in finding.hint


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("tool-notes", Kind.APP),
        ("mcp-notes", Kind.SERVICE),
        ("service-notes", Kind.APP),
        ("service-notes", Kind.TOOL),
    ],
)
def test_the_prefix_of_another_kind_is_one_error(name: str, kind: Kind) -> None:
    assert found(extension(name, kind)) == ["KZ107"]


def test_the_words_of_both_type_fields_may_be_the_folders() -> None:
    assert found(extension(manifest={"template_type": "app", "type": "apps"})) == []


def test_a_type_that_is_not_the_folders_is_an_error_where_it_stands() -> None:
    made = extension(manifest={"template_type": "app", "type": "tool"})
    assert places("KZ108", made) == [("type",)]
    assert "tools/" in the("KZ108", made).hint


def test_a_pre_release_is_a_fine_version() -> None:
    assert found(extension(manifest={"version": "1.0.0-rc.1"})) == []


def test_build_metadata_cannot_be_part_of_a_tag() -> None:
    finding = the("KZ104", extension(manifest={"version": "1.0.0+build.5"}))
    assert finding.pointer == ("version",)
    assert '"1.0.0"' in finding.hint
