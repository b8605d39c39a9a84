"""Writes small programs that stand in for an engine's command line."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.fake_engine import FakeEngine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.fake_engine import FakeImage

CHECKOUT = Path(__file__).resolve().parents[2]


def shell_program(path: Path, script: str) -> Path:
    """A program of a few lines of shell; `$*` are its arguments."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def docker_program(path: Path, script: str) -> Path:
    """A docker whose daemon is well; `script` says what becomes of all else that it is asked."""
    facts = '{"Server":{"Version":"28.0.1","ApiVersion":"1.48","Os":"linux","Arch":"amd64"}}'
    return shell_program(
        path,
        f"""case "$1" in
--version) echo 'Docker version 28.0.1, build 068a01e'; exit 0 ;;
version) echo '{facts}'; exit 0 ;;
esac
{script}""",
    )


def building_docker(path: Path, said: str) -> Path:
    """A docker that says a line, builds everything but a Dockerfile that says FAIL, and has no image."""
    return docker_program(
        path,
        f"""case "$1 $2" in
"build --file")
    echo "{said}"
    case "$(cat "$3")" in *FAIL*) echo "The command returned a non-zero code: 1" >&2; exit 1 ;; esac
    exit 0 ;;
"image inspect")
    shift 3
    echo "[]"
    for name in "$@"; do echo "Error: No such image: $name" >&2; done
    exit 1 ;;
esac
exit 0
""",
    )


def nerdctl_program(path: Path, images: Mapping[str, FakeImage]) -> Path:
    """A program that answers in nerdctl's words; it keeps its images in a file beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = path.with_suffix(".images")
    state.write_bytes(pickle.dumps(FakeEngine(images)))
    path.write_text(
        f"#!{sys.executable} -E\n"
        "import sys\n"
        f"sys.path.insert(0, {str(CHECKOUT)!r})\n"
        "from tests.support.nerdctl_stub import main\n"
        f"sys.exit(main({str(state)!r}, sys.argv[1:]))\n"
    )
    path.chmod(0o755)
    return path
