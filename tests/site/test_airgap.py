"""Whether an entry runs without a network."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model import codes
from catalog.model.names import Kind
from catalog.registry.registry import Entry
from catalog.site.airgap import AIRGAP_CHECKS, checks
from catalog.site.facts import NO_FACTS, SiteFacts
from catalog.site.hosts import hosts_named, is_outside
from catalog.site.profile import make_profile

SERVICE = "services:\n  web:\n    image: a/b:1\n"
PIN = "sha256:" + "0" * 64


def problems(compose: str, facts: SiteFacts = NO_FACTS, **data: Any) -> list[tuple[str, int]]:
    profile = make_profile(Entry("notes", Kind.APP, {"compose_yml": compose, **data}), facts)
    assert profile.is_airgap_ready == (not profile.airgap_problems)
    return [(problem.word, problem.line) for problem in profile.airgap_problems]


@pytest.mark.parametrize(
    "image", ["a/b:1", "nginx:1.27", f"a/b@{PIN}", f"a/b:latest@{PIN}", "r.test:5000/a:x"]
)
def test_a_tagged_or_pinned_image_can_be_carried(image: str) -> None:
    assert problems(f"services:\n  web:\n    image: {image}\n") == []


@pytest.mark.parametrize("image", ["a/b", "nginx", "a/b:latest", "r.test:5000/a", "${IMAGE}", "A/B:1"])
def test_an_image_without_a_lasting_tag_is_a_problem_with_its_line(image: str) -> None:
    assert problems(f"services:\n  web:\n    image: {image}\n") == [("unpinned-image", 3)]


def test_images_that_the_manifest_names_count_too() -> None:
    assert problems(SERVICE, extra_docker_images=["a/sandbox"]) == [("unpinned-image", 0)]
    assert problems("", image="a/tool:1") == []


@pytest.mark.parametrize("compose", ["", "services:\n  web:\n    build: .\n", "{{{"])
def test_where_no_image_is_known_nobody_can_promise_anything(compose: str) -> None:
    assert {word for word, _ in problems(compose)} == {"unpinned-image"}


@pytest.mark.parametrize(
    ("policy", "is_ready"),
    [("always", False), ("daily", False), ("every_12h", False), ("missing", True), ("never", True)],
)
def test_an_image_that_is_pulled_at_every_start_is_a_problem(policy: str, is_ready: bool) -> None:
    found = problems(f"{SERVICE}    pull_policy: {policy}\n")
    assert found == ([] if is_ready else [("pulls-at-start", 4)])


@pytest.mark.parametrize(
    "environment",
    [
        "{A: https://api.openai.com/v1}",
        "[A=https://api.openai.com]",
        "{A: '${URL:-https://api.openai.com/v1}'}",
        "{SMTP_HOST: smtp.gmail.com}",
        "{BROKERS: 'kafka:9092, b.acme.com:9092'}",
        "{A: 'postgres://u:p@db.example.org:5432/x'}",
        "{A: 'https://8.8.8.8/dns-query'}",
        "{A: 'https://[2001:4860:4860::8888]/'}",
    ],
)
def test_an_outside_host_in_the_environment_is_a_problem_with_its_line(environment: str) -> None:
    assert problems(f"{SERVICE}    environment: {environment}\n") == [("outside-host", 4)]


@pytest.mark.parametrize(
    "environment",
    [
        "{A: 'http://web:8000', DB_HOST: postgres}",
        "{A: 'http://localhost:11434', B: 'http://127.0.0.1', C: 'http://[::1]:80'}",
        "{A: 'http://host.docker.internal:8080/v1'}",
        "{A: 'https://10.1.2.3', B: 'http://192.168.1.4:9000', C: 'http://172.16.0.9'}",
        "{A: 'https://wiki.acme.internal', B: 'http://nas.local', C: 'https://x.test', D: 'http://db.ns.svc'}",
        "{A: '{openai_base_url}', B: '${URL}', C: 'https://${HOST}/x', D: 'https://localhost:{app_port}'}",
        "{MODULE: app.main, FILE: notes.txt, VERSION: 1.2.3, MAIL: someone@example.org}",
        "{LISTEN_ADDR: '0.0.0.0:8080', SERVER_NAME: web, BIND_HOST: '0.0.0.0', DB_HOST: ''}",
        "{A: 'http://1.2.3.999/', B_HOST: 1.2.3}",
        "[PLAIN, 5]",
        "{URL_PATH: /api/v1, EMPTY: '', NUMBER: 5, HOST: true}",
    ],
)
def test_hosts_of_the_site_are_no_problem(environment: str) -> None:
    assert problems(f"{SERVICE}    environment: {environment}\n") == []


def test_a_service_may_be_called_like_a_host_outside() -> None:
    compose = f"{SERVICE}    environment: {{A: 'http://db.acme.com'}}\n  db.acme.com:\n    image: a/c:1\n"
    assert problems(compose) == []


def test_an_outside_host_among_the_defaults_is_a_problem() -> None:
    assert problems(SERVICE, env_defaults={"A": "https://hf.co", "B": "x", "C": 5}) == [("outside-host", 0)]


def test_errors_of_the_last_check_are_problems_and_warnings_are_none() -> None:
    file = PurePosixPath("apps/notes/docker-compose.yml")
    facts = SiteFacts(
        findings=(codes.NO_PORT.at(file, "No port."), codes.BUILD_PRESENT.at(file, "It builds."))
    )
    assert problems(SERVICE, facts) == [("errors", 0)]
    profile = make_profile(Entry("notes", Kind.APP, {"compose_yml": SERVICE}), facts)
    assert profile.airgap_problems[0].sentence == "KZ304: It builds."


def test_every_check_is_shown_with_its_problems() -> None:
    profile = make_profile(
        Entry("notes", Kind.APP, {"compose_yml": f"{SERVICE}    pull_policy: always"}), NO_FACTS
    )
    shown = checks(profile.airgap_problems)
    assert [check.title for check in shown] == list(AIRGAP_CHECKS.values())
    assert [len(check.problems) for check in shown] == [0, 1, 0, 0]


def test_what_is_written_long_is_named_short() -> None:
    compose = f"services:\n  web:\n    image: {'a' * 5000}\n"
    profile = make_profile(Entry("notes", Kind.APP, {"compose_yml": compose}), NO_FACTS)
    assert len(profile.airgap_problems[0].sentence) < 250


@given(st.text(max_size=30), st.text(max_size=80))
def test_any_value_can_be_looked_at(variable: str, value: str) -> None:
    for host in hosts_named(variable, value):
        assert is_outside(host) in {True, False}


def test_a_value_of_any_length_is_looked_at_in_no_time() -> None:
    assert list(hosts_named("URL", "a." * 100_000)) == []
