"""A bundle holds all that its extensions need, is made whole or not at all, and does what its plan said."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from catalog.bundle.manifest import BundleManifest
from catalog.bundle.sums import parse
from catalog.bundle.verdict import Policy
from catalog.bundle.verify import verify_bundle
from catalog.errors import ConflictError, FindingsError, IntegrityError, MissingError, UsageError
from catalog.operations.package import package
from catalog.operations.package_request import PackageRequest, PackageResult
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.registry.layout import REGISTRY_ROOT
from catalog.workspace.cache import cache_folder
from catalog.workspace.workspace import open_workspace
from tests.support.fake_engine import FakeEngine, FakeImage, layer
from tests.support.trees import app, tree

EPOCH = 1_790_000_000
BASE = layer({"etc/os-release": b"ID=debian\n", "base": b"b" * 5000})
WEB = FakeImage((BASE, layer({"web": b"w" * 3000})))
DB = FakeImage((BASE, layer({"db": b"d" * 2000})))
OURS = "kamiwazaai/notes-web:v1.0.0"
IMAGES = {OURS: WEB, "postgres:15-alpine": DB}
PINNED = f"postgres@sha256:{'a' * 64}"


@pytest.fixture(autouse=True)
def _own_cache_and_time(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(EPOCH))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return synced(tmp_path / "work space", app("notes"))


def synced(root: Path, files: dict[str, Any]) -> Path:
    tree(root, {"catalog.toml": '[catalog]\nskin = "plain"\n', **files})
    sync_compose(open_workspace(root, root), SyncRequest())
    return root


def packed(root: Path, engine: FakeEngine | None = None, **options: Any) -> PackageResult:
    request = PackageRequest(**{"sbom": False, **options})
    return package(open_workspace(root, root), request, engine=engine or FakeEngine(IMAGES))


@pytest.mark.parametrize("out", ["apps", "tools/deep"])
def test_no_bundle_is_written_among_extensions(workspace: Path, out: str) -> None:
    with pytest.raises(UsageError) as caught:
        packed(workspace, out=Path(out), dry_run=True)
    assert "catalog package --out dist" in caught.value.hint
    assert not (workspace / "tools").exists()


def members(bundle: Path) -> dict[str, bytes]:
    with tarfile.open(bundle) as tar:
        files = [(member, tar.extractfile(member)) for member in tar if member.isfile()]
        return {member.name.removeprefix(f"{REGISTRY_ROOT}/"): file.read() for member, file in files if file}


def bundle_of(result: PackageResult) -> Path:
    assert result.path is not None
    return result.path


def manifest_of(result: PackageResult) -> BundleManifest:
    return BundleManifest.from_bytes(members(bundle_of(result))["bundle.json"])


def test_a_bundle_has_registry_website_scripts_and_images_and_verifies(workspace: Path) -> None:
    result = packed(workspace)
    assert result.exit_code == 0
    assert bundle_of(result) == workspace / "dist" / "kamiwaza-registry-20260921-141320.tar.gz"
    names = members(bundle_of(result))
    assert {"index.html", "package-setup.sh", "garden/default/apps.json"} <= set(names)
    assert "relocate/garden/default/apps.json.in" in names
    assert names["garden/default/docker-images/images.tsv"].count(b"\n") == 2
    assert verify_bundle(bundle_of(result), Policy(), lambda *_: None).verdict == "unsigned"


def test_the_digest_of_the_whole_lies_beside_it(workspace: Path) -> None:
    bundle = bundle_of(packed(workspace))
    assert sorted(path.name for path in bundle.parent.iterdir()) == [bundle.name, f"{bundle.name}.sha256"]


def test_shared_layers_are_packed_once_and_reported(workspace: Path) -> None:
    result = packed(workspace)
    layers = {digest for image in (WEB, DB) for digest in image.diff_ids}
    blobs = [name for name in members(bundle_of(result)) if "/blobs/" in name]
    assert len(blobs) == len(layers) + 2 + 2  # configs and manifests
    assert result.sizes.layer_bytes < result.sizes.naive_bytes
    (size,) = result.extensions
    assert size.bytes == size.own_bytes > 0


def test_a_layer_that_two_extensions_need_is_told(tmp_path: Path) -> None:
    root = synced(tmp_path, {**app("notes"), **app("maps")})
    result = packed(root, FakeEngine({**IMAGES, "kamiwazaai/maps-web:v1.0.0": FakeImage((BASE,))}))
    assert {layer.extensions for layer in result.shared} == {("maps", "notes")}
    assert all(size.own_bytes < size.bytes for size in result.extensions)


def test_packing_twice_gives_the_same_bytes_and_saves_nothing_again(workspace: Path) -> None:
    engine = FakeEngine(IMAGES)
    first, second = packed(workspace, engine), packed(workspace, engine, out=Path("elsewhere"))
    assert bundle_of(first) != bundle_of(second)
    assert bundle_of(first).read_bytes() == bundle_of(second).read_bytes()
    assert [call[0] for call in engine.calls].count("save") == 1
    assert {action.verb for action in second.actions} == {"reuse", "write"}


def test_a_bundle_that_nobody_touched_is_left_as_it_is(workspace: Path) -> None:
    first = packed(workspace)
    there = bundle_of(first).stat()
    sidecar = bundle_of(first).with_name(f"{bundle_of(first).name}.sha256")
    sidecar.unlink()

    second = packed(workspace)

    assert (second.sha256, bundle_of(second).stat()) == (first.sha256, there)
    assert sidecar.read_text().startswith(first.sha256)


@pytest.mark.parametrize("options", [{}, {"replace": True}])
def test_a_bundle_that_somebody_touched_is_written_again(workspace: Path, options: dict[str, Any]) -> None:
    bundle = bundle_of(packed(workspace))
    whole = bundle.read_bytes()
    if not options:
        bundle.touch()
    there = bundle.stat().st_ino

    packed(workspace, **options)

    assert bundle.stat().st_ino != there
    assert bundle.read_bytes() == whole


@pytest.mark.parametrize("damage", ['{"sha256": []}', "{}", "[]", "", "1"])
def test_a_memory_that_was_damaged_is_no_memory(workspace: Path, damage: str) -> None:
    bundle = bundle_of(packed(workspace))
    there = bundle.stat().st_ino
    for record in cache_folder("bundles").iterdir():
        record.write_text(damage)
    packed(workspace)
    assert bundle.stat().st_ino != there


def test_a_dry_run_says_exactly_what_the_run_does_and_writes_nothing(workspace: Path) -> None:
    before = sorted(workspace.rglob("*"))
    foreseen = packed(workspace, dry_run=True)
    assert sorted(workspace.rglob("*")) == before
    assert foreseen.actions == packed(workspace).actions
    assert foreseen.path is None


def test_a_missing_image_stops_the_packing_and_is_named_with_its_users(workspace: Path) -> None:
    with pytest.raises(MissingError, match=r"postgres:15-alpine, needed by notes \(service db\)") as caught:
        packed(workspace, FakeEngine({OURS: WEB}))
    assert "catalog images build notes" in caught.value.hint
    assert not (workspace / "dist").exists()


def test_a_missing_image_is_pulled_where_that_is_possible(workspace: Path) -> None:
    engine = FakeEngine({OURS: WEB}, registry={"postgres:15-alpine": DB})
    result = packed(workspace, engine)
    assert ("pull", "docker.io/library/postgres:15-alpine") in [(a.verb, a.what) for a in result.actions]
    assert len(manifest_of(result).images) == 2


def test_without_pull_the_registry_is_never_asked(workspace: Path) -> None:
    engine = FakeEngine({OURS: WEB}, registry={"postgres:15-alpine": DB})
    with pytest.raises(MissingError, match="postgres:15-alpine"):
        packed(workspace, engine, pull=False)
    assert "pull" not in [call[0] for call in engine.calls]


def test_allow_missing_writes_the_bundle_lists_the_gap_and_ends_with_3(workspace: Path) -> None:
    result = packed(workspace, FakeEngine({OURS: WEB}), allow_missing=True)
    assert result.exit_code == 3
    (gap,) = manifest_of(result).missing
    assert (gap.ref, gap.extension, gap.service) == ("docker.io/library/postgres:15-alpine", "notes", "db")
    assert b"Not in this bundle" in members(bundle_of(result))["README.md"]


def test_images_of_another_platform_are_refused(workspace: Path) -> None:
    arm = FakeImage(DB.layers, architecture="arm64")
    with pytest.raises(MissingError, match=r"postgres:15-alpine .* is for linux/arm64"):
        packed(workspace, FakeEngine({**IMAGES, "postgres:15-alpine": arm}))


def test_without_images_no_engine_is_needed(workspace: Path) -> None:
    result = package(open_workspace(workspace, workspace), PackageRequest(images=False))
    assert manifest_of(result).images == ()
    assert not [name for name in members(bundle_of(result)) if "docker-images" in name]


def test_only_the_named_extensions_go_in(tmp_path: Path) -> None:
    root = synced(tmp_path, {**app("notes"), **app("maps")})
    result = packed(root, names=("notes",))
    assert [one.name for one in manifest_of(result).extensions] == ["notes"]
    assert [
        entry["name"] for entry in json.loads(members(bundle_of(result))["garden/default/apps.json"])
    ] == ["notes"]


def test_an_unknown_name_is_refused_before_anything_is_done(workspace: Path) -> None:
    with pytest.raises(UsageError, match="nots"):
        packed(workspace, names=("nots",))


def test_an_image_pinned_by_digest_is_named_by_tag_in_the_bundle(tmp_path: Path) -> None:
    files = app("notes", compose=f"services:\n  db:\n    image: {PINNED}\n    ports: ['5432']\n")
    root = synced(tmp_path, files)
    result = packed(root, FakeEngine({PINNED: DB}))
    (entry,) = json.loads(members(bundle_of(result))["garden/default/apps.json"])
    assert entry["docker_images"] == [f"postgres:sha256-{'a' * 64}"]
    assert f"postgres:sha256-{'a' * 64}" in entry["compose_yml"]
    (row,) = manifest_of(result).images
    assert row.ref == f"docker.io/library/postgres:sha256-{'a' * 64}"


def test_two_images_that_would_share_a_name_stop_the_packing(tmp_path: Path) -> None:
    compose = "services:\n  {0}:\n    image: postgres:15@sha256:{1}\n    ports: ['5432']\n"
    files = {
        **app("notes", compose=compose.format("db", "a" * 64)),
        **app("maps", compose=compose.format("db", "b" * 64)),
    }
    with pytest.raises(FindingsError, match="are different images"):
        packed(synced(tmp_path, files))


def test_the_relocatable_catalog_names_every_image_in_the_private_registry(workspace: Path) -> None:
    files = members(bundle_of(packed(workspace)))
    (entry,) = json.loads(files["relocate/garden/default/apps.json.in"])
    expected = {
        "@REGISTRY@/docker.io/kamiwazaai/notes-web:v1.0.0",
        "@REGISTRY@/docker.io/library/postgres:15-alpine",
    }
    assert set(entry["docker_images"]) == expected
    assert all(name in entry["compose_yml"] for name in expected)


def test_extra_images_of_the_manifest_are_exported(tmp_path: Path) -> None:
    root = synced(tmp_path, app("notes", manifest={"extra_docker_images": ["redis:7-alpine"]}))
    result = packed(root, FakeEngine({**IMAGES, "redis:7-alpine": DB}))
    assert "docker.io/library/redis:7-alpine" in [row.ref for row in manifest_of(result).images]


def test_names_that_once_collided_are_two_images(tmp_path: Path) -> None:
    compose = "services:\n  one:\n    image: a/b_c:d\n    ports: ['80']\n  two:\n    image: a_b/c:d\n"
    result = packed(
        synced(tmp_path, app("notes", compose=compose)), FakeEngine({"a/b_c:d": WEB, "a_b/c:d": DB})
    )
    assert [row.ref for row in manifest_of(result).images] == ["docker.io/a/b_c:d", "docker.io/a_b/c:d"]


def test_another_bundle_of_the_same_name_is_kept(tmp_path: Path) -> None:
    root = synced(tmp_path, {**app("notes"), **app("maps")})
    first = packed(root, names=("notes",))
    before = bundle_of(first).read_bytes()
    engine = FakeEngine({"kamiwazaai/maps-web:v1.0.0": WEB, "postgres:15-alpine": DB})
    with pytest.raises(ConflictError, match="with other content"):
        packed(root, engine, names=("maps",))
    assert bundle_of(first).read_bytes() == before
    assert packed(root, engine, names=("maps",), replace=True).exit_code == 0


def test_a_read_only_output_folder_is_said_in_words(workspace: Path) -> None:
    (workspace / "dist").write_text("a file")
    with pytest.raises(MissingError, match="dist"):
        packed(workspace)
    assert (workspace / "dist").read_text() == "a file"


def test_an_engine_that_lies_gives_no_bundle_and_no_cache_entry(workspace: Path) -> None:
    with pytest.raises(IntegrityError):
        packed(workspace, FakeEngine(IMAGES, truncate_at=4096))
    assert not list((workspace / "dist").glob("*.tar.gz"))
    assert packed(workspace).exit_code == 0


def test_the_digests_in_the_list_are_those_of_the_files(workspace: Path) -> None:
    files = members(bundle_of(packed(workspace)))
    listed = parse(files["SHA256SUMS"])
    actual = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    del actual["SHA256SUMS"]
    assert listed == actual


def test_the_time_is_that_of_the_newest_input(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    newest = 1_800_000_000
    os.utime(workspace / "apps/notes/README.md", (newest, newest))
    assert packed(workspace).created == "2027-01-15T08:00:00Z"


def test_a_time_that_is_none_is_refused(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(UsageError, match="not a number of seconds"):
        packed(workspace)


def test_parts_take_the_place_of_the_whole(workspace: Path) -> None:
    result = packed(workspace, split_size=1024 * 1024)
    assert result.parts
    names = {path.name for path in (workspace / "dist").iterdir()}
    assert not [name for name in names if name.endswith(".tar.gz")]
    assert {part.name for part in result.parts} <= names


def test_parts_of_another_bundle_of_the_same_name_are_replaced_on_request(tmp_path: Path) -> None:
    root = synced(tmp_path, {**app("notes"), **app("maps")})
    engine = FakeEngine({**IMAGES, "kamiwazaai/maps-web:v1.0.0": WEB})
    packed(root, engine, names=("notes",), split_size=1024 * 1024)
    second = packed(root, engine, names=("maps",), split_size=1024 * 1024, replace=True)
    whole = b"".join(part.read_bytes() for part in second.parts)
    assert hashlib.sha256(whole).hexdigest() == second.sha256


def test_the_servers_keys_never_get_into_a_bundle(workspace: Path) -> None:
    keys = {".certs/server.key": "PRIVATE", "apps/notes/.certs/server.key": "PRIVATE"}
    tree(workspace, {**keys, "build/kamiwaza-extension-registry/.certs/server.key": "PRIVATE"})
    files = members(bundle_of(packed(workspace)))
    assert not [name for name, content in files.items() if "server.key" in name or b"PRIVATE" in content]
