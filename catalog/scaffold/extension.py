"""What `catalog new` creates: a kind with a name goes in, the files of an extension that runs come out.

docker-compose.appgarden.yml is not among them: `sync-compose` writes it from the compose file that is.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from catalog.model.file_tree import text_file
from catalog.model.names import Kind
from catalog.scaffold.templates import filled

if TYPE_CHECKING:
    from catalog.model.file_tree import TreeFile

_ABOUT = ("kamiwaza.json", "docker-compose.yml", "README.md", "CHANGELOG.md")
_IMAGE = ("Dockerfile", ".dockerignore", "requirements.txt", "requirements-dev.txt")
_PAGE = ("Dockerfile", "nginx.conf", "index.html")
_BACKEND = (*_IMAGE, "app/__init__.py", "app/main.py", "tests/__init__.py", "tests/test_health.py")
_SERVER = (*_IMAGE, "src/__init__.py", "src/server.py", "tests/__init__.py", "tests/test_server.py")

_PARTS: dict[Kind, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    Kind.APP: (
        ("app", "", _ABOUT),
        ("app/frontend", "frontend", _PAGE),
        ("backend", "backend", _BACKEND),
    ),
    Kind.SERVICE: (("service", "", _ABOUT), ("backend", "backend", _BACKEND)),
    Kind.TOOL: (("tool", "", (*_ABOUT, *_SERVER)),),
}
"""Of each kind: folder of templates, folder in the extension, files."""

_ADDRESSES = {
    Kind.APP: "http://localhost:8080/",
    Kind.SERVICE: "http://localhost:8000/health",
    Kind.TOOL: "http://localhost:8000/mcp",
}


def extension_files(kind: Kind, name: str, organization: str) -> tuple[TreeFile, ...]:
    """The files of a new extension of `kind`; paths are relative to its directory.

    `name` is one that `is_name` accepts, with the prefix of its kind: it becomes part of image names, in the
    namespace `organization`.
    """
    values = {"name": name, "title": _title(kind, name), "organization": organization}
    return tuple(
        text_file(PurePosixPath(folder, file), filled(f"{templates}/{file}", values))
        for templates, folder, files in _PARTS[kind]
        for file in files
    )


def next_steps(kind: Kind, name: str) -> tuple[str, ...]:
    """Commands for the workspace's root that run, check and build a new extension, each with its purpose."""
    place = f"{kind.folder}/{name}"
    steps = (
        (f"${{EDITOR:-vi}} {place}/kamiwaza.json", "say what it is"),
        (f"docker compose -f {place}/docker-compose.yml up --build", f"run it: {_ADDRESSES[kind]}"),
        (f"catalog sync-compose {name}", "after each change of docker-compose.yml"),
        (f"catalog validate {name}", "see every problem at once"),
        ("catalog build", "make the registry and the website"),
    )
    width = max(len(command) for command, _ in steps)
    return tuple(f"{command:<{width}}  # {purpose}" for command, purpose in steps)


def _title(kind: Kind, name: str) -> str:
    """The name for people: `tool-log-search` is `Log search`."""
    prefix = next((prefix for prefix in kind.prefixes if name.startswith(prefix)), "")
    return " ".join(name.removeprefix(prefix).replace("-", " ").split()).capitalize()
