"""A test run's own place at the engine: a network, services, containers; gone when the `with` block ends."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.errors import CatalogError, FindingsError, StoppedError
from catalog.operations.suite_services import SERVICE_LABEL
from catalog.workspace.run_lock import is_left_over
from catalog.workspace.writing import disk_refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from catalog.engine.building import Listener
    from catalog.engine.compose import Compose
    from catalog.engine.containers import ContainerState, Labelled
    from catalog.engine.engine import Engine

TEST_LABEL = "io.kamiwaza.catalog.test"
"""The label of everything that tests make; its value is the run's mark, a dot, and the project's number."""
_POLL_SECONDS = 0.3
_LOG_LINES = 20


class Project(Struct, frozen=True):
    """One place for tests; `mark` is unique, `listener` hears what programs say and may ask to stop."""

    engine: Engine
    mark: str
    listener: Listener
    pause: Callable[[float], None] = time.sleep

    @property
    def name(self) -> str:
        """The compose project."""
        return f"catalog-test-{self.mark.replace('.', '-').replace('_', '-').lower()}"

    @property
    def labels(self) -> dict[str, str]:
        """What everything in this place carries."""
        return {TEST_LABEL: self.mark}

    @property
    def network(self) -> str:
        """The network that compose makes for a project, or that `connect` makes."""
        return f"{self.name}_default"

    def connect(self) -> None:
        """Make the network, where no service of the compose file is needed."""
        self.engine.create_network(self.network, self.labels)

    def up(
        self, compose: Compose, text: str, services: Sequence[str], seconds: float
    ) -> list[ContainerState]:
        """Start services of the compose file `text`, and wait until those with a health check are healthy.

        Raises:
            FindingsError: one does not start, ends, or does not become healthy in time.
            MissingError: the program for compose gives no answer, or the disk refuses.
            StoppedError: the listener asked to stop.
        """
        with temporary_folder() as folder:
            file = folder / "docker-compose.yml"
            file.write_text(text, encoding="utf-8")
            compose.up(file, self.name, services, self.listener, seconds)
        return self._healthy(seconds)

    def poll(self, seconds: float) -> Iterator[None]:
        """One turn after another until so many seconds are over.

        Raises:
            StoppedError: the listener asked to stop.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.listener.is_stopped():
                raise StoppedError
            yield
            self.pause(_POLL_SECONDS)

    def states(self) -> list[ContainerState]:
        """How the containers of this place are."""
        return self.engine.states(f"{TEST_LABEL}={self.mark}")

    def _healthy(self, seconds: float) -> list[ContainerState]:
        states: list[ContainerState] = []
        waiting: list[ContainerState] = []
        for _ in self.poll(seconds):
            states = self.states()
            waiting = [state for state in states if state.health not in {"", "healthy"}]
            for state in (state for state in states if state.has_ended):
                if state.exit_code:
                    raise self._unwell(state, f"ended with {state.exit_code}")
                if state in waiting:  # the engine asks it no more
                    raise self._unwell(state, "ended with 0 before it was healthy")
            if states and not waiting:
                return states
        if not states:
            raise FindingsError(
                f"The services have no container after {seconds:.0f} seconds",
                "Try it by hand: docker compose up, in the extension's folder",
            )
        raise self._unwell(waiting[0], f"did not become healthy in {seconds:.0f} seconds")

    def _unwell(self, state: ContainerState, what: str) -> FindingsError:
        service = state.labels.get(SERVICE_LABEL, state.id[:12])
        said = self.engine.logs(state.id, _LOG_LINES)
        check = f" Its health check said: {state.complaint}." if state.complaint else ""
        return FindingsError(
            f"The service {service} {what}.{check} It said: {said or 'nothing'}",
            "Look at its health check, its environment and its limits in docker-compose.yml",
        )

    def tear_down(self) -> list[Labelled]:
        """Take away all that this place has; what would not go is given back."""
        own = [thing for thing in self.engine.labelled(TEST_LABEL) if thing.value == self.mark]
        return self.engine.discard(own)


def sweep(engine: Engine) -> int:
    """Take away what earlier runs left behind when they were killed; how many things that were."""
    old = [thing for thing in engine.labelled(TEST_LABEL) if is_left_over(run_of(thing.value))]
    with suppress(CatalogError):
        engine.discard(old)
    return len(old)


def run_of(mark: str) -> str:
    """The run that a project's mark belongs to."""
    return mark.rpartition(".")[0]


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for the block.

    Raises:
        MissingError: the disk refuses it, or what the block does in it.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="catalog-test-") as folder:
            yield Path(folder)
    except BrokenPipeError:  # who reads our output has gone
        raise
    except OSError as error:
        raise disk_refusal(error, Path(tempfile.gettempdir())) from error
