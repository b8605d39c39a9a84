"""The reference names every command, option and exit code, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

import catalog
from catalog import errors
from catalog.cli.app import INTERRUPTED, group
from catalog.operations import OPERATIONS
from scripts.cli_reference import reference

ROOT = Path(catalog.__file__).parent.parent
DOCS = ROOT / "docs"
COMMANDS = [operation.name for operation in OPERATIONS]


def test_the_command_line_reference_is_current() -> None:
    assert (DOCS / "reference" / "cli.md").read_text(encoding="utf-8") == reference(), (
        "run: make docs-reference"
    )


@pytest.mark.parametrize("name", [*COMMANDS, "completion"])
def test_every_option_of_a_command_has_help(name: str) -> None:
    command: click.Command | None = group
    for word in name.split():
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command is not None
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_every_exit_code_is_documented_and_no_other() -> None:
    leaves: list[type[errors.CatalogError]] = [errors.CatalogError, *errors.CatalogError.__subclasses__()]
    codes = {0, INTERRUPTED} | {leaf.exit_code for leaf in leaves}
    text = (DOCS / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    documented = {int(code) for code in re.findall(r"^\| *`?(\d+)`? *\|", text, re.MULTILINE)}
    assert documented == codes


def test_the_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"catalog {name}" not in text] == []


def test_the_two_commands_of_the_readme_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(
        r"^make ([a-z-]+)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    ):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_links_of_the_front_pages_lead_somewhere() -> None:
    for page in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text)
        assert [target for target in targets if not (ROOT / target).exists()] == []


def test_every_defect_of_the_template_names_a_test_that_there_is() -> None:
    text = (DOCS / "explanation" / "defects-of-the-template.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", text))
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(named) == 26
    assert named - there == set()
