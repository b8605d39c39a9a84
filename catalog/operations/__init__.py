"""The use cases of the product, one module a command: read, decide, write.

This table is what the doors to them (command line, later an API) are made from.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """One use case: its name, which is its command and its module's name with hyphens, and what it does."""

    name: str
    summary: str


OPERATIONS: tuple[Operation, ...] = (
    Operation("init", "Make a workspace for extensions."),
    Operation("new", "Make a new extension that validates, builds and runs."),
    Operation("list", "List the extensions of the workspace."),
    Operation("show", "Show one extension: its services, images, ports and volumes."),
    Operation("bump", "Raise the version of an extension."),
    Operation("sync-compose", "Write docker-compose.appgarden.yml from docker-compose.yml."),
    Operation("validate", "Check extensions and report every finding at once."),
    Operation("build", "Build the registry and the website."),
    Operation("clean", "Remove what builds, tests and installs have left."),
)
