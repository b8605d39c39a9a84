"""A deployment names container ports one by one, and somebody can reach it."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.model.names import Kind
from tests.rules.builder import by_hand, extension, found, places, the


@pytest.mark.parametrize(
    "entry", ["8000", 8000, "6060/udp", {"target": 8000}, {"target": 8000, "protocol": "tcp"}]
)
def test_a_container_port_is_fine(entry: Any) -> None:
    assert found(by_hand({"ports": [entry]})) == []


@pytest.mark.parametrize(
    "entry",
    [
        "8080:8000",
        "127.0.0.1:9000:9000",
        "127.0.0.1::9000",
        "${PORT:-8000}:8000",
        "[::1]:7000:7000",
        {"target": 8000, "published": 80},
        {"target": 8000, "host_ip": "127.0.0.1"},
    ],
)
def test_a_port_of_the_host_is_an_error(entry: Any) -> None:
    made = by_hand({"ports": ["8000", entry]})
    assert found(made) == ["KZ305"]
    assert places("KZ305", made) == [("services", "web", "ports", 1)]


def test_a_range_is_a_warning() -> None:
    made = by_hand({"ports": ["3000-3005"]})
    assert found(made) == ["KZ314"]
    assert not the("KZ314", made).is_error


@pytest.mark.parametrize("entry", ["x", "99999", None, [], {"target": "x"}])
def test_what_is_no_port_is_one_error(entry: Any) -> None:
    assert found(by_hand({"ports": [entry]})) == ["KZ208"]


def test_a_port_below_1024_is_a_warning() -> None:
    assert found(by_hand({"ports": ["80"]})) == ["KZ210"]


@pytest.mark.parametrize(
    ("kind", "expected"), [(Kind.APP, ["KZ313"]), (Kind.TOOL, ["KZ313"]), (Kind.SERVICE, [])]
)
def test_an_app_or_a_tool_without_any_port_is_a_warning(kind: Kind, expected: list[str]) -> None:
    assert found(extension(kind=kind, development={"services": {"web": {"build": "."}}})) == expected
    assert found(by_hand({"ports": ...}, kind=kind)) == expected


def test_an_exposed_port_is_enough() -> None:
    assert found(extension(development={"services": {"web": {"build": ".", "expose": ["8000"]}}})) == []


def test_without_services_nobody_asks_for_a_port() -> None:
    assert found(by_hand(services={})) == ["KZ201"]
