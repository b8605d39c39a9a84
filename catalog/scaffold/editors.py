"""What tells editors which JSON Schema a file follows: schemas in, files of the workspace out.

A `$schema` key in kamiwaza.json itself would end up in the published catalog, so the editor is told instead.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from catalog.model.file_tree import text_file
from catalog.model.names import Kind

if TYPE_CHECKING:
    from catalog.model.file_tree import TreeFile

MANIFEST_SCHEMA = ".schemas/kamiwaza.schema.json"
SETTINGS_SCHEMA = ".schemas/settings.schema.json"


def editor_files(manifest: str, settings: str) -> tuple[TreeFile, ...]:
    """The schemas (JSON texts), and the mapping for Visual Studio Code and its kin."""
    patterns = [f"/{kind.folder}/*/kamiwaza.json" for kind in Kind]
    mapping = {
        "json.schemas": [{"fileMatch": patterns, "url": f"./{MANIFEST_SCHEMA}"}],
        "evenBetterToml.schema.associations": {r".*/catalog\.toml": f"./{SETTINGS_SCHEMA}"},
    }
    return (
        text_file(MANIFEST_SCHEMA, manifest),
        text_file(SETTINGS_SCHEMA, settings),
        text_file(".vscode/settings.json", f"{json.dumps(mapping, indent=2)}\n"),
    )
