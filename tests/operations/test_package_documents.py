"""A bundle carries the lists of its packages and where it came from, the same for the same inputs."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from catalog.bundle.verdict import Policy
from catalog.bundle.verify import verify_bundle
from catalog.operations.package import package
from catalog.operations.package_request import PackageRequest
from catalog.workspace.cache import cache_folder
from catalog.workspace.workspace import open_workspace
from tests.operations.test_package import DB, IMAGES, OURS, bundle_of, members, synced
from tests.support.fake_engine import FakeEngine, FakeImage, layer
from tests.support.trees import app

if TYPE_CHECKING:
    from pathlib import Path

STATUS = b"Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\nArchitecture: amd64\n"
BASE = layer({"etc/os-release": b'ID=debian\nVERSION_ID="12"\n', "var/lib/dpkg/status": STATUS})
SITE = "usr/lib/python3/site-packages"
WEB = FakeImage((BASE, layer({f"{SITE}/click-8.dist-info/METADATA": b"Name: click\nVersion: 8.1.7\n"})))
WITH_PACKAGES = {**IMAGES, OURS: WEB}
LISTS = ["sbom/0.cdx.json", "sbom/1.cdx.json", "sbom/bundle.cdx.json"]


@pytest.fixture(autouse=True)
def _own_cache_and_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return synced(tmp_path / "work space", app("notes"))


class Heard:
    """Keeps every label and count that was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int | None]] = []

    def advance(self, label: str, done: int, total: int | None) -> None:
        self.told.append((label, done, total))

    def transferred(self, label: str, done: int, total: int | None) -> None:
        self.told.append((label, done, total))


def packed(root: Path, **options: Any) -> dict[str, bytes]:
    """The files of a bundle that was packed without syft, whose lists are not ours."""
    request = PackageRequest(**{"syft": False, "out": root / "out", **options})
    result = package(open_workspace(root, root), request, engine=FakeEngine(WITH_PACKAGES))
    assert verify_bundle(bundle_of(result), Policy(), lambda *_: None).verdict == "unsigned"
    found = members(bundle_of(result))
    shutil.rmtree(root / "out")
    return found


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_each_image_has_a_list_and_the_bundle_joins_them(workspace: Path) -> None:
    files = packed(workspace)
    assert sorted(name for name in files if name.startswith("sbom/")) == LISTS
    purls = {one.get("purl") for one in json.loads(files[LISTS[0]])["components"]}
    assert purls >= {"pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12", "pkg:pypi/click@8.1.7"}
    joined = {
        reference["url"]: reference["hashes"][0]["content"]
        for component in json.loads(files[LISTS[2]])["components"]
        for reference in component.get("externalReferences", ())
    }
    assert {path: joined[path] for path in LISTS[:2]} == {path: sha256(files[path]) for path in LISTS[:2]}


def test_the_signed_list_names_every_document(workspace: Path) -> None:
    files = packed(workspace)
    listed = files["SHA256SUMS"].decode()
    for name in [*LISTS, "provenance.json"]:
        assert f"{sha256(files[name])}  {name}\n" in listed


def test_provenance_names_the_catalogs_and_the_images_that_are_in_the_bundle(workspace: Path) -> None:
    synced(workspace, app("notes", manifest={"kamiwaza_version": ">=1.0.0"}))
    files = packed(workspace, versions=("v1", "v2"))
    subjects = {
        one["name"]: one["digest"]["sha256"] for one in json.loads(files["provenance.json"])["subject"]
    }
    catalogs = [f"garden/{garden}/{name}.json" for garden in ("default", "v2") for name in ("apps", "tools")]
    assert subjects == {
        **{name: sha256(files[name]) for name in catalogs},
        f"docker.io/{OURS}": sha256(WEB.config_bytes),
        "docker.io/library/postgres:15-alpine": sha256(DB.config_bytes),
    }


@pytest.mark.parametrize("options", [{"images": False}, {"sbom": False}])
def test_without_images_or_lists_there_is_provenance_alone(workspace: Path, options: dict[str, bool]) -> None:
    files = packed(workspace, **options)
    assert not [name for name in files if name.startswith("sbom/")]
    asked = json.loads(files["provenance.json"])["predicate"]["buildDefinition"]["externalParameters"]
    assert {"images": True, "sbom": True, **options}.items() <= asked.items()


def test_the_documents_do_not_depend_on_what_the_cache_holds(workspace: Path) -> None:
    cold = packed(workspace)
    assert packed(workspace) == cold
    shutil.rmtree(cache_folder("blobs") / "packages")
    assert packed(workspace) == cold


def test_a_second_packing_reads_no_layer_for_its_packages(workspace: Path) -> None:
    cold = packed(workspace)
    records = {path: path.stat().st_mtime_ns for path in (cache_folder("blobs") / "packages").rglob("*.json")}
    assert len(records) == len({digest for image in (WEB, DB) for digest in image.diff_ids})
    assert packed(workspace) == cold
    assert {
        path: path.stat().st_mtime_ns for path in (cache_folder("blobs") / "packages").rglob("*.json")
    } == records


def test_every_image_is_told_while_the_lists_are_made(workspace: Path) -> None:
    heard = Heard()
    request = PackageRequest(syft=False)
    package(open_workspace(workspace, workspace), request, heard, engine=FakeEngine(WITH_PACKAGES))
    assert [count for label, *count in heard.told if label == "Reading package lists"] == [
        [0, 2],
        [1, 2],
        [2, 2],
    ]
