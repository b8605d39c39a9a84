"""An address is taken in every form that documents use, and a password in it never gets into a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import UsageError
from catalog.remote.address import origin_of, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://localhost", "http://localhost/api"),
        ("https://kamiwaza.acme.test", "https://kamiwaza.acme.test/api"),
        ("https://kamiwaza.acme.test/", "https://kamiwaza.acme.test/api"),
        ("https://kamiwaza.acme.test/api", "https://kamiwaza.acme.test/api"),
        ("https://kamiwaza.acme.test/api/", "https://kamiwaza.acme.test/api"),
        ("https://kamiwaza.acme.test/api/v1", "https://kamiwaza.acme.test/api"),
        (" HTTPS://Kamiwaza.Acme.Test:443/api\n", "https://kamiwaza.acme.test/api"),
        ("http://localhost:7777/api", "http://localhost:7777/api"),
        ("https://acme.test/kamiwaza", "https://acme.test/kamiwaza/api"),
        ("http://[::1]:80", "http://[::1]/api"),
    ],
)
def test_every_form_of_an_address_means_the_same_place(text: str, address: str) -> None:
    assert str(parse_address(text)) == address
    assert parse_address(address) == parse_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kamiwaza.acme.test",
        "ftp://acme.test",
        "https://",
        "https://acme.test:port",
        "https://acme.test:99999",
        "https://[::1",
        "https://acme.test/a b",
        "https://acme.test/\x1b]0;",
        "https://ada:hunter2@acme.test",
        "https://ada:hunter2@",
        "ada:hunter2@acme.test",
        "https://acme.test/?token=hunter2",
        "https://acme.test/#hunter2",
        "https://user@acme.test",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_a_password(text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        parse_address(text)
    assert "hunter2" not in refusal.value.message + refusal.value.hint
    assert refusal.value.hint


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_a_usage_error(text: str) -> None:
    try:
        address = parse_address(text)
    except UsageError:
        return
    assert str(address).endswith("/api")
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    ("url", "is_private"),
    [
        ("https://acme.test", True),
        ("http://localhost", True),
        ("http://kamiwaza.localhost", True),
        ("http://127.8.9.10:80", True),
        ("http://[::1]", True),
        ("http://acme.test", False),
        ("http://localhost.acme.test", False),
        ("http://128.0.0.1", False),
    ],
)
def test_only_tls_and_this_machine_are_private(url: str, is_private: bool) -> None:
    assert parse_address(url).is_private is is_private


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin_of("https://a.test/x") == origin_of("https://A.test:443/y")
    others = ("http://a.test", "https://a.test:444", "https://b.test", "https://a.test.b.test")
    assert origin_of("https://a.test") not in {origin_of(url) for url in others}
