"""Ports: every form becomes single container ports (contract 4.2)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.appgarden.interpolation import UnresolvedVariableError
from catalog.appgarden.ports import PortEntry, PortError, parse_port


def texts(entry: Any) -> list[str]:
    return [str(port) for port in parse_port(entry).ports]


@pytest.mark.parametrize(
    ("written", "ports"),
    [
        ('"8000"', ["8000"]),
        ("8000", ["8000"]),
        ('"8000:8000"', ["8000"]),
        ('"8080:3000/tcp"', ["3000"]),
        ('"6060:6060/udp"', ["6060/udp"]),
        ('"6060/UDP"', ["6060/udp"]),
        ('"127.0.0.1:9000:9000"', ["9000"]),
        ('"127.0.0.1::5000"', ["5000"]),
        ('"[::1]:7000:7000"', ["7000"]),
        ('"0.0.0.0:7000:7000"', ["7000"]),
        ('"3000-3005:3000-3005"', ["3000", "3001", "3002", "3003", "3004", "3005"]),
        ('"8000-9000:1080"', ["1080"]),
        ("{target: 8443, published: 443, protocol: tcp, mode: host}", ["8443"]),
        ("{target: 5353, protocol: udp}", ["5353/udp"]),
        ('{target: "8443", name: web, app_protocol: http}', ["8443"]),
        ("{target: 8443, host_ip: 127.0.0.1}", ["8443"]),
        ('"${HP:-18090}:${CP:-18090}"', ["18090"]),
        ('"${PORTS:-8080:8000}"', ["8000"]),
        ('"${ADDRESS:-127.0.0.1:80}:8000"', ["8000"]),
        ('"${HOST_PORT}:8000"', ["8000"]),
        ('"${BIND_ADDRESS}:${HOST_PORT}:8000"', ["8000"]),
        ('"$HOST_PORT:8000"', ["8000"]),
        ('"${PORT-8000}"', ["8000"]),
        ('{target: "${PORT:-8000}", protocol: "${PROTOCOL:-udp}"}', ["8000/udp"]),
        ("1022:1022", ["1022"]),
    ],
)
def test_a_port_in_any_form_becomes_the_containers_port(service: Any, written: str, ports: list[str]) -> None:
    assert service(f"ports:\n  - {written}").app["ports"] == ports


def test_a_port_that_looks_like_a_time_is_a_port(service: Any) -> None:
    assert service("ports: [22:22]").app["ports"] == ["22"]


def test_ports_that_are_the_same_in_the_container_stand_once(service: Any) -> None:
    assert service('ports: ["8000:8000", "9000:8000", "8000/tcp", "8000/udp"]').app["ports"] == [
        "8000",
        "8000/udp",
    ]


def test_expose_is_kept_when_there_are_no_ports(service: Any) -> None:
    app = service('expose: ["3000"]').app
    assert app["expose"] == ["3000"]
    assert "ports" not in app


@pytest.mark.parametrize("section", ["ports:", "ports: []"])
def test_an_empty_list_of_ports_is_left_out(service: Any, section: str) -> None:
    assert "ports" not in service(section).app


@pytest.mark.parametrize(
    "written",
    [
        '"${PORT}"',
        '"8000:${PORT}"',
        '"8000:$PORT"',
        '"${PORT:?set it}"',
        '{target: "${PORT}"}',
        '"${PORT:-${OTHER}}"',
    ],
)
def test_a_container_port_without_a_default_is_an_error(service: Any, written: str) -> None:
    assert service(f"ports:\n  - {written}").codes == ["KZ205"]


@pytest.mark.parametrize(
    "written",
    [
        "web",
        '""',
        "0",
        "65536",
        "8000-7000",
        "1-65000",
        '"8000/http"',
        '"http:8000"',
        "true",
        "80.5",
        "[8000]",
        "null",
        "{published: 80}",
        "{target: true}",
        "{target: [80]}",
        "-1",
    ],
)
def test_what_is_no_port_is_an_error_that_says_where(service: Any, written: str) -> None:
    outcome = service(f'ports:\n  - "8000"\n  - {written}')
    (finding,) = outcome.deployment.findings
    assert finding.code.id == "KZ208"
    assert finding.pointer == ("services", "app", "ports", 1)
    assert outcome.deployment.data is None


def test_ports_that_are_no_list_are_an_error(service: Any) -> None:
    assert service("ports: 8000").codes == ["KZ203"]


@pytest.mark.parametrize(
    "written",
    [
        '"127.0.0.1:9000:9000"',
        '"[::1]:9000:9000"',
        '"localhost:9000:9000"',
        '"${BIND:-127.0.0.1}:9000:9000"',
        "{target: 9000, host_ip: 127.0.0.1}",
    ],
)
def test_a_private_port_becomes_routable_with_a_warning(service: Any, written: str) -> None:
    outcome = service(f"ports:\n  - {written}")
    assert outcome.codes == ["KZ209"]
    assert outcome.app["ports"] == ["9000"]


def test_a_port_on_all_addresses_is_no_surprise(service: Any) -> None:
    assert service('ports: ["0.0.0.0:9000:9000", "${BIND}:9001:9001"]').codes == []


def test_a_port_below_1024_is_a_warning(service: Any) -> None:
    outcome = service('ports: ["8080:80"]')
    assert outcome.codes == ["KZ210"]
    assert outcome.app["ports"] == ["80"]


def test_a_range_may_open_a_thousand_ports() -> None:
    assert len(parse_port("2000-2999").ports) == 1000
    with pytest.raises(PortError):
        parse_port("2000-3000")


@given(st.integers(1, 65535), st.sampled_from(["tcp", "udp", "sctp"]), st.integers(1, 65535))
def test_both_forms_say_the_same(number: int, protocol: str, published: int) -> None:
    short = parse_port(f"{published}:{number}/{protocol}")
    assert short == parse_port({"target": number, "published": published, "protocol": protocol})
    assert parse_port(str(short.ports[0])) == short


@given(
    st.one_of(
        st.text(), st.from_regex(r"[0-9:./\[\]${}A-Z-]{0,12}"), st.floats(), st.none(), st.lists(st.text())
    )
)
def test_any_entry_is_ports_or_refused(entry: Any) -> None:
    try:
        parsed = parse_port(entry)
    except (PortError, UnresolvedVariableError):
        return
    assert isinstance(parsed, PortEntry)
    assert parsed.ports
