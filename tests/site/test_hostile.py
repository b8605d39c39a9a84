"""A website of entries that mean harm: nothing in it acts or asks, and it is well formed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.sax import SAXException

import pytest
from defusedxml.sax import parseString
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from catalog.model.names import Kind
from catalog.registry.registry import Entry, Registry
from catalog.site.facts import SiteOptions
from catalog.site.shell import plain_shell
from tests.site.building import build, pages_of
from tests.site.hostile import BREAKOUTS, ENTRIES, REGISTRY, SOUND, TEMPLATES, TEXT_FIELDS, hostile_facts
from tests.site.oracle import complaints

if TYPE_CHECKING:
    from catalog.site.facts import SiteFacts

SHELL = plain_shell(TEMPLATES)
OPTIONS = SiteOptions(SOUND, "https://catalog.example", description=SOUND)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SiteFacts]:
    return hostile_facts(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def made(facts: dict[str, SiteFacts]) -> dict[str, bytes]:
    return build(SHELL, REGISTRY, facts, OPTIONS)


def test_no_entry_stops_the_website(made: dict[str, bytes]) -> None:
    pages = [path for path in made if path.startswith("site/extensions/") and path.endswith(".html")]
    assert len(pages) == len(ENTRIES)


def test_no_page_acts_or_asks_or_is_malformed(made: dict[str, bytes]) -> None:
    files, pages = frozenset(made), pages_of(made)
    found = {path: complaints(path, text, files) for path, text in pages.items()}
    assert {path: what for path, what in found.items() if what} == {}


def test_no_file_lies_where_a_name_wants_it(made: dict[str, bytes]) -> None:
    for path in made:
        assert ".." not in path
        assert re.fullmatch(r"[A-Za-z0-9._/-]{1,200}", path), path
        assert max(map(len, path.split("/"))) <= 100


def test_every_document_for_programs_parses(made: dict[str, bytes]) -> None:
    for path, content in made.items():
        if path.endswith(".json"):
            json.loads(content)
        elif path.endswith((".svg", ".xml")):
            try:
                parseString(content, _Nothing())
            except SAXException as error:
                pytest.fail(f"{path}: {error}")
            assert b"<script" not in content.lower()


class _Nothing:
    """A handler that wants no part of a document."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


def test_the_data_for_scripts_are_data(made: dict[str, bytes]) -> None:
    text = made["site/catalog-data.js"].decode()
    assert re.fullmatch(r"window\.__CATALOG=JSON\.parse\('(?:[^'\\\n\r]|\\.)*'\);\n", text)


def test_pictures_of_a_hostile_entry_are_shown_as_pixels(facts: dict[str, SiteFacts]) -> None:
    pictures = facts["pictures"].pictures
    assert pictures.preview
    assert len(pictures.gallery) == 2
    assert {one.file for one in pictures.unreadable} == {
        *("<_script><script>x.txt", "bomb.svg", "empty.png", "page.png", "raw.gif"),
    }


def test_an_entry_without_anything_has_its_page(made: dict[str, bytes]) -> None:
    for name in ("nothing-at-all", "wrong-forms", "null-forms", "list-forms"):
        assert f'<h1 dir="auto">{name}</h1>' in made[f"site/extensions/{name}.html"].decode()


PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Without making a failing case smaller: each try builds a website."""
WORDS = st.sampled_from(BREAKOUTS) | st.text(max_size=12)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [
        *TEXT_FIELDS,
        *("name", "tags", "capabilities", "risk_tier", "verified", "env_defaults", "env_metadata"),
        *("required_env_vars", "optional_env_vars", "docker_images", "extra_docker_images", "compose_yml"),
        *("fail_if_model_type_unavailable", "configuration_examples", "x-catalog", "workload_identity"),
    ]
)


COMPOSE = st.dictionaries(
    st.sampled_from(
        ["image", "ports", "volumes", "environment", "deploy", "depends_on", "privileged", "devices"]
    ),
    ANYTHING,
    max_size=6,
)
SERVICES = st.dictionaries(WORDS, COMPOSE | ANYTHING, max_size=3)
ENTRY = st.tuples(st.dictionaries(FIELDS, ANYTHING, max_size=8), st.none() | SERVICES)
LOOKING = ("site/index.html", "site/extensions/")


def website_of(entries: list[tuple[dict[str, Any], Any]], names: list[str]) -> dict[str, str]:
    made = [Entry("sound", Kind.TOOL, {"name": "sound"})]
    for name, (data, services) in zip(names, entries, strict=False):
        compose = {"compose_yml": json.dumps({"services": services})} if services is not None else {}
        made.append(Entry(name, Kind.APP, {**data, **compose}))
    return pages_of(build(SHELL, Registry.of(made), {}))


@pytest.mark.parametrize(
    "examples", [pytest.param(2, id="quick"), pytest.param(60, id="thorough", marks=pytest.mark.slow)]
)
def test_any_value_in_any_field_makes_a_page(examples: int) -> None:
    @settings(max_examples=examples, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
    @given(st.lists(ENTRY, min_size=12, max_size=12), st.lists(WORDS, min_size=12, max_size=12, unique=True))
    def check(entries: list[tuple[dict[str, Any], Any]], names: list[str]) -> None:
        pages = website_of(entries, names)
        assert "site/extensions/sound.html" in pages
        looked_at = {path: text for path, text in pages.items() if path.startswith(LOOKING)}
        assert [what for path, text in looked_at.items() for what in complaints(path, text)] == []

    check()


def test_the_oracle_sees_what_it_is_for() -> None:
    for harm in (
        "<script>x</script>",
        "<p onclick=x>",
        "<img src=https://e.test/x>",
        "<img srcset='a.png 1w, //e.test/x 2w'>",
        "<a href='javascript:x'>y</a>",
        "<p style=x>y</p>",
        "<svg><image href='data:x'/></svg>",
        "<p id=a></p><p id=a></p>",
        "<div><b></div>",
        "</div>",
        "<iframe></iframe>",
    ):
        assert complaints("site/a.html", harm)[:-1], harm
    assert complaints("site/a.html", "<a href='b.html'>x</a>", frozenset({"site/a.html"}))[:-1]
