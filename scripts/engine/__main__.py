"""Command line of the development engine: `start`, `stop` or `images` in, shell exports out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.engine import base_images, daemon

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def start(state: Path) -> None:
    """Starts what is missing; stdout is meant for `eval`."""
    engine = daemon.start(state)
    print(f"export DOCKER_HOST={engine.docker_host}")
    print(f"export CATALOG_TEST_REGISTRY={engine.registry}")


def stop(state: Path) -> None:
    """Ends what `start` started."""
    for name in daemon.stop(state):
        print(f"stopped {name}")


def images(state: Path) -> None:
    """Starts the engine when none runs, then provides the base images."""
    for name in base_images.ensure(daemon.start(state), state):
        print(f"made {name}")


COMMANDS: dict[str, Callable[[Path], None]] = {"start": start, "stop": stop, "images": images}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns 0, or 3 when this machine lacks something."""
    parser = argparse.ArgumentParser(prog="python -m scripts.engine", description=daemon.__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--state", type=Path, default=daemon.DEFAULT_STATE, help="default: %(default)s")
    options = parser.parse_args(arguments)
    try:
        COMMANDS[options.command](options.state.resolve())
    except (daemon.EngineUnavailableError, daemon.EngineFailedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
