"""Every make target that the extension guide and the earlier template have does its work here.

Each target of the contract's table "Make targets" that its guide names, and those that people also use, is
listed below with its variables. What a target hands over must be understood by `catalog`; what needs no
engine is really run, against stand-ins of an image registry and of Kamiwaza.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click
import pytest

from catalog.cli.app import LazyGroup, group
from catalog.scaffold.workspace import workspace_files
from tests.support import kamiwaza_stand_in, registry_stand_in
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from pathlib import Path

RECORDER = "import json, sys\nprint(json.dumps(sys.argv[1:]))\n"
APP = "TYPE=app NAME=notes"
GUIDE = {
    "new": "TYPE=app NAME=my-app",
    "package-libs": "PYTHON_ONLY=1 CLEAN=1",
    "build": f"{APP} STAGE=dev NETWORK=host",
    "build-all": "TYPE=app STAGE=prod",
    "test": APP,
    "test-all": "",
    "sync-compose": "",
    "validate": APP,
    "build-registry": "STAGE=prod REPO_VERSION=v1,v2",
    "package-registry": "STAGE=prod REPO_VERSION=v1",
    "serve-registry": "PORT=9000",
    "list": "FORMAT=json",
    "list-apps": "FORMAT=json",
    "list-services": "",
    "list-tools": "",
    "publish": "STAGE=prod PLATFORMS=linux/amd64",
    "publish-dry-run": "STAGE=prod",
    "publish-registry": "STAGE=stage",
    "publish-images": "STAGE=prod PLATFORMS=linux/amd64,linux/arm64",
    "publish-images-dry-run": "STAGE=prod",
    "kamiwaza-push": f"{APP} TEMPLATE_ID=a1b2c3d4-0000-4000-8000-000000000000",
    "kamiwaza-list": "FORMAT=json",
    "ci-pipeline": "STAGE=prod FROM=validate",
    "clean": "",
    "clean-deps": "",
    "clean-all": "",
    "distclean": "",
}
TEMPLATE = {
    "install-libs": f"{APP} TS_ONLY=1 LIBS=kamiwaza-auth TS_PATH=frontend",
    "build-no-cache": APP,
    "bump": f"{APP} LEVEL=PATCH",
    "push": f"{APP} STAGE=dev BUILD=1 DRY_RUN=1",
    "check-compose": "",
    "export-images": "STAGE=prod",
    "show-registry": f"{APP} STAGE=prod",
    "verify-images": APP,
    "verify-images-registry": "STAGE=prod",
    "verify-images-all": "",
    "list-published": "STAGE=dev TYPE=tool FORMAT=json",
    "publish-registry-dry-run": "STAGE=dev",
    "publish-registry-force": "NAME=notes STAGE=dev",
    "publish-images-single-arch": "STAGE=dev",
    "unpublish": "NAME=notes STAGE=dev YES=1",
    "remove-publish-lock": "STAGE=dev",
    "download-registry": "STAGE=dev",
}
TARGETS = GUIDE | TEMPLATE
HANDED_OVER = {"NAME", "TYPE", "STAGE", "PLATFORMS", "PORT", "TEMPLATE_ID", "REPO_VERSION"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace as `init` makes it."""
    made = {str(file.path): file.content for file in workspace_files("Acme")}
    return tree(tmp_path / "ws", {name: text for name, text in made.items() if isinstance(text, bytes)})


