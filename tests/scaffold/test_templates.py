"""Templates: every place is filled, every stored file is used, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

import catalog.scaffold
from catalog.model.names import Kind
from catalog.scaffold import extension, workspace
from catalog.scaffold.templates import filled

TEMPLATES = Path(catalog.scaffold.__file__).parent / "templates"


def used_templates(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names that `init` and `new` ask for, whatever the kind."""
    names = set()

    def recorded(name: str, values: dict[str, str]) -> str:
        names.add(name)
        return filled(name, values)

    monkeypatch.setattr(extension, "filled", recorded)
    monkeypatch.setattr(workspace, "filled", recorded)
    workspace.workspace_files("Ours")
    for kind in Kind:
        extension.extension_files(kind, f"{kind.value}-x", "acme")
    return names


def test_every_stored_template_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*") if path.is_file()}
    shown = {name.removesuffix(".tmpl").replace("dot-", ".") for name in stored}
    assert shown == used_templates(monkeypatch)


def test_a_value_that_is_not_given_is_refused_instead_of_left_empty() -> None:
    with pytest.raises(KeyError, match="title"):
        filled("workspace/README.md", {})


def test_dollars_and_braces_of_a_template_stay_as_they_are() -> None:
    assert "${GREETING:-Hello}" in filled(
        "tool/docker-compose.yml", {"name": "tool-x", "organization": "acme"}
    )
