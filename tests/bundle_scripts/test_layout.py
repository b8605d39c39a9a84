"""The scripts that ship know the same names as the package that makes what they serve."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import catalog
from catalog.bundle.verdict import Verdict
from catalog.model.picture import PICTURE_SUFFIXES
from catalog.registry import layout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

BUNDLE = Path(catalog.__file__).parent.parent / "bundle"


@pytest.fixture(scope="module")
def server() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("serve_registry", BUNDLE / "serve-registry.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, spec.name, module)  # its dataclasses look themselves up there
        spec.loader.exec_module(module)
        yield module


def test_the_server_knows_every_generation_and_its_folders(server: ModuleType) -> None:
    gardens = [version.garden for version in layout.RepositoryVersion]
    assert [garden.folder.name for garden in gardens] == list(server.VERSIONS)
    assert {(garden.pictures.name,) for garden in gardens} == set(server.PICTURE_FOLDERS)
    assert server.CATALOGS == (layout.APPS_FILE, layout.TOOLS_FILE)


def test_the_server_sends_the_pages_own_policy(server: ModuleType) -> None:
    assert server.CONTENT_SECURITY_POLICY == layout.CONTENT_SECURITY_POLICY_HEADER


def test_the_server_serves_every_type_of_picture_that_we_accept(server: ModuleType) -> None:
    assert set(PICTURE_SUFFIXES) <= set(server.PICTURE_TYPES)


def test_the_scripts_look_into_every_generation() -> None:
    text = (BUNDLE / "package-setup.sh").read_text(encoding="utf-8")
    verifier = (BUNDLE / "bundle-verify.sh").read_text(encoding="utf-8")
    for version in layout.RepositoryVersion:
        assert version.garden.folder.name in text
        assert version.garden.folder.name in verifier
    assert layout.APPS_FILE.removesuffix(".json") in text
    assert layout.TOOLS_FILE.removesuffix(".json") in text


def test_what_ships_is_what_the_layout_lists() -> None:
    assert {path.name for path in BUNDLE.iterdir() if path.is_file()} == set(layout.HELPER_FILES)


@pytest.mark.parametrize("page", ["bundle/README.md", "docs/how-to/install-airgapped.md"])
def test_the_key_is_named_from_the_folder_where_each_command_is_typed(page: str) -> None:
    text = (BUNDLE.parent / page).read_text(encoding="utf-8")
    outside, _, inside = text.partition("$ cd kamiwaza-extension-registry\n")
    assert set(re.findall(r"-verify (\S+)", outside)) == {"release.key.pub"}
    assert set(re.findall(r"(?:--key|-in) (\S*(?:\.pub|\.pem))\b", inside)) == {"../release.key.pub"}


def test_the_page_for_admins_tells_of_every_command_and_verdict() -> None:
    page = (BUNDLE / "README.md").read_text(encoding="utf-8")
    commands = {"verify", "preflight", "load", "push", "env", "serve", "status", "uninstall"}
    assert [name for name in commands if f"| `{name}" not in page] == []
    assert [verdict for verdict in Verdict if verdict not in page] == []
