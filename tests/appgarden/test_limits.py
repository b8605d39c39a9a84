"""Limits: each missing one is filled in by itself (contract 4.4, deploy.resources.limits)."""

from __future__ import annotations

from typing import Any

import pytest


def limits(outcome: Any) -> tuple[Any, Any]:
    found = outcome.app["deploy"]["resources"]["limits"]
    return found["cpus"], found["memory"]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("postgres:15", ("0.5", "512M")),
        ("docker.io/bitnami/postgresql:15", ("0.5", "512M")),
        ("mysql/mysql-server", ("0.5", "512M")),
        ("mariadb:11", ("0.5", "512M")),
        ("redis:7", ("0.25", "256M")),
        ("redis/redis-stack", ("0.25", "256M")),
        ("valkey/valkey:8", ("0.25", "256M")),
        ("nginx:alpine", ("0.5", "512M")),
        ("nginxinc/nginx-unprivileged", ("0.5", "512M")),
        ("caddy:2", ("0.5", "512M")),
        ("kamiwazaai/notes-frontend", ("0.5", "512M")),
        ("postgres-tools/other", ("1.0", "1G")),
        ("python:3.11", ("1.0", "1G")),
    ],
)
def test_limits_follow_from_what_the_image_is_called(
    service: Any, image: str, expected: tuple[str, str]
) -> None:
    assert limits(service(f"image: {image}")) == expected


def test_an_image_that_is_built_is_known_by_its_service(transformed: Any) -> None:
    deployment = transformed("""
        services:
          frontend: {build: ./web}
          postgres: {build: ./db}
          api: {build: ./api, image: kamiwazaai/redis-api}
        """)
    found = {
        name: service["deploy"]["resources"]["limits"]["memory"]
        for name, service in deployment.data["services"].items()
    }
    assert found == {"frontend": "512M", "postgres": "512M", "api": "1G"}


@pytest.mark.parametrize(
    "deploy",
    [
        "deploy:",
        "deploy: {}",
        "deploy: {resources: }",
        "deploy: {resources: {limits: }}",
        "deploy: {resources: {limits: {}}}",
        "deploy: {resources: {limits: {cpus: , memory: }}}",
    ],
)
def test_an_empty_section_counts_as_absent(service: Any, deploy: str) -> None:
    outcome = service(deploy)
    assert limits(outcome) == ("1.0", "1G")
    assert outcome.codes == []


def test_what_is_declared_is_kept_and_the_other_filled_in(service: Any) -> None:
    assert limits(service("deploy: {resources: {limits: {memory: 2G, pids: 5}}}")) == ("1.0", "2G")
    assert limits(service("deploy: {resources: {limits: {cpus: '4'}}}")) == ("4", "1G")


def test_the_old_keys_are_moved(service: Any) -> None:
    outcome = service("mem_limit: 2g\ncpus: 1.5\nmem_reservation: 1g")
    assert limits(outcome) == (1.5, "2g")
    assert outcome.codes == []
    assert {"mem_limit", "cpus"}.isdisjoint(outcome.app)
    assert outcome.app["mem_reservation"] == "1g"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("cpu_quota: 50000", "0.5"),
        ("cpu_quota: '${QUOTA:-150000}'", "1.5"),
        ("cpu_quota: 50000\ncpu_period: 25000", "2"),
        ("cpu_quota: 50000\ncpu_period: 0", "1.0"),
        ("cpu_quota: -1", "1.0"),
        ("cpu_period: 50000", "1.0"),
        ("cpu_quota: 50000\ncpus: 2", 2),
        ("cpu_quota: 50000\ndeploy: {resources: {limits: {cpus: '0.50'}}}", "0.50"),
    ],
)
def test_a_share_of_processor_time_becomes_a_number_of_processors(
    service: Any, body: str, expected: Any
) -> None:
    outcome = service(body)
    assert outcome.codes == []
    assert limits(outcome)[0] == expected
    assert not {"cpu_quota", "cpu_period"} & set(outcome.app)


def test_a_share_of_processor_time_that_is_no_number_is_an_error(service: Any) -> None:
    assert service("cpu_quota: half").codes == ["KZ203"]
    assert service(f"cpu_quota: '1{'0' * 400}'").codes == ["KZ203"]


def test_a_share_of_processor_time_beside_another_limit_is_told(service: Any) -> None:
    outcome = service("cpu_quota: 50000\ndeploy: {resources: {limits: {cpus: '2'}}}")
    assert outcome.codes == ["KZ228"]
    assert "cpu_quota" in outcome.messages[0]


def test_memory_is_written_as_text_which_is_all_that_compose_takes(service: Any) -> None:
    assert limits(service("mem_limit: 134217728")) == ("1.0", "134217728")


def test_an_old_limit_of_zero_is_none(service: Any) -> None:
    assert limits(service("mem_limit: 0\ncpus: 0")) == ("1.0", "1G")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("deploy: {resources: {reservations: {cpus: '2', memory: 16G}}}", ("2", "16G")),
        ("deploy: {resources: {reservations: {cpus: 0.5, memory: 512MiB}}}", ("1.0", "1G")),
        ("deploy: {resources: {reservations: {memory: '${MEM}'}}}", ("1.0", "1G")),
        ("deploy: {resources: {reservations: {memory: 4G}, limits: {memory: 8G}}}", ("1.0", "8G")),
        ("mem_reservation: 4g", ("1.0", "4g")),
    ],
)
def test_a_default_is_never_below_what_is_reserved(service: Any, body: str, expected: Any) -> None:
    assert limits(service(body)) == expected


@pytest.mark.parametrize("declared", ["2G", "2gb", "2048M", "2147483648"])
def test_the_same_amount_in_another_unit_is_no_conflict(service: Any, declared: str) -> None:
    outcome = service(f"mem_limit: 2g\ndeploy: {{resources: {{limits: {{memory: {declared}}}}}}}")
    assert outcome.codes == []
    assert str(limits(outcome)[1]) == declared


def test_where_both_forms_disagree_deploy_wins_with_a_warning(service: Any) -> None:
    outcome = service("mem_limit: ${MEM:-1g}\ndeploy: {resources: {limits: {memory: 2G}}}")
    assert outcome.codes == ["KZ228"]
    assert limits(outcome) == ("1.0", "2G")
