from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import IntegrityError
from catalog.model.names import Kind
from catalog.registry.reading import read_entries
from catalog.registry.registry import Entry, Registry

NAMES = st.lists(st.text(min_size=1, max_size=12), unique=True, max_size=6)


def read(document: Any, default: Kind = Kind.APP) -> tuple[Entry, ...]:
    return read_entries(json.dumps(document).encode(), "apps.json", default)


@given(NAMES, st.sampled_from([Kind.APP, Kind.SERVICE]))
def test_what_is_written_is_read_back(names: list[str], kind: Kind) -> None:
    registry = Registry.of(Entry(name, kind, {"name": name, "template_type": kind.value}) for name in names)
    assert read_entries(registry.apps_json(), "apps.json", Kind.APP) == registry.entries


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"template_type": "service"}, Kind.SERVICE),
        ({"template_type": "services"}, Kind.SERVICE),
        ({"type": "tool"}, Kind.TOOL),
        ({}, Kind.TOOL),
        ({"template_type": "nothing that we know"}, Kind.TOOL),
    ],
)
def test_kinds_are_read_in_every_spelling_of_the_platform(data: dict[str, Any], kind: Kind) -> None:
    assert read([{"name": "a", **data}], Kind.TOOL)[0].kind is kind


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[{]", r"apps\.json is no catalog: line 1, column 3: a key in double quotes should stand"),
        (b"{}", "it is not a list of entries"),
        (b'[{"name": "a"}, {}]', "entry 2 has no name"),
        (b'[{"name": 1}]', "entry 1 has no name"),
        (b"[1]", "entry 1 has no name"),
        (b'[{"name": "a"}, {"name": "a"}]', "the name 'a' comes twice"),
        (b"\xff", "codec can't decode"),
        (b"[" * 200_000, "it nests too deeply"),
        (b'[{"name": "a",\n "x": NaN}]', "line 2, column 7: NaN is not JSON"),
        (b'[{"name": "a", "x": [1e999]}]', "line 1, column 22: 1e999 is too large for a number"),
        (b"<html>", "line 1, column 1"),
    ],
)
def test_what_is_no_catalog_is_refused_with_the_place(content: bytes, reason: str) -> None:
    with pytest.raises(IntegrityError, match=reason):
        read_entries(content, "apps.json", Kind.APP)


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with suppress(IntegrityError):
        assert all(entry.name for entry in read_entries(content, "apps.json", Kind.APP))
