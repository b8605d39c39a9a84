"""Why an entry has its risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from catalog.appgarden.host_power import TAKES_POWER
from catalog.model.names import Kind
from catalog.registry.registry import Entry
from catalog.site.facts import NO_FACTS
from catalog.site.profile import make_profile
from catalog.site.risk import HARMLESS, RISK_LABELS

if TYPE_CHECKING:
    from catalog.site.reason import Reason

OWN = "services:\n  web:\n    image: acme/notes-web:1\n"


def risks(compose: str, **data: Any) -> tuple[Reason, ...]:
    return make_profile(Entry("notes", Kind.APP, {"compose_yml": compose, **data}), NO_FACTS).risks


def words(compose: str, **data: Any) -> list[tuple[str, int]]:
    return [(reason.word, reason.line) for reason in risks(compose, **data)]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("privileged: true", "privileged"),
        ("network_mode: host", "host-network"),
        ("network_mode: container:other", "shared-network"),
        ("pid: host", "host-processes"),
        ("ipc: host", "host-memory"),
        ("userns_mode: host", "host-namespace"),
        ("uts: host", "host-namespace"),
        ("cgroup: host", "host-namespace"),
        ("devices: [/dev/kvm]", "devices"),
        ("device_cgroup_rules: ['c 1:3 mr']", "devices"),
        ("cap_add: [SYS_ADMIN]", "capabilities"),
        ("security_opt: [seccomp:unconfined]", "unconfined"),
        ("use_api_socket: true", "engine-socket"),
    ],
)
def test_power_over_the_host_is_a_reason_with_its_line(line: str, word: str) -> None:
    assert words(f"{OWN}    {line}\n") == [(word, 4)]
    assert word not in HARMLESS


@pytest.mark.parametrize(
    "line",
    [
        "privileged: false",
        "network_mode: bridge",
        "ipc: private",
        "devices: []",
        "cap_drop: [ALL]",
        "security_opt: ['no-new-privileges:true']",
        "use_api_socket: false",
        "pid:",
    ],
)
def test_what_gives_no_power_is_no_reason(line: str) -> None:
    assert words(f"{OWN}    {line}\n") == []


def test_every_power_that_is_validated_is_shown() -> None:
    hook = "[{command: a, privileged: true}]"
    values = {"security_opt": "[unconfined]", "post_start": hook, "pre_stop": hook}
    for key in TAKES_POWER:
        value = values.get(key, "host")
        assert words(f"{OWN}    {key}: {value}\n"), key


@pytest.mark.parametrize(
    ("mount", "word"),
    [
        ("/var/run/docker.sock:/var/run/docker.sock", "engine-socket"),
        ("/run/podman/podman.sock:/var/run/docker.sock:ro", "engine-socket"),
        ("/srv/models:/models:ro", "host-path"),
        ("./data:/data", "host-path"),
        ("data:/data", "writes"),
    ],
)
def test_a_mount_is_a_reason_with_its_line(mount: str, word: str) -> None:
    assert words(f"{OWN}    volumes:\n      - /tmp\n      - {mount}\n") == [(word, 6)]


def test_a_volume_that_is_only_read_and_one_without_a_name_are_none() -> None:
    assert words(f"{OWN}    volumes: ['data:/data:ro', /tmp, {{type: tmpfs, target: /x}}, 5]\n") == []


@pytest.mark.parametrize(
    ("image", "is_own"),
    [
        ("acme/notes:1", True),
        ("acme/notes-web:1", True),
        ("notes", True),
        ("postgres:15", False),
        ("x/noted:1", False),
    ],
)
def test_an_image_that_is_not_called_after_the_entry_is_of_others(image: str, is_own: bool) -> None:
    found = words(f"services:\n  web:\n    image: {image}\n")
    assert found == ([] if is_own else [("outside-image", 3)])


@pytest.mark.parametrize(("tier", "number"), [(0, 0), (1, 1), (2, 1), (True, 0), ("2", 0), (3, 0)])
def test_the_tier_of_the_author_is_a_reason(tier: object, number: int) -> None:
    assert len(words(OWN, risk_tier=tier)) == number


def test_the_gravest_comes_first_and_the_same_is_said_once() -> None:
    compose = f"{OWN}    volumes: ['data:/a', 'data:/b', logs:/c]\n    privileged: true\n"
    found = [reason.word for reason in risks(compose, risk_tier=2)]
    assert found == ["privileged", "tier", "writes", "writes"]
    assert len(set(risks(compose))) == len(risks(compose))


def test_a_reason_out_of_a_merge_key_has_the_nearest_line() -> None:
    compose = "x: &a\n  privileged: true\nservices:\n  web:\n    <<: *a\n    image: acme/notes:1\n"
    assert words(compose) == [("privileged", 4)]


def test_a_sentence_says_what_exactly_is_asked_for() -> None:
    found = risks(f"{OWN}    cap_add: [SYS_ADMIN, NET_RAW]\n")
    assert found[0].sentence.endswith("(SYS_ADMIN, NET_RAW).")
    assert set(HARMLESS) < set(RISK_LABELS)
