"""Environment variables keep out of the platform's names, and their values mean something in a container."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from catalog.rules.variables import RESERVED, TEMPLATE_VARIABLES
from tests.rules.builder import by_hand, extension, found, places, the

if TYPE_CHECKING:
    from catalog.model.extension import Extension


def with_default(name: str, value: Any = "x") -> Extension:
    return extension(manifest={"env_defaults": {name: value}})


def with_environment(environment: Any) -> Extension:
    web = {"build": ".", "ports": ["8000"], "environment": environment}
    return extension(development={"services": {"web": web}})


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_reserved_variable_is_an_error(name: str) -> None:
    finding = the("KZ112", with_default(name))
    assert finding.is_error
    assert finding.pointer == ("env_defaults", name)
    assert found(with_default(name)) == ["KZ112"]


@pytest.mark.parametrize(
    "name", ["KAMIWAZA_URL", "FORWARDAUTH_SIGNATURE_SECRET", "SERVICE_NAME", "SERVICE_PORT"]
)
def test_another_variable_of_the_platform_is_a_warning(name: str) -> None:
    assert not the("KZ113", with_default(name)).is_error


@pytest.mark.parametrize("name", ["KAMIWAZA_API_URI", "PORT", "OPENAI_API_KEY"])
def test_other_names_are_free(name: str) -> None:
    assert found(with_default(name)) == []


def test_a_reserved_name_is_found_although_another_value_is_no_text() -> None:
    made = extension(manifest={"env_defaults": {"PORT": 1, "KAMIWAZA_APP_PORT": "1"}})
    assert found(made) == ["KZ102", "KZ112"]


def test_defaults_that_are_no_mapping_are_reported_once() -> None:
    assert found(extension(manifest={"env_defaults": ["A=1"]})) == ["KZ102"]


def test_metadata_describes_variables_that_exist() -> None:
    defaults = {"MODE": "fast"}
    sound = {"env_defaults": defaults, "env_metadata": {"MODE": {"label": "Mode"}}}
    assert found(extension(manifest=sound)) == []
    made = extension(manifest={"env_defaults": defaults, "env_metadata": {"MOOD": {}}})
    assert places("KZ119", made) == [("env_metadata", "MOOD")]


@pytest.mark.parametrize("name", sorted(TEMPLATE_VARIABLES))
def test_the_platforms_placeholders_are_known(name: str) -> None:
    assert found(with_default("URL", f"x{{{name}}}y")) == []


@pytest.mark.parametrize(
    "text", ["${port}", '{"a": 1}', "{{name}}", "{PORT}", "{}", "{a b}", "${X:-{app_port}}"]
)
def test_other_braces_are_no_placeholders(text: str) -> None:
    assert "KZ114" not in found(with_default("TEXT", text))


def test_an_unknown_placeholder_is_a_warning_and_the_known_ones_are_told() -> None:
    finding = the("KZ114", with_default("URL", "http://x:{port}/{port}"))
    assert not finding.is_error
    assert "{app_port}" in finding.hint


def test_the_placeholder_lb_port_has_an_advice_of_its_own() -> None:
    assert the("KZ114", with_default("URL", "http://x:{lb_port}")).hint.startswith("Write {app_port}")


@pytest.mark.parametrize(
    ("environment", "position"),
    [({"URL": "a{b}c"}, "URL"), (["X=1", "URL=a{b}c"], 1)],
    ids=["mapping", "list"],
)
def test_placeholders_of_a_service_are_found_in_the_file_that_people_edit(
    environment: Any, position: str | int
) -> None:
    finding = the("KZ114", with_environment(environment))
    assert str(finding.file) == "apps/notes/docker-compose.yml"
    assert finding.pointer == ("services", "web", "environment", position)


@pytest.mark.parametrize(
    "text",
    [
        "localhost",
        "127.0.0.1",
        "http://localhost",
        "http://localhost/api",
        "http://localhost:8000/api",
        "redis://:change-me@localhost/0",
        "localhost:6379",
        "http://[::1]:80",
        "http://127.0.0.1:${PORT:-80}",
        "${URL:-http://localhost:3000}",
        "http://a,http://localhost,http://b",
    ],
)
def test_a_value_that_points_to_localhost_is_a_warning(text: str) -> None:
    assert not the("KZ312", with_environment({"URL": text})).is_error
    assert found(with_default("URL", text)) == ["KZ312"]


@pytest.mark.parametrize(
    "text",
    [
        "https://localhost:{app_port}/callback",
        "http://localhost:{model_port}/v1",
        "http://my-localhost:80",
        "http://localhost.example.test/",
        "localhost,127.0.0.1,db",
        "http://db:5432",
        "${KAMIWAZA_API_URL:-http://localhost/api}",
        "${OPENAI_BASE_URL:-http://localhost:11434/v1}",
    ],
)
def test_what_only_looks_like_localhost_is_fine(text: str) -> None:
    assert found(with_environment({"URL": text})) == []


def test_a_healthcheck_may_ask_localhost() -> None:
    check = {"test": ["CMD", "curl", "-f", "http://localhost:8000/health"]}
    assert found(by_hand({"healthcheck": check})) == []


@pytest.mark.parametrize("value", [5, None, True, "{"])
def test_values_that_are_no_text_are_passed_over(value: Any) -> None:
    assert "KZ114" not in found(with_environment({"PORT": value}))
