"""A key, a small bundle of each kind, and a machine that has seen no bundle yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.bundle.keys import new_key
from tests.support.bundles import small_bundle, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this machine remembers which bundles it has seen."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder / "kamiwaza-registry"


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key; its public half lies beside it, with `.pub` at the end."""
    path = tmp_path_factory.mktemp("key") / "release.key"
    new_key(path, None)
    return path


@pytest.fixture(scope="session")
def public(key: Path) -> Path:
    return key.with_name("release.key.pub")


@pytest.fixture(scope="session")
def other_public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A public key that signed nothing."""
    path = tmp_path_factory.mktemp("other") / "other.key"
    new_key(path, None)
    return path.with_name("other.key.pub")


@pytest.fixture
def signed(tmp_path: Path, key: Path) -> Path:
    return small_bundle(made(tmp_path / "signed"), key=key)


@pytest.fixture
def unsigned(tmp_path: Path) -> Path:
    return small_bundle(made(tmp_path / "unsigned"))


@pytest.fixture
def folder(tmp_path: Path, signed: Path) -> Path:
    """The signed bundle, unpacked."""
    return unpacked(signed, tmp_path / "unpacked")


@pytest.fixture(params=["tarball", "folder"])
def shape(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Path], Path]:
    """The bundle as it travels, or unpacked."""
    if request.param == "tarball":
        return lambda bundle: bundle
    return lambda bundle: unpacked(bundle, tmp_path / "out")


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder
