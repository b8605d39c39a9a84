"""The top-level volumes: those in use, as plain as they can be (contract 4.3, last rows)."""

from __future__ import annotations

from typing import Any

import pytest


def declared(transformed: Any, volume: str) -> tuple[Any, list[str]]:
    deployment = transformed(f"""
        services:
          app:
            image: alpine:3
            volumes: ["data:/d"]
        volumes:
          data: {volume}
        """)
    found = [finding.code.id for finding in deployment.findings]
    return deployment.data["volumes"]["data"] if deployment.data else None, found


@pytest.mark.parametrize(
    ("volume", "kept"),
    [
        ("", None),
        ("{}", None),
        ("{driver: local}", {"driver": "local"}),
        ("{labels: {a: b}}", {"labels": {"a": "b"}}),
        ("{external: false, driver: local}", {"driver": "local"}),
        ("{driver_opts: {}}", None),
    ],
)
def test_a_plain_volume_is_kept(transformed: Any, volume: str, kept: Any) -> None:
    assert declared(transformed, volume) == (kept, [])


@pytest.mark.parametrize("volume", ["{external: true}", "{external: {name: x}}", "{external: true, name: x}"])
def test_an_external_volume_becomes_a_plain_one(transformed: Any, volume: str) -> None:
    assert declared(transformed, volume) == (None, ["KZ216"])


def test_a_volumes_own_name_is_dropped(transformed: Any) -> None:
    assert declared(transformed, "{name: shared, driver: local}") == ({"driver": "local"}, ["KZ223"])


@pytest.mark.parametrize(
    "options",
    [
        "{type: none, o: bind, device: /srv/data}",
        "{type: none, o: 'rw,bind', device: ./data}",
        "{o: bind, device: '${PWD}/data'}",
        "{type: none, o: rbind, device: '${DATA}'}",
        "{type: ext4, device: /dev/sdb}",
    ],
)
def test_options_that_name_the_host_are_dropped(transformed: Any, options: str) -> None:
    volume = f"{{driver: local, driver_opts: {options}}}"
    assert declared(transformed, volume) == ({"driver": "local"}, ["KZ215"])


def test_a_driver_that_keeps_a_volume_on_the_host_goes_with_its_options(transformed: Any) -> None:
    volume = "{driver: local-persist, driver_opts: {mountpoint: /data/app}, labels: {a: b}}"
    assert declared(transformed, volume) == ({"labels": {"a": "b"}}, ["KZ215"])


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ("{type: tmpfs, device: tmpfs, o: 'size=1g'}", {"type": "tmpfs", "device": "tmpfs", "o": "size=1g"}),
        ("{type: nfs, o: 'addr=a', device: ':/x'}", {"type": "nfs", "o": "addr=a", "device": ":/x"}),
        ("{size: 10G}", {"size": "10G"}),
    ],
)
def test_options_that_work_elsewhere_are_kept_with_a_warning(
    transformed: Any, options: str, kept: Any
) -> None:
    assert declared(transformed, f"{{driver_opts: {options}}}") == ({"driver_opts": kept}, ["KZ230"])


@pytest.mark.parametrize("volume", ["[]", "text", "{driver_opts: [a]}"])
def test_a_volume_of_the_wrong_form_is_an_error(transformed: Any, volume: str) -> None:
    assert declared(transformed, volume) == (None, ["KZ203"])


def test_volumes_that_no_service_uses_are_dropped(transformed: Any) -> None:
    deployment = transformed("""
        services: {app: {image: "a:1", volumes: [".:/src"], configs: [used]}}
        volumes: {unused: }
        configs: {used: {content: x}, unused: {file: ./x}}
        """)
    assert "volumes" not in deployment.data
    assert deployment.data["configs"] == {"used": {"content": "x"}}
    assert [finding.pointer for finding in deployment.findings if finding.code.id == "KZ223"] == [
        ("volumes", "unused"),
        ("configs", "unused"),
    ]


def test_declared_volumes_keep_their_order_and_new_ones_follow(transformed: Any) -> None:
    deployment = transformed("""
        volumes: {b: , a: }
        services: {app: {image: "x:1", volumes: ["new:/n", "a:/a", "b:/b"]}}
        """)
    assert list(deployment.data) == ["volumes", "services"]
    assert list(deployment.data["volumes"]) == ["b", "a", "new"]


def test_top_level_volumes_of_the_wrong_form_are_an_error(transformed: Any) -> None:
    deployment = transformed("services: {app: {image: 'x:1', volumes: ['a:/a']}}\nvolumes: [a]")
    assert [finding.code.id for finding in deployment.findings] == ["KZ203"]
