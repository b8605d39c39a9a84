"""What holds for every compose file: those that people write, in their odd spellings, and junk."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.appgarden.emit import to_yaml
from catalog.appgarden.ports import parse_port
from catalog.appgarden.transform import transform
from catalog.appgarden.volumes import MountKind, parse_mount
from catalog.model import compose
from catalog.model.codes import ALL_CODES
from catalog.model.finding import Finding
from catalog.model.image_ref import ImageRef
from catalog.model.yaml_text import read_yaml

FILES = sorted((Path(__file__).parent / "compose").glob("*.yml"))
INCLUDED = {
    "common.yml": "services: {webapp: {build: ./web, volumes: ['./data:/d']}}",
    "database.yml": "services: {db: {image: 'postgres:15', volumes: ['dbdata:/d']}}\nvolumes: {dbdata: }",
    "cache.yml": "services: {cache: {image: 'redis:7'}}",
}
REFUSED = {
    "homeassistant": {"KZ218"},
    "mastodon": {"KZ221"},
    "profiles_only": {"KZ201"},
    "secrets": {"KZ221"},
    "temporal": {"KZ205"},
    "volumes_from": {"KZ222"},
    "vpn": {"KZ218"},
    "weblate": {"KZ221"},
}
MADE = {"image", "ports", "volumes", "depends_on", "extra_hosts", "deploy"}
LEFT_OUT = {
    "build",
    "container_name",
    "cpus",
    "develop",
    "env_file",
    "extends",
    "label_file",
    "links",
    "mem_limit",
    "network_mode",
    "networks",
    "profiles",
    "pull_policy",
    "use_api_socket",
    "volumes_from",
    "external_links",
}
DEPLOYED = [path for path in FILES if path.stem not in REFUSED]


def name(path: Path) -> str:
    return path.stem


def made(transformed: Any, path: Path, **extension: Any) -> Any:
    return transformed(path.read_text(encoding="utf-8"), risk_tier=2, included=INCLUDED, **extension)


def test_there_are_many_files() -> None:
    assert len(FILES) > 40


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_is_refused_only_for_what_no_platform_could_run(transformed: Any, path: Path) -> None:
    errors = {finding.code.id for finding in made(transformed, path).findings if finding.is_error}
    assert errors == REFUSED.get(path.stem, set())


@pytest.mark.parametrize("path", FILES, ids=name)
def test_nothing_given_is_changed_and_the_result_is_always_the_same(transformed: Any, path: Path) -> None:
    extension = transformed.extension(path.read_text(encoding="utf-8"), risk_tier=2, included=INCLUDED)
    before = to_yaml(extension.kamiwaza.development.data)
    first = transform(extension, "kamiwazaai")
    assert to_yaml(extension.kamiwaza.development.data) == before
    assert transform(extension, "kamiwazaai") == first


@pytest.mark.parametrize("path", DEPLOYED, ids=name)
def test_the_result_transformed_again_stays_as_it_is(transformed: Any, path: Path) -> None:
    data = made(transformed, path).data
    again = transformed(to_yaml(data), risk_tier=2)
    assert to_yaml(again.data) == to_yaml(data)
    assert list(again.data["services"]) == list(data["services"])


@pytest.mark.parametrize("path", DEPLOYED, ids=name)
def test_nothing_of_the_developers_machine_is_left(transformed: Any, path: Path) -> None:
    data = made(transformed, path).data
    assert not {"networks", "include", "name", "version"} & set(data)
    for service in data["services"].values():
        assert not LEFT_OUT - {"network_mode", "pull_policy"} & set(service)
        assert service.get("network_mode", "none") == "none"
        for port in service.get("ports", []):
            assert [str(parsed) for parsed in parse_port(port).ports] == [port]
        for mount in map(parse_mount, service.get("volumes", [])):
            assert mount.kind in {MountKind.NAMED, MountKind.TMPFS}
            assert mount.kind is MountKind.TMPFS or mount.source in data["volumes"]
    assert not [volume for volume in (data.get("volumes") or {}).values() if "external" in (volume or {})]


@pytest.mark.parametrize("path", DEPLOYED, ids=name)
def test_every_service_has_an_image_limits_and_the_host(transformed: Any, path: Path) -> None:
    for service in made(transformed, path).data["services"].values():
        assert str(ImageRef.parse(service["image"])) == service["image"]
        limits = service["deploy"]["resources"]["limits"]
        assert limits["cpus"] is not None
        assert limits["memory"] is not None
        assert service["extra_hosts"].count("host.docker.internal:host-gateway") == 1


@pytest.mark.parametrize("path", [path for path in DEPLOYED if path.stem != "extends"], ids=name)
def test_nothing_else_of_a_service_is_lost(transformed: Any, path: Path) -> None:
    source = compose.services(read_yaml(path.read_text(encoding="utf-8")))
    deployed = made(transformed, path).data["services"]
    for service_name, service in source.items():
        assert (service_name in deployed) is not bool(service.get("profiles"))
        result = deployed.get(service_name, service)
        verbatim = [key for key in service if key not in MADE | LEFT_OUT and (service[key] is not None)]
        assert {key: result[key] for key in verbatim} == {key: service[key] for key in verbatim}
        assert [key for key in result if key in verbatim] == verbatim
    assert [service_name for service_name in deployed if service_name in source] == [
        service_name for service_name in source if service_name in deployed
    ]


@pytest.mark.parametrize("path", DEPLOYED, ids=name)
def test_everything_that_disappears_is_reported(transformed: Any, path: Path) -> None:
    deployment = made(transformed, path)
    places = {finding.pointer[:3] for finding in deployment.findings}
    for service_name, service in compose.services(read_yaml(path.read_text(encoding="utf-8"))).items():
        for key in ("container_name", "links", "develop", "env_file", "profiles"):
            assert not service.get(key) or ("services", service_name, key) in places
        kept = len(deployment.data["services"].get(service_name, {}).get("volumes", []))
        gone = len(service.get("volumes") or []) - kept
        reported = [f for f in deployment.findings if f.pointer[:3] == ("services", service_name, "volumes")]
        assert service.get("profiles") or path.stem == "extends" or len(reported) >= gone


@pytest.mark.parametrize("path", FILES, ids=name)
def test_below_tier_2_only_power_over_the_host_is_refused_more(transformed: Any, path: Path) -> None:
    errors = {
        finding.code.id
        for finding in transformed(path.read_text(encoding="utf-8"), risk_tier=0, included=INCLUDED).findings
        if finding.is_error
    }
    assert errors - {"KZ214", "KZ220"} == REFUSED.get(path.stem, set())


# Junk

TEXTS = st.one_of(
    st.sampled_from(
        [
            "a",
            "a:1",
            "./a",
            "/a",
            "/a:/b",
            "a:/b",
            "./a:/b:ro",
            "8000",
            "80:80",
            "host",
            "service:a",
            "A=1",
            "${A}",
            "${A:-b}",
            "$A:/b",
            "{a}",
            "1-3",
            "always",
            "build",
            "a.yml",
            "docker-compose.yml",
            "true",
        ]
    ),
    st.text(max_size=6),
)
SCALARS = st.one_of(TEXTS, st.none(), st.booleans(), st.integers(-5, 70000), st.floats(allow_nan=False))
INNER_KEYS = st.sampled_from(
    [
        "a",
        "b",
        "service",
        "file",
        "path",
        "required",
        "context",
        "type",
        "source",
        "target",
        "published",
        "host_ip",
        "protocol",
        "read_only",
        "resources",
        "limits",
        "cpus",
        "memory",
        "external",
        "driver_opts",
        "device",
        "o",
        "name",
        "content",
        "environment",
        "aliases",
        "driver",
        "condition",
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(INNER_KEYS, inner, max_size=3)),
    max_leaves=6,
)
CHECKED = (
    "environment labels platform configs secrets privileged pid ipc security_opt devices cap_add x-a command"
)
SERVICE_KEYS = st.sampled_from(sorted({*MADE, *LEFT_OUT, *CHECKED.split()}))
SERVICES = st.one_of(SCALARS, st.dictionaries(SERVICE_KEYS, VALUES, max_size=6))
TOP_KEYS = st.sampled_from(
    ["volumes", "networks", "configs", "secrets", "include", "name", "version", "x-a", "other"]
)
DOCUMENTS = st.one_of(
    VALUES,
    st.builds(
        lambda services, rest: {"services": services, **rest},
        st.one_of(VALUES, st.dictionaries(st.sampled_from(["a", "b", "c_d"]), SERVICES, max_size=3)),
        st.dictionaries(TOP_KEYS, VALUES, max_size=3),
    ),
)


@settings(max_examples=250, deadline=None)
@given(data=DOCUMENTS, included=DOCUMENTS, tier=st.sampled_from([0, 2]))
def test_junk_gives_findings_and_never_a_crash(
    transformed_once: Any, data: Any, included: Any, tier: int
) -> None:
    before = deepcopy(data)
    deployment = transformed_once(to_yaml(data), included={"a.yml": to_yaml(included)}, risk_tier=tier)
    assert data == before
    assert (deployment.data is None) is any(finding.is_error for finding in deployment.findings)
    assert all(isinstance(finding, Finding) and finding.code in ALL_CODES for finding in deployment.findings)
    if deployment.data is not None:
        again = transformed_once(to_yaml(deployment.data), risk_tier=tier)
        assert again.data is not None
        assert to_yaml(again.data) == to_yaml(deployment.data)
