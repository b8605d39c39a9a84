"""How an entry gets into Kamiwaza."""

from __future__ import annotations

import shlex

import pytest

from catalog.cli.app import run
from catalog.model.manifest import CatalogNotes
from catalog.model.names import Kind
from catalog.registry.registry import Entry
from catalog.site.card import make_card
from catalog.site.facts import NO_FACTS, SiteFacts
from catalog.site.install import Install, install
from catalog.workspace.image_facts import ImageFacts

COMPOSE = "services: {web: {image: 'a/web:1'}}"


def made(name: str = "notes", facts: SiteFacts = NO_FACTS) -> Install:
    return install(make_card(Entry(name, Kind.APP, {"compose_yml": COMPOSE}), facts))


def test_the_commands_name_the_entry() -> None:
    assert made() == Install("catalog kamiwaza push notes", "catalog package --only notes", "")


def test_the_size_is_that_of_all_images() -> None:
    facts = SiteFacts(images={"a/web:1": ImageFacts(412_000_000, "linux/amd64")})
    assert (made(facts=facts).size, made(facts=facts).package) == (
        "412 MB",
        "catalog package --only notes --platform linux/amd64",
    )


def test_an_entry_for_several_architectures_leaves_the_choice_to_the_engine() -> None:
    facts = SiteFacts(notes=CatalogNotes(architectures=("amd64", "arm64")))
    assert "--platform" not in made(facts=facts).package


@pytest.mark.parametrize("name", ["a b", "$(reboot)", "x;y", "it's"])
def test_a_name_is_one_word_for_a_shell(name: str) -> None:
    assert shlex.split(made(name).package)[-1] == name
    assert shlex.split(made(name).push)[-1] == name


@pytest.mark.parametrize("command", [made().push, made().package])
def test_the_commands_exist_with_their_options(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(command)[1:]
    assert run([*words, "--help"]) == 0
    assert all(word in capsys.readouterr().out for word in words if word.startswith("--"))
