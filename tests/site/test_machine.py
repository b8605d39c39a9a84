"""The catalog for programs: every document is valid against the schema that stands beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalog.model.names import Kind
from catalog.registry.registry import Entry, Registry
from catalog.site.card import make_card
from catalog.site.facts import NO_FACTS, SiteFacts, SiteOptions
from catalog.site.machine import catalog_json, entry_json, schemas
from catalog.workspace.image_facts import ImageFacts
from tests.site.building import build
from tests.site.sample import REGISTRY

if TYPE_CHECKING:
    from catalog.site.shell import Shell

CHARACTERS = st.characters() | st.just("\ud800")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(CHARACTERS, max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(CHARACTERS, max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = ("version", "display_name", "description", "category", "tags", "risk_tier", "verified", "license")


def document(content: object) -> Any:
    assert isinstance(content, bytes)
    return json.loads(content)


VALID = {file.path.name: jsonschema.Draft202012Validator(document(file.content)) for file in schemas()}


def test_the_schemas_are_schemas() -> None:
    for file in schemas():
        jsonschema.Draft202012Validator.check_schema(document(file.content))


def test_every_document_of_the_sample_is_valid(files: dict[str, bytes]) -> None:
    index = document(files["site/catalog.json"])
    VALID["catalog.schema.json"].validate(index)
    for entry in REGISTRY.entries:
        VALID["entry.schema.json"].validate(document(files[f"site/ext/{entry.name}.json"]))
    assert [one["name"] for one in index["entries"]] == [entry.name for entry in REGISTRY.entries]


@settings(deadline=None, max_examples=40)
@example("big", {"version": 2**70, "category": "\ud800"})
@given(st.text(min_size=1, max_size=20), st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_odd_entries_have_valid_documents(name: str, data: dict[str, Any]) -> None:
    entry = Entry(name, Kind.APP, data)
    card = make_card(entry, NO_FACTS)
    made = document(entry_json(entry, card, NO_FACTS).content)
    VALID["entry.schema.json"].validate(made)
    index = document(catalog_json([card], SiteOptions("A")).content)
    VALID["catalog.schema.json"].validate(index)
    assert made["entry"] == data
    assert made["summary"] == index["entries"][0]


def test_addresses_in_the_index_lead_to_files(files: dict[str, bytes]) -> None:
    for one in document(files["site/catalog.json"])["entries"]:
        assert {f"site/{one[key]}" for key in ("page", "data", "badge")} <= files.keys()


def test_the_schema_that_a_document_names_stands_there(files: dict[str, bytes]) -> None:
    assert document(files["site/catalog.json"])["$schema"] == "schema/catalog.schema.json"
    assert document(files["site/ext/tool-git.json"])["$schema"] == "../schema/entry.schema.json"


def test_what_is_known_of_images_is_told(plain: Shell) -> None:
    ref = "docker.io/library/redis:7.2-alpine"
    entry = next(entry for entry in REGISTRY.entries if entry.name == "team-board")
    facts = {"team-board": SiteFacts(images={ref: ImageFacts(1234, "linux/amd64", "sha256:ab")})}
    made = document(build(plain, Registry((entry,)), facts)["site/ext/team-board.json"])
    known = next(image for image in made["images"] if image["ref"] == ref)
    assert known == {
        "ref": ref,
        "used_by": ["cache"],
        "digest": "sha256:ab",
        "bytes": 1234,
        "platform": "linux/amd64",
    }
    assert made["summary"]["bytes"] is None


@pytest.mark.slow
def test_the_index_of_five_thousand_entries_stays_small() -> None:
    cards = [
        make_card(Entry(f"{entry.name}-{n}", entry.kind, entry.data), NO_FACTS)
        for n in range(5000 // len(REGISTRY.entries))
        for entry in REGISTRY.entries
        if entry.name != "hostile-entry"
    ]
    content = catalog_json(cards, SiteOptions("A")).content
    assert isinstance(content, bytes)
    assert len(content) / len(cards) <= 900


def test_pages_and_their_data_know_each_other(pages: dict[str, str]) -> None:
    page = pages["site/extensions/tool-git.html"]
    assert '<link rel="alternate" type="application/json" href="../ext/tool-git.json">' in page
    assert 'href="../catalog.json"' in page
