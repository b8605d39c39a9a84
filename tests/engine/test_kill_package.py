"""A kill at any moment breaks nothing; `python -m scripts.soak` tries it far more often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripts.soak import samples
from scripts.soak.killing import kill_often
from scripts.soak.trials import TRIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.engine.daemon import Engine
    from scripts.soak.samples import Sample

KILLS = 20
SEED = 20_261_121


@pytest.fixture(scope="module")
def sample(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    made = samples.make(engine, tmp_path_factory.mktemp("kills"))
    yield made
    samples.remove(engine)


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.xdist_group("engine")
@pytest.mark.parametrize("command", TRIALS)
def test_a_killed_command_leaves_nothing_broken_and_succeeds_when_run_again(
    sample: Sample, command: str
) -> None:
    record = kill_often(TRIALS[command](sample), KILLS, SEED)

    assert record.problems == ()
    assert record.killed  # or nothing was tried
