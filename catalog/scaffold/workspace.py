"""What `catalog init` creates: the title of a catalog goes in, the files of an empty workspace come out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from catalog.model.file_tree import text_file
from catalog.model.names import Kind
from catalog.scaffold.templates import filled

if TYPE_CHECKING:
    from catalog.model.file_tree import TreeFile

_FILES = (
    "catalog.toml",
    "Makefile",
    "README.md",
    ".gitignore",
    ".editorconfig",
    ".pre-commit-config.yaml",
    ".github/workflows/catalog.yml",
    ".gitlab-ci.yml",
)


def workspace_files(title: str) -> tuple[TreeFile, ...]:
    """The files of a workspace whose catalog is called `title`; paths are relative to the workspace."""
    values = {"title": " ".join(title.split()), "quoted_title": _toml_string(title)}
    folders = (text_file(f"{kind.folder}/.gitkeep", "") for kind in Kind)
    return (*folders, *(text_file(name, filled(f"workspace/{name}", values)) for name in _FILES))


def _toml_string(text: str) -> str:
    """`text` as a basic string of TOML 1.0, which is a string of JSON, except that DEL must be escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
