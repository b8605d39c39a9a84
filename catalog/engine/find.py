"""Finds the container engine to use: the one asked for, else the first that is installed and answers."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from catalog.engine.cli_engine import CliEngine
from catalog.engine.complaints import last_lines
from catalog.engine.dialect import DIALECTS, dialect_of
from catalog.engine.program import Command, run
from catalog.errors import MissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.engine.engine import Engine

CHOICE_VARIABLE = "CATALOG_ENGINE"
_VERSION_SECONDS = 20.0


def find_engine(name: str | None, environment: Mapping[str, str] | None = None) -> Engine:
    """The engine to use; it has answered once.

    Args:
        name: `docker`, `podman`, `nerdctl` or a path to such a program; None to take what CATALOG_ENGINE
            says, or else the first of the three that is installed and answers.
        environment: where PATH, DOCKER_HOST and the like are looked up; the process's own by default.

    Raises:
        UsageError: `name` is none of these, or the program speaks like none of them.
        MissingError: it is not installed or does not answer; of several, the reason of each.
    """
    environment = os.environ if environment is None else environment
    choice = chosen(name, environment)
    return _named(choice, environment) if choice else _first_that_answers(environment)


def chosen(name: str | None, environment: Mapping[str, str]) -> str | None:
    """The engine that somebody asked for, by `name` or else by CATALOG_ENGINE; None if nobody did."""
    return name or environment.get(CHOICE_VARIABLE) or None


def _named(name: str, environment: Mapping[str, str]) -> Engine:
    if name not in DIALECTS and os.sep not in name:
        raise UsageError(
            f"'{name}' is no container engine", f"Choose {_or(DIALECTS)}, or a path to one of them"
        )
    program = _installed(name, environment)
    if program is None:
        raise MissingError(
            f"{name} is not installed, or not on PATH", f"Install it, or choose {_or(DIALECTS)}"
        )
    return _answering(program, environment)


def _first_that_answers(environment: Mapping[str, str]) -> Engine:
    reasons: list[MissingError] = []
    for name in DIALECTS:
        program = _installed(name, environment)
        if program is None:
            continue
        try:
            return _answering(program, environment)
        except (MissingError, UsageError) as error:
            reasons.append(MissingError(error.message, error.hint))
    if not reasons:
        message = f"No container engine is installed: none of {', '.join(DIALECTS)} is on PATH"
        raise MissingError(message, "Install docker or podman")
    hints = dict.fromkeys(reason.hint for reason in reasons if reason.hint)
    raise MissingError(". ".join(reason.message for reason in reasons), "; or: ".join(hints))


def _installed(name: str, environment: Mapping[str, str]) -> str | None:
    return shutil.which(name, path=environment.get("PATH", os.defpath))


def _answering(program: str, environment: Mapping[str, str]) -> Engine:
    finished = run(Command((program, "--version"), environment), _VERSION_SECONDS)
    said = finished.stdout.decode("utf-8", "replace")
    dialect = dialect_of(said)
    if dialect is None:
        spoken = last_lines(said or finished.stderr) or "nothing"
        raise UsageError(
            f"'{program} --version' says {spoken}, so it is no container engine", f"Choose {_or(DIALECTS)}"
        )
    engine = CliEngine(program, dialect, environment)
    engine.info()
    return engine


def _or(names: Mapping[str, object]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}"
