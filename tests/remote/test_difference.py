"""A difference is what a person would call one, and shows nothing that is secret."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.model.names import Kind
from catalog.registry.registry import Entry
from catalog.remote.difference import Change, changes, untold
from catalog.remote.payload import payload
from catalog.remote.shown import shown
from catalog.remote.sync_plan import SyncStep, outcome, plan_sync
from catalog.remote.templates import RemoteEntry, Template


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"tags": []}, {"tags": None}),
        ({"env_defaults": {}}, {"env_defaults": None}),
        ({"description": ""}, {"description": None}),
        ({"compose_yml": "a: 1\n"}, {"compose_yml": "a: 1"}),
        ({"env_metadata": {"a": 1, "b": 2}}, {"env_metadata": {"b": 2, "a": 1}}),
        ({"docker_images": ["x"]}, {}),
        ({}, {"owner_id": "x"}),
    ],
)
def test_what_means_the_same_is_no_difference(sent: dict[str, Any], told: dict[str, Any]) -> None:
    assert changes(sent, told) == ()


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"risk_tier": 1}, {"risk_tier": True}),
        ({"preferred_model_type": None}, {"preferred_model_type": "any"}),
        ({"preferred_model_type": "any"}, {"preferred_model_type": None}),
        ({"category": ""}, {"category": None}),
        ({"compose_yml": "a: 1"}, {"compose_yml": "a:  1"}),
        ({"tags": ["a", "b"]}, {"tags": ["b", "a"]}),
        ({"description": ""}, {"description": False}),
    ],
)
def test_what_means_something_else_is_one(sent: dict[str, Any], told: dict[str, Any]) -> None:
    (field,) = sent
    assert changes(sent, told) == (Change(field, told[field], sent[field]),)


def test_what_the_platform_does_not_tell_is_known_as_such() -> None:
    assert untold({"a": 1, "b": 2}, {"a": 3}) == ("b",)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("env_defaults", {"DB_PASSWORD": "x", "A": "1"}, {"DB_PASSWORD": "(hidden)", "A": "1"}),
        ("env_defaults", {"DB_PASSWORD": ""}, {"DB_PASSWORD": ""}),
        ("env_defaults", {"URL": "http://ada:x@db/1"}, {"URL": "http://(hidden)@db/1"}),
        ("compose_yml", "  API_KEY: x\n  A: 1\n", "  API_KEY: (hidden)\n  A: 1\n"),
        ("compose_yml", "  - OPENAI_TOKEN=x", "  - OPENAI_TOKEN=(hidden)"),
        ("compose_yml", '  - "OPENAI_TOKEN=x"', '  - "OPENAI_TOKEN=(hidden)'),
        ("compose_yml", "    my-secret:\n      a: b", "    my-secret:\n      a: b"),
        ("preview_image_data", "A" * 4000, "(4,000 characters)"),
        ("env_metadata", [{"TOKEN": "x"}, None, 1], [{"TOKEN": "(hidden)"}, None, 1]),
    ],
)
def test_values_are_hidden_where_a_name_speaks_of_a_secret(field: str, value: Any, expected: Any) -> None:
    assert shown(Change(field, value, None)) == Change(field, expected, None)
    assert shown(Change(field, None, value)) == Change(field, None, expected)


def test_an_image_alone_is_sent_with_a_compose_file_and_its_picture() -> None:
    entry = Entry("tool-x", Kind.TOOL, {"name": "tool-x", "image": "x:1", "preview_image": "/garden/x.png"})
    body = payload(entry, b"\x89PNG")
    assert body["preview_image_data"] == "iVBORw=="
    assert "preview_image" not in body
    assert body["compose_yml"].startswith("services:\n  tool:\n    image: x:1\n")
    assert entry.data["preview_image"] == "/garden/x.png"


def template(name: str, version: str | None, kind: str | None = None) -> Template:
    data = {"id": "00000000-0000-0000-0000-000000000001", "name": name, "version": version}
    return Template.model_validate({**data, "template_type": kind})


@pytest.mark.parametrize(
    ("name", "said", "kind"),
    [
        ("notes", None, Kind.APP),
        ("notes", "services", Kind.SERVICE),
        ("mcp-x", None, Kind.TOOL),
        ("service-x", "", Kind.SERVICE),
        ("tool-x", "App", Kind.APP),
        ("tool-x", "gadget", Kind.TOOL),
    ],
)
def test_a_template_is_of_the_kind_that_it_says_or_that_its_name_says(
    name: str, said: str | None, kind: Kind
) -> None:
    assert template(name, None, said).kind is kind


@pytest.mark.parametrize(
    ("offered", "stored", "deed"),
    [
        ("1.1.0", "1.0.0", "updated"),
        ("1.10.0", "1.9.0", "updated"),
        ("1.0.0", "1.0.0", "unchanged"),
        ("1.0.0-rc.1", "1.0.0", "unchanged"),
        ("0.9.0", "1.0.0", "unchanged"),
        ("v2", "1.0.0", "updated"),
        (None, None, "unchanged"),
        ("1.0.0", None, "updated"),
    ],
)
def test_the_platform_takes_up_an_entry_when_its_version_rises(
    offered: str | None, stored: str | None, deed: str
) -> None:
    catalog = [RemoteEntry(name="notes", version=offered)]
    (step,) = plan_sync((), catalog, [], [template("notes", stored)])
    assert step.deed == deed


def test_what_came_of_a_step_is_what_the_platform_shows() -> None:
    apps, tools = [RemoteEntry(name="b", version="2.0.0")], [RemoteEntry(name="tool-a", version="1.0.0")]
    old = [template("b", "1.0.0")]
    update, create, unknown = plan_sync(("b", "tool-a", "c", "b"), apps, tools, old)
    assert [step.deed for step in (update, create, unknown)] == ["updated", "created", "refused"]
    assert outcome(update, old).reason == "the platform kept 1.0.0, though it was asked to import"
    assert outcome(create, old).reason == "the platform did not import it, though it was asked to"
    assert outcome(unknown, old) is unknown
    new = [template("b", "2.0.1"), template("tool-a", "1.0.0")]
    assert outcome(update, new) == SyncStep(
        "b", is_tool=False, deed=update.deed, before="1.0.0", after="2.0.1"
    )
    assert outcome(create, new).after == "1.0.0"
