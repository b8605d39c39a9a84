"""What the page of an entry says about it."""

from __future__ import annotations

import json
import re
from functools import cache
from html import unescape
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.appgarden.host_power import TAKES_POWER
from catalog.model import codes
from catalog.model.manifest import CatalogNotes
from catalog.model.names import Kind
from catalog.registry.history import Release
from catalog.registry.registry import Entry, Registry
from catalog.site.addresses import extension_page
from catalog.site.card import NO_CATEGORY, make_card
from catalog.site.changelog import changelog
from catalog.site.compose_source import compose_html
from catalog.site.detail import Detail, make_detail
from catalog.site.facts import NO_FACTS, SiteFacts, SiteOptions
from catalog.site.lists import Link
from catalog.site.services import Service, images, read_compose, running
from catalog.site.shell import plain_shell
from catalog.site.variables import Variable, variables
from catalog.site.writer import About, PageWriter
from tests.site.building import OPTIONS, build, pages_of
from tests.site.sample import DOCUMENT_CHAT, TEMPLATES

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
    return make_detail(entry, make_card(entry, NO_FACTS), NO_FACTS, OPTIONS)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_entry_stops_a_website(data: dict[str, Any]) -> None:
    assert detail(**data).card.name == "notes"


KEYS = (
    *(
        "image",
        "ports",
        "expose",
        "volumes",
        "depends_on",
        "environment",
        "deploy",
        "devices",
        "runtime",
        "gpus",
    ),
    *("pull_policy", "network_mode", "use_api_socket", *TAKES_POWER),
)
SERVICES = st.dictionaries(
    st.text(max_size=5), st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6) | JSON, max_size=4
)


@cache
def writer() -> PageWriter:
    return PageWriter.of(plain_shell(TEMPLATES), SiteOptions("A"))


@settings(max_examples=50, deadline=None)
@given(SERVICES, st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4))
def test_no_compose_file_stops_a_page(services: dict[str, Any], data: dict[str, Any]) -> None:
    made = detail(**{**data, "compose_yml": json.dumps({"services": services}, indent=1)})
    link = Link("a", "category/a.html", 0)
    page = writer().page(
        "extension.html", extension_page("notes"), About("a", "b"), detail=made, category=link, tags=[]
    )
    assert isinstance(page.content, bytes)
    lines = [reason.line for reason in (*made.card.profile.risks, *made.card.profile.airgap_problems)]
    assert all(f'id="L{line}"'.encode() in page.content for line in lines if line)


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


def read(compose: str) -> tuple[Service, ...]:
    return running(read_compose(compose))


def test_services_show_ports_volumes_and_limits() -> None:
    compose = """
services:
  web:
    image: acme/web:1.0
    ports: ["8000", {target: 9000}]
    expose: [7000]
    volumes: ["data:/data", {type: volume, source: logs, target: /logs, read_only: true}, 5]
    deploy: {resources: {limits: {cpus: "0.5", memory: 256M}}}
  bare: {}
"""
    web, bare = read(compose)
    assert (web.ports, web.exposed) == (("8000", "9000"), ("7000",))
    assert web.volumes == ("data:/data", "logs:/logs:ro", "5")
    assert web.limits == ("0.5 CPU", "256M memory")
    assert bare == Service("bare", "")


@pytest.mark.parametrize("compose", ["", "{{{", "- a", "services: 3", "a: 1\na: 2", "services:\n  web: text"])
def test_a_compose_file_that_cannot_be_read_has_no_services(compose: str) -> None:
    assert read(compose) == ()


