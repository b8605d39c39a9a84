"""Builds the workspace again whenever a source changes, and shows it to a browser of this machine.

One build runs at a time. What changes meanwhile is built next. A build that fails leaves the site before it
in place.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pydantic import Field

from catalog.operations.result import Request, Result
from catalog.operations.serve import DEFAULT_PORT
from catalog.operations.watch_build import build_once
from catalog.operations.watch_pages import serving_pages
from catalog.operations.watch_server import ServerProcess
from catalog.workspace.changes import SourceWatch, changes

if TYPE_CHECKING:
    from collections.abc import Generator

    from catalog.workspace.workspace import Workspace


class WatchRequest(Request):
    """The port for the browser, and the global options of each build."""

    port: int = Field(DEFAULT_PORT, ge=0, le=65535)
    build_options: tuple[str, ...] = ("--quiet",)


class Watching(Result):
    """The watch has begun: the address of the pages that load again by themselves."""

    url: str


class Rebuilding(Result):
    """A build begins, because these sources changed; at first, all of them are named."""

    changed: tuple[str, ...]
    is_first: bool


class Rebuilt(Result):
    """A build has ended with this exit code; if it is not 0, what was there before stays."""

    build_exit_code: int


def watch(workspace: Workspace, request: WatchRequest) -> Generator[Watching | Rebuilding | Rebuilt]:
    """Build, serve and watch until interrupted, telling each step.

    Raises:
        ConflictError: the port is taken.
        MissingError: the server does not start, or it has ended.
    """
    sources = SourceWatch(workspace.root)
    with ServerProcess(workspace.root) as server, serving_pages(request.port) as pages:

        def pause() -> None:
            server.port()
            time.sleep(sources.pause)

        yield Watching(url=pages.url)
        for number, changed in enumerate(changes(sources.look, pause)):
            yield Rebuilding(changed=changed, is_first=number == 0)
            code = build_once(workspace.root, request.build_options)
            if code == 0 or number == 0:
                pages.show(server.port())
            yield Rebuilt(build_exit_code=code)
