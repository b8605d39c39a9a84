"""Whether the App Garden file is current, stale, missing or somebody's own."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from catalog.appgarden.emit import HEADER, is_generated, to_yaml, without_header
from catalog.appgarden.freshness import Freshness, freshness
from catalog.appgarden.transform import transform

COMPOSE = "services: {app: {build: ., configs: [{source: c, mode: 0440}]}}\nconfigs: {c: {content: x}}"


def state(transformed: Any, deployment: str | None, compose: str = COMPOSE, **extension: Any) -> Freshness:
    made = transformed.extension(compose, deployment=deployment, **extension)
    return freshness(made, transform(made, "kamiwazaai"))


@pytest.fixture
def current(transformed: Any) -> str:
    return to_yaml(transformed(COMPOSE).data)


def test_no_file_is_missing(transformed: Any) -> None:
    assert state(transformed, None) is Freshness.MISSING


def test_what_would_be_written_is_current(transformed: Any, current: str) -> None:
    assert state(transformed, current) is Freshness.CURRENT


def test_another_layout_of_the_same_data_is_current(transformed: Any, current: str) -> None:
    assert state(transformed, current.replace(": ", ":   ") + "\n# end\n") is Freshness.CURRENT
    assert state(transformed, current.replace("\n", "\r\n")) is Freshness.CURRENT


def test_a_file_of_ours_that_no_longer_parses_is_stale(transformed: Any, current: str) -> None:
    made = transformed.extension(COMPOSE, deployment=current)
    broken = replace(made.kamiwaza.deployment, text=current + "[")
    damaged = replace(made, kamiwaza=replace(made.kamiwaza, deployment=broken))
    assert freshness(damaged, transform(damaged, "kamiwazaai")) is Freshness.STALE


def test_other_data_is_stale(transformed: Any, current: str) -> None:
    assert state(transformed, current.replace("v1.2.0", "v1.1.0")) is Freshness.STALE


def test_a_number_that_is_spelled_otherwise_is_stale(transformed: Any, current: str) -> None:
    assert state(transformed, current.replace("0440", "440")) is Freshness.STALE


def test_a_file_without_our_header_is_handwritten(transformed: Any, current: str) -> None:
    assert state(transformed, without_header(current)) is Freshness.HANDWRITTEN


def test_a_handwritten_file_stays_so_when_the_development_file_has_errors(transformed: Any) -> None:
    assert state(transformed, "services: {}", compose="services: {}") is Freshness.HANDWRITTEN


def test_our_file_is_stale_when_the_development_file_has_errors(transformed: Any, current: str) -> None:
    assert state(transformed, current, compose="services: {}") is Freshness.STALE


def test_a_file_that_cannot_be_read_may_be_handwritten(transformed: Any) -> None:
    assert state(transformed, None, files=("docker-compose.appgarden.yml",)) is Freshness.HANDWRITTEN


def test_the_header_is_told_by_its_first_line() -> None:
    assert is_generated(f"{HEADER}\r\na: b")
    assert not is_generated(f"a: b\n{HEADER}\n")
    assert without_header(f"{HEADER}\na: b\n") == "a: b\n"
    assert without_header("a: b\n") == "a: b\n"


def test_an_extension_without_a_development_file_is_refused(transformed: Any) -> None:
    with pytest.raises(ValueError, match="notes has no development file"):
        transform(transformed.extension(None), "kamiwazaai")
