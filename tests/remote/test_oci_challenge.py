"""The header WWW-Authenticate: what servers write is read, what nobody would write does no harm."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.remote.oci_challenge import Challenge, challenges

TOKEN = st.text(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~", min_size=1, max_size=12)
QUOTED = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=30)
CHALLENGES = st.lists(
    st.tuples(
        TOKEN.map(str.lower),
        st.dictionaries(TOKEN.map(str.lower), QUOTED, min_size=1, max_size=4),
    ).map(lambda parts: Challenge(*parts)),
    max_size=4,
)


def written(challenge: Challenge) -> str:
    values = {
        name: value.replace("\\", "\\\\").replace('"', '\\"') for name, value in challenge.parameters.items()
    }
    return f"{challenge.scheme} " + ", ".join(f'{name}="{value}"' for name, value in values.items())


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", []),
        ("Basic", [Challenge("basic")]),
        ('Basic realm="x"', [Challenge("basic", {"realm": "x"})]),
        (
            'Bearer realm="https://auth.acme.test/token",service="registry.acme.test",scope="repository:a/b:pull"',
            [
                Challenge(
                    "bearer",
                    {
                        "realm": "https://auth.acme.test/token",
                        "service": "registry.acme.test",
                        "scope": "repository:a/b:pull",
                    },
                )
            ],
        ),
        ("Negotiate, Basic realm=x", [Challenge("negotiate"), Challenge("basic", {"realm": "x"})]),
        ("Negotiate YII=, Bearer realm=x", [Challenge("negotiate"), Challenge("bearer", {"realm": "x"})]),
        ('Bearer realm="a, Basic b"', [Challenge("bearer", {"realm": "a, Basic b"})]),
        ('Bearer realm = "a" ,, x="b\\"c"', [Challenge("bearer", {"realm": "a", "x": 'b"c'})]),
        ('Bearer REALM="first", realm="second"', [Challenge("bearer", {"realm": "first"})]),
        ('Bearer realm="never closed', [Challenge("bearer")]),
        ("=,=,=", []),
    ],
)
def test_what_servers_write_is_read(header: str, expected: list[Challenge]) -> None:
    assert challenges(header)[: max(1, len(expected))] == expected


@given(CHALLENGES)
def test_what_is_written_by_the_rules_is_read_as_it_was(wanted: list[Challenge]) -> None:
    assert challenges(", ".join(map(written, wanted))) == wanted


@given(st.text())
def test_no_header_does_harm(header: str) -> None:
    for challenge in challenges(header):
        assert challenge.scheme == challenge.scheme.lower()
        assert challenge.scheme


@pytest.mark.parametrize("unit", ["a ", 'a="', '"', "a=", "\\", ",", 'a="\\'])
def test_a_very_long_header_ends(unit: str) -> None:
    assert len(challenges(unit * 20_000)) < 20_000
