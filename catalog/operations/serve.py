"""Serves the registry that `build` made, by the very program that ships with every registry.

The process becomes that program. So signals reach it, its exit code is the command's, and nothing is left
running, however it ends.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

from pydantic import Field

from catalog.errors import MissingError
from catalog.operations.result import PathField, Request, Result
from catalog.registry.layout import GARDEN, REGISTRY_ROOT, SERVER_FILE
from catalog.workspace.assets import shipped

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.workspace.workspace import Workspace

DEFAULT_PORT = 58888
"""The port that the platform's documents name."""


class ServeRequest(Request):
    """Where to listen, by which names clients know the server, and what it proves them with.

    What is None or empty is left to the server. `certificate` and `key` are PEM files that belong together;
    `state` is the folder of the certificates that the server makes itself. With `plain_http` it speaks HTTP,
    to this machine only.
    """

    host: str | None = None
    port: int = Field(DEFAULT_PORT, ge=0, le=65535)
    names: tuple[str, ...] = ()
    certificate: PathField | None = None
    key: PathField | None = None
    state: PathField | None = None
    plain_http: bool = False


class ServeResult(Result):
    """What is going to be served, and the command that does it."""

    root: PathField
    command: tuple[str, ...]


def serve(workspace: Workspace, request: ServeRequest) -> ServeResult:
    """How to serve the built registry of the workspace.

    Raises:
        MissingError: nothing was built yet, or the installation lacks the server.
    """
    root = registry_root(workspace.root)
    if not (root / GARDEN).is_dir():
        raise MissingError(f"There is no registry in {root} yet.", "Build it with: catalog build")
    return ServeResult(root=root, command=server_command(root, request))


def registry_root(workspace: Path) -> Path:
    """Where `catalog build` puts the registry unless it is told otherwise."""
    return workspace / "build" / REGISTRY_ROOT


def server_command(root: Path, request: ServeRequest) -> tuple[str, ...]:
    """The command line of the server for the registry at `root`."""
    valued = (
        ("--host", request.host),
        *(("--san", name) for name in request.names),
        ("--cert", request.certificate),
        ("--key", request.key),
        ("--state", request.state),
    )
    # joined by "=", a value that begins with a hyphen is still a value
    options = [f"{name}={value}" for name, value in valued if value is not None]
    options += ["--http"] if request.plain_http else []
    server = shipped("bundle") / SERVER_FILE
    return (sys.executable, str(server), f"--root={root}", f"--port={request.port}", *options)


def become(result: ServeResult) -> NoReturn:
    """Turn this process into the server."""
    sys.stdout.flush()
    os.execv(result.command[0], result.command)  # noqa: S606  # an argument vector, no shell
