"""A file written by hand has what a generated one has by itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.builder import by_hand, extension, findings, found, places, the, with_deployment

USES_HOST = {"URL": "http://host.docker.internal:9/v1"}


def test_a_sound_hand_written_file_has_no_findings_but_that_it_is_one() -> None:
    assert found(by_hand()) == []


def test_a_build_section_is_an_error() -> None:
    assert places("KZ304", by_hand({"build": "."})) == [("services", "web", "build")]
    assert found(by_hand({"build": None})) == []


@pytest.mark.parametrize(
    ("deploy", "missing"),
    [
        (..., "cpus and memory"),
        (None, "cpus and memory"),
        ({"resources": {"limits": {}}}, "cpus and memory"),
        ({"resources": {"limits": {"cpus": "1"}}}, "memory"),
        ({"resources": {"limits": {"cpus": None, "memory": "1G"}}}, "cpus"),
    ],
)
def test_limits_are_complete(deploy: Any, missing: str) -> None:
    finding = the("KZ307", by_hand({"deploy": deploy}))
    assert finding.is_error
    assert finding.message.endswith(f"no limit for {missing}.")


@pytest.mark.parametrize(
    "hosts",
    [
        ["host.docker.internal:host-gateway"],
        ["db=10.0.0.1", "host.docker.internal=host-gateway"],
        {"host.docker.internal": "host-gateway"},
    ],
)
def test_a_service_that_names_the_host_can_resolve_it(hosts: Any) -> None:
    assert found(by_hand({"environment": USES_HOST, "extra_hosts": hosts})) == []


@pytest.mark.parametrize("hosts", [..., [], {}, ["db:10.0.0.1"], {"db": "10.0.0.1"}])
def test_a_service_that_names_the_host_without_an_entry_is_one_error(hosts: Any) -> None:
    environment = {**USES_HOST, "OTHER": "host.docker.internal", "PORT": 5}
    made = by_hand({"environment": environment, "extra_hosts": hosts})
    assert found(made) == ["KZ308"]
    assert places("KZ308", made) == [("services", "web", "environment", "URL")]


def test_a_service_that_does_not_name_the_host_needs_no_entry() -> None:
    assert found(by_hand({"environment": ["A=1"], "extra_hosts": ...})) == []


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ({"privileged": True}, ["KZ220"]),
        ({"pid": "host"}, ["KZ220"]),
        ({"cap_add": ["SYS_ADMIN"]}, ["KZ220"]),
        ({"volumes": ["/var/run/docker.sock:/var/run/docker.sock"]}, ["KZ214", "KZ306"]),
    ],
)
def test_power_over_the_host_is_an_error_below_tier_two(service: dict[str, Any], expected: list[str]) -> None:
    assert found(by_hand(service)) == expected
    assert set(found(by_hand(service, risk_tier=2))) <= {"KZ306"}


@pytest.mark.parametrize("tier", [0, 2])
def test_the_hosts_network_is_an_error_in_every_tier(tier: int) -> None:
    assert found(by_hand({"network_mode": "host"}, risk_tier=tier)) == ["KZ218"]


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ({"env_file": ".env"}, ["KZ221"]),
        ({"volumes_from": ["db"]}, ["KZ222"]),
        ({"pull_policy": "always"}, ["KZ224"]),
        ({"platform": "linux/amd64"}, ["KZ225"]),
        ({"labels": {"traefik.enable": "true"}}, ["KZ226"]),
        ({"environment": {"A": "${NOWHERE}"}}, ["KZ227"]),
        ({"ports": "8000"}, ["KZ203"]),
    ],
)
def test_what_no_target_can_run_is_found_in_the_file_itself(
    service: dict[str, Any], expected: list[str]
) -> None:
    made = by_hand(service)
    assert found(made) == expected
    assert str(the(expected[0], made).file) == "apps/notes/docker-compose.appgarden.yml"


def test_what_the_transform_would_merely_change_is_left_to_the_author() -> None:
    assert found(by_hand({"container_name": "web", "networks": ["front"]}, networks={"front": None})) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, ["KZ201"]),
        ({"services": {"web": None}}, ["KZ201", "KZ202"]),
        ({"services": []}, ["KZ201", "KZ203"]),
    ],
)
def test_services_are_there_and_are_mappings(data: Any, expected: list[str]) -> None:
    assert found(with_deployment(extension(), data)) == expected


def test_the_file_stands_alone() -> None:
    made = by_hand(include=["other.yml", {"path": ["more.yml", "other.yml"]}])
    named = [finding.message for finding in findings(made) if finding.code.id == "KZ221"]
    assert len(named) == 2
    assert "more.yml" in named[0]
    assert "other.yml" in named[1]
