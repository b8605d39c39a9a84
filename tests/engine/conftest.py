"""A real container engine for the tests that need one: the running one, else a private one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts.engine import base_images, daemon

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def engine() -> Iterator[daemon.Engine]:
    state = Path(os.environ.get("CATALOG_ENGINE_STATE", daemon.DEFAULT_STATE)).resolve()
    ran_before = daemon.running(state)
    try:
        found = ran_before or daemon.start(state)
    except daemon.EngineUnavailableError as error:
        pytest.skip(f"NO CONTAINER ENGINE, so this was not tested: {error}")
    yield found
    if ran_before is None:
        daemon.stop(state)


@pytest.fixture(scope="session")
def base_image_engine(engine: daemon.Engine) -> daemon.Engine:
    """The engine, with the base images that the samples' Dockerfiles name."""
    state = Path(os.environ.get("CATALOG_ENGINE_STATE", daemon.DEFAULT_STATE)).resolve()
    try:
        base_images.ensure(engine, state)
    except daemon.EngineUnavailableError as error:
        pytest.skip(f"NO BASE IMAGES, so this was not tested: {error}")
    return engine
