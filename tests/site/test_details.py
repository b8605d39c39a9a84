"""What the page of an entry says about it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.names import Kind
from catalog.registry.registry import Entry
from catalog.site.card import NO_CATEGORY, make_card
from catalog.site.detail import Detail, make_detail
from catalog.site.facts import NO_FACTS
from catalog.site.services import Service, images, read_services
from catalog.site.variables import Variable, variables
from tests.site.sample import DOCUMENT_CHAT

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    *(
        "display_name",
        "version",
        "description",
        "category",
        "tags",
        "verified",
        "risk_tier",
        "author",
        "license",
    ),
    *("homepage", "env_defaults", "env_metadata", "optional_env_vars", "required_env_vars", "compose_yml"),
    *("docker_images", "image", "extra_docker_images", "preferred_model_type", "preferred_model_name"),
    *("kamiwaza_version", "capabilities", "visibility"),
)


def detail(**data: Any) -> Detail:
    entry = Entry("notes", Kind.APP, {"name": "notes", **data})
    return make_detail(entry, make_card(entry, NO_FACTS, None), NO_FACTS)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_entry_stops_a_website(data: dict[str, Any]) -> None:
    assert detail(**data).card.name == "notes"


def test_variables_that_must_be_given_come_first() -> None:
    rows = variables({"env_defaults": {"A": "1", "B": "2"}, "required_env_vars": ["B", "C"]})
    assert [(row.name, row.default, row.is_required) for row in rows] == [
        ("B", "2", True),
        ("C", None, True),
        ("A", "1", False),
    ]


def test_the_meaning_of_a_variable_comes_from_whichever_field_has_it() -> None:
    data = {
        "env_defaults": {"A": "x"},
        "env_metadata": {"A": {"label": "Letter", "options": ["x", {"value": "y"}, 3]}},
        "optional_env_vars": {"B": {"description": "Second", "default": 5, "required": True}},
    }
    assert variables(data) == (
        Variable("B", "5", is_required=True, meaning="Second"),
        Variable("A", "x", is_required=False, meaning="Letter", choices=("x", "y", "3")),
    )


def test_services_show_ports_volumes_and_limits() -> None:
    compose = """
services:
  web:
    image: acme/web:1.0
    ports: ["8000", {target: 9000}]
    volumes: ["data:/data", {type: volume, source: logs, target: /logs}]
    deploy: {resources: {limits: {cpus: "0.5", memory: 256M}}}
  bare: {}
"""
    assert read_services(compose) == (
        Service(
            "web", "acme/web:1.0", ("8000", "9000"), ("data:/data", "logs:/logs"), ("0.5 CPU", "256M memory")
        ),
        Service("bare", "", (), (), ()),
    )


@pytest.mark.parametrize("compose", ["", "{{{", "- a", "services: 3", "a: 1\na: 2", "services:\n  web: text"])
def test_a_compose_file_that_cannot_be_read_has_no_services(compose: str) -> None:
    assert read_services(compose) == ()


def test_images_are_named_once_with_who_runs_them() -> None:
    running = read_services("services: {a: {image: x:1}, b: {image: x:1}, c: {image: y:2}}")
    data = {"docker_images": ["x:1", "z:3"], "extra_docker_images": ["z:3"]}
    assert [(image.ref, image.used_by) for image in images(data, running)] == [
        ("x:1", ("a", "b")),
        ("y:2", ("c",)),
        ("z:3", ()),
    ]


@pytest.mark.parametrize(
    ("data", "wish", "is_strict"),
    [
        ({}, "Any model", False),
        ({"preferred_model_type": None}, "No model", False),
        ({"preferred_model_type": "vl", "fail_if_model_type_unavailable": True}, "A vision model", True),
        ({"preferred_model_type": "fast", "preferred_model_name": "q"}, "A fast model, preferably q", False),
        ({"preferred_model_type": None, "preferred_model_name": "q"}, "q", False),
    ],
)
def test_null_means_that_no_model_is_needed(data: dict[str, Any], wish: str, is_strict: bool) -> None:
    need = detail(**data).model
    assert (need.wish, need.is_strict) == (wish, is_strict)


@pytest.mark.parametrize("homepage", ["javascript:alert(1)", "//e.test", "data:text/html,x", 5, ""])
def test_a_homepage_is_a_web_address_or_nothing(homepage: object) -> None:
    assert detail(homepage=homepage).homepage == ""


@pytest.mark.parametrize(("tier", "label"), [(0, "Guided"), (1, "Scanned"), (2, "Break-glass")])
def test_a_risk_tier_has_a_name(tier: int, label: str) -> None:
    risk = detail(risk_tier=tier).card.risk
    assert risk is not None
    assert risk.label == label


@pytest.mark.parametrize("tier", [True, 3, "1", None])
def test_an_unknown_risk_tier_is_not_shown(tier: object) -> None:
    assert detail(risk_tier=tier).card.risk is None


def test_an_entry_without_category_and_title_is_still_found() -> None:
    card = detail(display_name=" ", category=None).card
    assert (card.title, card.category) == ("notes", NO_CATEGORY)


def test_only_sections_with_something_in_them_are_offered() -> None:
    assert [section.id for section in detail().sections] == ["install"]
    full = make_detail(DOCUMENT_CHAT, make_card(DOCUMENT_CHAT, NO_FACTS, None), NO_FACTS)
    assert [section.id for section in full.sections] == [
        *("settings", "services", "images", "install", "compose")
    ]
