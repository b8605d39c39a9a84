"""What is found in the layers of a real image is what its own package manager says."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from catalog.bundle.blob_cache import BlobCache
from catalog.bundle.image_saver import store_images
from catalog.bundle.packages_image import packages_of
from catalog.bundle.packages_layer import scan_layers
from catalog.engine.find import find_engine
from tests.engine.conftest import base_image_engine, engine  # noqa: F401  fixtures

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.engine import daemon

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]
REF = "python:3.11-slim"
QUERY = "${db:Status-Status} ${Package} ${Version} ${Architecture}\\n"


def test_the_deb_packages_are_those_of_dpkg_query(base_image_engine: daemon.Engine, tmp_path: Path) -> None:  # noqa: F811
    environment = base_image_engine.environment()
    docker = find_engine("docker", environment)
    image = docker.inspect([REF])[REF]
    stored = store_images(docker, [image], BlobCache(tmp_path / "blobs"), lambda *_: None)[REF]

    found = packages_of(list(scan_layers(stored.layers, tmp_path / "cache")))

    said = subprocess.run(
        ["docker", "run", "--rm", "--network", "none", REF, "dpkg-query", "-W", "-f", QUERY],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    installed = sorted(line.removeprefix("installed ") for line in said if line.startswith("installed "))
    packages = [package for package in found.packages if package.kind == "deb"]
    assert sorted(f"{one.name} {one.version} {one.arch}" for one in packages) == installed
    assert len(installed) > 50
    assert found.system is not None
    assert found.system.id == "debian"
    assert found.gaps == ()
