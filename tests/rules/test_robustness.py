"""No rule raises, whatever stands in the files, and what sync-compose writes keeps every rule of the file."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.model.finding import has_errors
from catalog.model.manifest import Manifest
from catalog.model.names import Kind
from catalog.rules.check import check
from catalog.rules.subject import subject_of
from catalog.rules.table import RULES
from tests.rules.builder import ORGANIZATION, extension, findings, source_of, with_deployment

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WORDS = st.sampled_from(
    [
        "a",
        "data:/d",
        "./x:/y",
        "${A}:/b",
        "${B:-c}",
        "localhost:1",
        "http://localhost",
        "{lb_port}",
        "{app_port}",
        "80:80",
        "1-3",
        "null",
        "../p.png",
        "/garden/p.png",
        "host",
        "nginx",
        "nginx:latest",
        "kamiwazaai/notes-web:1",
        "KAMIWAZA_X",
        "tool-notes",
        "1.0.0+b",
        "A=1",
        "=",
        ":",
        "/",
        "~",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=6)
KEYS = st.sampled_from(
    [
        "image",
        "build",
        "ports",
        "volumes",
        "environment",
        "extra_hosts",
        "deploy",
        "resources",
        "limits",
        "cpus",
        "memory",
        "driver_opts",
        "device",
        "services",
        "web",
        "extends",
        "include",
        "file",
        "service",
        "privileged",
        "network_mode",
        "published",
        "target",
        "source",
        "type",
        "healthcheck",
        "depends_on",
        "condition",
        "args",
        "context",
        "dockerfile",
        "dockerfile_inline",
        "additional_contexts",
        "profiles",
        "user",
        "x-kamiwaza",
        "env_defaults",
    ]
) | st.text(max_size=4)
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
SERVICE = st.dictionaries(KEYS, JUNK, max_size=6)
COMPOSE = st.fixed_dictionaries(
    {"services": st.dictionaries(st.sampled_from(["web", "db", "x y"]), SERVICE | JUNK, max_size=3) | JUNK},
    optional={"volumes": JUNK, "include": JUNK, "networks": JUNK},
)
NAMES = [field.alias or name for name, field in Manifest.model_fields.items()]
FIELDS = st.sampled_from([*NAMES, "id", "revision"])
MANIFEST = st.dictionaries(FIELDS, JUNK, max_size=6)
KINDS = st.sampled_from(list(Kind))


def some(*values: Any) -> st.SearchStrategy[list[Any]]:
    """A few of these values, in any order."""
    return st.lists(st.sampled_from(values), max_size=4, unique_by=repr)


VOLUMES = {
    "data": None,
    "host": {"driver_opts": {"type": "none", "o": "bind", "device": "/srv/x"}},
    "nas": {"driver_opts": {"type": "nfs", "device": ":/export"}},
}
PLAUSIBLE = st.fixed_dictionaries(
    {"image": st.sampled_from(["redis:7", "kamiwazaai/notes-web:latest", "${IMAGE:-nginx:1.27}"])},
    optional={
        "build": st.sampled_from([".", {"context": "./web"}]),
        "ports": some("80:80", 8000, "3000-3003", "${P:-1}:${Q:-2}", "127.0.0.1:5:6/udp", {"target": 9}),
        "volumes": some(
            "data:/a", "host:/b", "nas:/c", "./d:/d", "..:/e", "/anonymous", "${PWD}/f:/f", "~/g:/g:ro",
            "/var/run/docker.sock:/s", {"type": "bind", "source": "/h", "target": "/h"}, {"target": "/i"},
        ),
        "environment": some("A=http://host.docker.internal:1", "B=${B:-1}", "C", "D={app_port}"),
        "extra_hosts": some("a:1.2.3.4", "host.docker.internal=1.2.3.4"),
        "deploy": st.sampled_from([None, {}, {"resources": {"limits": {"cpus": 1}}}]),
        "mem_limit": st.just("64m"),
        "privileged": st.booleans(),
        "depends_on": some("web", "db"),
    },
)  # fmt: skip


@QUICK
@given(kind=KINDS, name=WORDS | st.text(min_size=1, max_size=5), fields=MANIFEST)
def test_no_manifest_makes_a_rule_raise(kind: Kind, name: str, fields: dict[str, Any]) -> None:
    folder = name.strip("/.") or "x"
    made = extension(folder, kind, manifest=fields, development=None)
    assert all(finding.message for finding in findings(made))


@QUICK
@given(development=COMPOSE)
def test_no_development_file_makes_a_rule_raise(development: dict[str, Any]) -> None:
    found = findings(extension(development=development))
    assert list(found) == list(dict.fromkeys(found))


@QUICK
@given(data=COMPOSE)
def test_no_hand_written_file_makes_a_rule_raise(data: dict[str, Any]) -> None:
    checked = check(with_deployment(extension(), data), ORGANIZATION)
    assert checked.deployed is data


@QUICK
@given(data=COMPOSE, kind=KINDS)
def test_a_rule_finds_only_what_the_table_says(data: dict[str, Any], kind: Kind) -> None:
    made = with_deployment(extension(kind=kind), data)
    subject = subject_of(made, source_of(made), ORGANIZATION)
    for rule in RULES:
        assert {finding.code for finding in rule.check(subject)} <= set(rule.codes)


@QUICK
@given(services=st.dictionaries(st.sampled_from(["web", "db", "x-y"]), PLAUSIBLE, min_size=1, max_size=3))
def test_what_sync_compose_writes_keeps_the_rules_of_the_file(services: dict[str, Any]) -> None:
    made = extension(manifest={"risk_tier": 2}, development={"services": services, "volumes": VOLUMES})
    document = source_of(made).deployment
    assert document is not None
    assert not has_errors(findings(with_deployment(made, document.data)))


DOCKERFILE_WORDS = st.sampled_from(
    [
        "FROM nginx", "FROM nginx AS a", "FROM a", "FROM httpd", "ARG A=1", "FROM $A",
        "USER root", "USER 101",
        "EXPOSE 80 8080/tcp", "EXPOSE $A", "COPY nginx.conf /etc/nginx/", "COPY <<EOF /etc/nginx/x",
        "EOF", 'COPY ["a", "/etc/nginx/b"]', "COPY [", "RUN listen 80; \\", "# x", "ENV TOKEN=a A_PASSWORD=b",
        "ENV A", "",
    ]
)  # fmt: skip


@QUICK
@given(
    lines=st.lists(DOCKERFILE_WORDS | st.text(max_size=8), max_size=12),
    conf=st.text(max_size=20) | st.sampled_from(["listen 80;", "pid /tmp/x;", "listen 99999999;"]),
    build=JUNK | st.just("."),
)
def test_no_dockerfile_or_configuration_makes_a_rule_raise(lines: list[str], conf: str, build: Any) -> None:
    texts: dict[str, str | None] = {"Dockerfile": "\n".join(lines), "nginx.conf": conf}
    for value in (build, ".", {"dockerfile_inline": "\n".join(lines), "target": "a"}):
        made = extension(development={"services": {"web": {"build": value}}}, texts=texts)
        assert all(finding.message for finding in findings(made))