@dataclass(frozen=True)
class Maker:
    """Runs make in a workspace; `catalog` is what its recipes call."""

    root: Path
    catalog: str
    more: dict[str, str] = field(default_factory=dict)

    def run(self, target: str, variables: str = "") -> str:
        """The standard output of a target."""
        home = self.root.parent
        done = subprocess.run(
            ["make", f"CATALOG={self.catalog}", target, *variables.split()],
            cwd=self.root,
            env={
                "PATH": os.environ["PATH"],
                "LC_ALL": "C.UTF-8",
                "HOME": str(home),
                "XDG_CACHE_HOME": str(home / "cache"),
                "SOURCE_DATE_EPOCH": "1760443200",
                **self.more,
            },
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"make {target} {variables}\n{done.stdout}{done.stderr}"
        return done.stdout


def understood(arguments: list[str]) -> dict[str, object]:
    """The values that the command line makes of the arguments; it stops where it does not know one."""
    found: click.Command | None = group
    rest = list(arguments)
    while isinstance(found, LazyGroup):
        found = found.get_command(click.Context(found), rest.pop(0))
    assert found is not None, arguments
    return found.make_context(" ".join(arguments[:2]), rest, **group.context_settings).params


@pytest.mark.parametrize("target", TARGETS)
def test_what_a_target_hands_over_is_understood(root: Path, target: str) -> None:
    (root / "recorder.py").write_text(RECORDER)
    told = Maker(root, f"{sys.executable} -IS recorder.py").run(target, TARGETS[target])
    called = [json.loads(line) for line in told.splitlines()]
    assert called
    for arguments in called:
        understood(arguments)
    given = dict(pair.split("=", 1) for pair in TARGETS[target].split())
    words = " ".join(word for arguments in called for word in arguments).lower()
    for name in HANDED_OVER & set(given):
        assert given[name].lower() in words


def names(told: str) -> list[str]:
    return [one["name"] for one in json.loads(told)["extensions"]]


@pytest.mark.slow
def test_a_workspace_is_made_checked_built_shown_and_cleaned(root: Path) -> None:
    tree(root, {"catalog.toml": '[catalog]\nskin = "plain"\n'})
    make = Maker(root, f"{sys.executable} -m catalog")
    make.run("new", "TYPE=tool NAME=search")
    tree(root, app())
    assert names(make.run("list", "FORMAT=json")) == ["notes", "tool-search"]
    assert names(make.run("list-apps", "FORMAT=json")) == ["notes"]
    assert names(make.run("list-services", "FORMAT=json")) == []
    assert names(make.run("list-tools", "FORMAT=json")) == ["tool-search"]
    assert names(make.run("list", "TYPE=tool FORMAT=json")) == ["tool-search"]
    assert "notes" in make.run("show", APP)
    assert "1.0.0 -> 1.0.1" in make.run("bump", f"{APP} LEVEL=PATCH")
    make.run("sync-compose")
    make.run("check-compose")
    make.run("validate", APP)
    make.run("validate")
    make.run("build-registry", "STAGE=dev")
    assert json.loads(make.run("show-registry", APP))["version"] == "1.0.1"
    make.run("clean")
    make.run("clean-deps")
    make.run("clean-all")
    make.run("distclean")
    assert not (root / "build").exists()


@pytest.mark.slow
def test_a_catalog_is_published_listed_downloaded_and_taken_back(root: Path) -> None:
    with registry_stand_in.running() as registry:
        store = tree(root.parent / "store", {"garden": None})
        settings = f'[publish.dev]\nstore = "{store.as_uri()}"\nimages = "{registry.host}/acme"\n'
        compose = f"services:\n  web:\n    image: {registry.host}/acme/web:1.0\n    ports: ['8000']\n"
        tree(root, {**app(compose=compose), "catalog.toml": settings})
        registry.put_image("acme/web", "1.0")
        make = Maker(root, f"{sys.executable} -m catalog")
        make.run("sync-compose")
        assert "insert" in make.run("publish-registry-dry-run", "STAGE=dev")
        make.run("publish-registry", "STAGE=dev")
        assert "notes" in make.run("list-published", "STAGE=dev FORMAT=json")
        assert "notes" not in make.run("list-published", "STAGE=dev TYPE=tool")
        make.run("download-registry", "STAGE=dev")
        assert list((root / "dist").rglob("apps.json"))
        tree(root, app(compose=compose, manifest={"description": "Other words."}))
        make.run("sync-compose")
        assert "replace" in make.run("publish-registry-force", "NAME=notes STAGE=dev")
        make.run("verify-images-registry")
        make.run("unpublish", "NAME=notes STAGE=dev YES=1")
        assert "notes" not in make.run("list-published", "STAGE=dev FORMAT=json")
        make.run("remove-publish-lock", "STAGE=dev")


@pytest.mark.slow
def test_an_extension_is_pushed_to_kamiwaza_and_listed(root: Path) -> None:
    tree(root, app())
    with kamiwaza_stand_in.running(kamiwaza_stand_in.StandIn()) as platform:
        login = {"KAMIWAZA_API_URL": platform.url, "KAMIWAZA_API_TOKEN": kamiwaza_stand_in.TOKEN}
        make = Maker(root, f"{sys.executable} -m catalog", login)
        make.run("sync-compose")
        make.run("kamiwaza-push", APP)
        known = platform.named("notes")["id"]
        make.run("kamiwaza-push", f"{APP} TEMPLATE_ID={known}")
        assert platform.lines()[-1].startswith("PUT ")
        assert "notes" in make.run("kamiwaza-list", "FORMAT=json")