def test_images_are_named_once_with_who_runs_them() -> None:
    services = read("services: {a: {image: x:1}, b: {image: x:1}, c: {image: y:2}}")
    data = {"docker_images": ["x:1", "z:3"], "extra_docker_images": ["z:3"]}
    assert [(image.ref, image.used_by) for image in images(data, services, {})] == [
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
    assert detail(homepage=homepage).links == ()


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
    assert [section.id for section in detail().sections] == ["install", "airgap", "risk", "refer"]
    facts = SiteFacts(
        "# Chat\n\nIt chats.", "## 2.4.1\n\n- New.", (codes.NO_PORT.at(PurePosixPath("a"), "No."),)
    )
    full = make_detail(DOCUMENT_CHAT, make_card(DOCUMENT_CHAT, facts), facts, OPTIONS)
    assert [section.id for section in full.sections] == [
        *("about", "install", "airgap", "risk", "settings", "services", "images", "changes", "compose"),
        *("findings", "refer"),
    ]
    assert full.is_changelog_current


def test_variables_behind_any_number_of_blank_lines_are_found_in_no_time() -> None:
    assert [row.name for row in variables({}, "\n" * 500_000 + "a: $X")] == ["X"]


def test_variables_that_the_compose_file_reads_are_settings_too() -> None:
    compose = """
# ${NOT_THIS:-x}
a: ${LEVEL:-info} ${BARE} $PLAIN $$LITERAL $${ALSO} ${KEY:?choose one} ${SET-} ${NESTED:-${OTHER}}
b: ${KAMIWAZA_ORIGIN} ${OPENAI_BASE_URL:?} ${SIZE:-9} ${A:-7}
"""
    rows = {
        row.name: row
        for row in variables({"env_defaults": {"SIZE": "1"}, "env_metadata": {"A": {}}}, compose)
    }
    assert list(rows) == [
        *("KEY", "SIZE", "A", "LEVEL", "BARE", "PLAIN", "SET", "OTHER", "KAMIWAZA_ORIGIN", "OPENAI_BASE_URL")
    ]
    assert (rows["LEVEL"].default, rows["SET"].default, rows["BARE"].default) == ("info", "", None)
    assert (rows["KEY"].is_required, rows["KEY"].meaning) == (True, "choose one")
    assert (rows["SIZE"].default, rows["A"].default) == ("1", "7")
    assert [name for name, row in rows.items() if row.is_from_platform] == [
        "KAMIWAZA_ORIGIN",
        "OPENAI_BASE_URL",
    ]
    assert not rows["OPENAI_BASE_URL"].is_required


def test_a_label_stands_before_the_meaning() -> None:
    data = {"env_metadata": {"A": {"label": "Letter", "description": "The first one."}}}
    assert variables(data)[0] == Variable("A", None, False, "The first one.", label="Letter")


def test_links_lead_to_the_web_only() -> None:
    notes = CatalogNotes(links={"Handbook": "https://a.test/h", "Bad": "javascript:1", "Odd": "//b.test"})
    entry = Entry("notes", Kind.APP, {"homepage": "https://a.test"})
    facts = SiteFacts(notes=notes)
    made = make_detail(entry, make_card(entry, facts), facts, OPTIONS)
    assert [(link.title, link.address) for link in made.links] == [
        ("Homepage", "https://a.test"),
        ("Handbook", "https://a.test/h"),
    ]


def test_a_successor_is_linked_by_its_name() -> None:
    facts = SiteFacts(notes=CatalogNotes(status="deprecated", successor="Better Notes"))
    entry = Entry("notes", Kind.APP, {})
    made = make_detail(entry, make_card(entry, facts), facts, OPTIONS)
    assert re.fullmatch(r"extensions/better-notes-[0-9a-f]{8}\.html", made.successor)


def test_a_successor_that_is_not_in_the_catalog_is_named_and_not_linked() -> None:
    facts = {"notes": SiteFacts(notes=CatalogNotes(status="deprecated", successor="better-notes"))}
    entries = [Entry("notes", Kind.APP, {"version": "1.0.0"})]
    shell = plain_shell(TEMPLATES)
    alone = pages_of(build(shell, Registry.of(entries), facts))["site/extensions/notes.html"]
    assert "<bdi>better-notes</bdi></strong> (not in this catalog)" in alone
    assert "better-notes.html" not in alone
    both = [*entries, Entry("better-notes", Kind.APP, {"version": "1.0.0"})]
    page = pages_of(build(shell, Registry.of(both), facts))["site/extensions/notes.html"]
    assert 'href="../extensions/better-notes.html"' in page


def test_what_differs_between_versions_is_a_section_with_an_anchor_for_each() -> None:
    facts = SiteFacts(
        changelog="## 1.1.0\n\n- By hand.",
        releases=(
            Release("1.2.0", "2026-03-04", ("port web 80 is new", "<b> is gone")),
            Release("1.1.0", "2026-02-03", ("risk risk_tier: 0 → 1",)),
            Release("1.0.0", "2026-01-02"),
        ),
    )
    entry = Entry("notes", Kind.APP, {"version": "1.2.0"})
    page = pages_of(build(plain_shell(TEMPLATES), Registry.of([entry]), {"notes": facts}))[
        "site/extensions/notes.html"
    ]
    assert "1.2.0, 4 Mar 2026: 2 differences" in page
    assert "1.1.0, 3 Feb 2026: 1 difference<" in page
    assert "&lt;b&gt; is gone" in page
    assert [page.count(f'id="v{version}"') for version in ("1.2.0", "1.1.0", "1.0.0")] == [1, 1, 0]


def test_reasons_for_risk_of_one_kind_stand_together() -> None:
    compose = "services:\n  a: {image: x:1, privileged: true}\n  b: {image: y:1, privileged: true}\n"
    groups = detail(compose_yml=compose).risk_groups
    assert [(group.title, group.is_grave, len(group.reasons)) for group in groups] == [
        ("Privileged container", True, 2),
        ("Images of others", False, 2),
    ]


def test_every_line_of_the_compose_file_has_an_anchor_and_no_token_crosses_lines() -> None:
    compose = "services:\n\n  - a: 'x\n    y'\n# <b>\n" + "k: " + "v" * 500
    html = compose_html(compose)
    lines = re.findall(r'<span id="L([0-9]+)">(.*?)\n</span>(?=<span id|$)', html, re.DOTALL)
    assert [int(number) for number, _ in lines] == [1, 2, 3, 4, 5, 6]
    assert all(line.count("<span") == line.count("</span>") for _, line in lines)
    assert unescape(re.sub("<[^>]*>", "", html)) == f"{compose}\n"
    assert "&lt;b&gt;" in html
    assert compose_html("") == ""


def test_versions_in_a_changelog_have_anchors() -> None:
    made = changelog(
        "# Changelog\n\n## [2.0.0] - 2026-01-02\n\n### Added\n\n- x\n\n## v1.0.0-rc.1\n\n## 2.0.0\n\n## Old"
    )
    assert made.versions == ("2.0.0", "1.0.0-rc.1")
    assert made.html.count('id="v2.0.0"') == 1
    assert 'id="v1.0.0-rc.1"' in made.html
    assert "Changelog" not in made.html


@pytest.mark.parametrize("markdown", ["", " \n", "# Changelog\n\nNothing yet."])
def test_a_changelog_may_tell_of_no_version(markdown: str) -> None:
    assert changelog(markdown).versions == ()
