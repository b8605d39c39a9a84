"""Storage in a hand-written file is not tied to one host."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.builder import by_hand, found, places


@pytest.mark.parametrize(
    "entry",
    [
        "data:/data",
        "data:/data:ro",
        "/anonymous",
        {"type": "volume", "source": "data", "target": "/data"},
        {"type": "tmpfs", "target": "/scratch"},
        {"source": "data", "target": "/data"},
    ],
)
def test_a_named_volume_is_fine(entry: Any) -> None:
    assert found(by_hand({"volumes": [entry]}, volumes={"data": None})) == []


@pytest.mark.parametrize(
    "entry",
    [
        "./data:/data",
        "../data:/data",
        ".:/src",
        "..:/src",
        "/srv/data:/data",
        "~/data:/data",
        "${DATA}:/d",
        "${PWD}/z:/z",
        "C:\\data:/data",
        "\\\\wsl$\\x:/data",
        {"type": "bind", "source": "/srv", "target": "/data"},
        {"source": "./data", "target": "/data"},
        {"source": "/srv", "target": "/data"},
    ],
)
def test_a_path_of_the_host_is_an_error_in_every_form(entry: Any) -> None:
    made = by_hand({"volumes": ["data:/d", entry]}, volumes={"data": None})
    assert found(made) == ["KZ306"]
    assert places("KZ306", made) == [("services", "web", "volumes", 1)]


@pytest.mark.parametrize("entry", [5, "no target", {"source": "data"}, {"type": "odd", "target": "/x"}])
def test_what_is_no_mount_is_one_error(entry: Any) -> None:
    assert found(by_hand({"volumes": [entry]})) == ["KZ203"]


def test_a_target_from_outside_is_one_error() -> None:
    assert found(by_hand({"volumes": ["data:${WHERE}"]})) == ["KZ205"]


@pytest.mark.parametrize(
    "options",
    [
        {"type": "none", "o": "bind", "device": "/srv/data"},
        {"device": "C:\\data"},
        {"type": "ext4", "device": "/dev/sdb1"},
    ],
)
def test_a_volume_at_a_path_of_the_host_is_an_error(options: dict[str, str]) -> None:
    made = by_hand({"volumes": ["data:/d"]}, volumes={"data": {"driver_opts": options}})
    assert found(made) == ["KZ310"]
    assert places("KZ310", made) == [("volumes", "data", "driver_opts", "device")]


@pytest.mark.parametrize(
    "volumes",
    [
        {"data": None},
        {"data": {"driver_opts": None}},
        {"data": {"driver_opts": {"type": "nfs", "o": "addr=nas.test", "device": ":/export"}}},
        {"data": {"driver_opts": {"type": "tmpfs", "device": "tmpfs"}}},
        {"data": {"driver_opts": {"size": 5}}},
    ],
)
def test_other_volumes_are_fine(volumes: Any) -> None:
    assert found(by_hand({"volumes": ["data:/d"]}, volumes=volumes)) == []
