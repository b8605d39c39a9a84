"""A bundle of the older template becomes a sound one of ours, or is refused with the reason."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from catalog.bundle.contents import contents_of
from catalog.bundle.verdict import Policy, Verdict
from catalog.bundle.verify import verify_bundle
from catalog.cli.bundle_adopt import command
from catalog.cli.options import Context
from catalog.errors import IntegrityError, MissingError
from catalog.operations.bundle_adopt import AdoptRequest, AdoptResult, bundle_adopt
from catalog.operations.progress import Silence
from tests.support.fake_image import FakeImage, layer
from tests.support.save_shapes import SHAPES, archive

if TYPE_CHECKING:
    from pathlib import Path

TOP = "kamiwaza-extension-registry"
GARDEN = "garden/v2"
BASE = layer({"base": b"shared" * 50_000})
WEB = FakeImage((BASE, layer({"web": b"web"})))
DB = FakeImage((BASE, layer({"db": b"db" * 400_000})))
IMAGES = {"acme/web:v1.0.0": WEB, "postgres:15-alpine": DB}
KEY = b"-----BEGIN EC PRIVATE KEY-----\n"
COMPOSE = "services:\n  web:\n    image: acme/web:v1.0.0\n  db:\n    image: postgres:15-alpine\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)


def file_of(ref: str) -> str:
    return ref.replace("/", "_").replace(":", "_") + ".tar"


def old_files(images: dict[str, FakeImage], shape: str = "20.10") -> dict[str, bytes]:
    apps = [{"name": "notes", "version": "1.2.0", "compose_yml": COMPOSE, "docker_images": list(IMAGES)}]
    archives = {file_of(ref): archive({ref: image}, shape) for ref, image in images.items()}
    listed = {
        ref: {
            "name": ref,
            "exists_locally": ref in images,
            "export": {
                "success": ref in images,
                "file": file_of(ref),
                "sha256": hashlib.sha256(archives.get(file_of(ref), b"")).hexdigest(),
            },
        }
        for ref in IMAGES
    }
    manifest = {"version": "1.0.0", "images": listed, "total_images": len(listed)}
    return {
        ".certs/server.key": KEY,
        "package-setup.sh": b"#!/bin/bash\nrm -rf /\n",
        f"{GARDEN}/apps.json": json.dumps(apps).encode(),
        f"{GARDEN}/tools.json": b"[]",
        f"{GARDEN}/images/notes.png": b"PNG",
        **{f"{GARDEN}/docker-images/{name}": content for name, content in archives.items()},
        f"{GARDEN}/docker-images/manifest.json": json.dumps(manifest).encode(),
        f"{GARDEN}/docker-images/import-images.sh": b"#!/bin/bash\n",
    }


def old_bundle(folder: Path, files: dict[str, bytes]) -> Path:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"{TOP}/{name}")
            info.size, info.mtime = len(content), 1_763_708_739
            tar.addfile(info, io.BytesIO(content))
    path = folder / "kamiwaza-registry-old.tar.gz"
    path.write_bytes(gzip.compress(out.getvalue(), 1))
    return path


def adopt(folder: Path, files: dict[str, bytes], **options: Any) -> AdoptResult:
    request = AdoptRequest(old=old_bundle(folder, files), out=folder / "dist", **options)
    return bundle_adopt(request, Silence())


def unpacked(bundle: Path) -> dict[str, bytes]:
    with tarfile.open(bundle) as tar:
        return {
            member.name.removeprefix(f"{TOP}/"): file.read()
            for member in tar
            if member.isfile() and (file := tar.extractfile(member))
        }


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "gap"])
def test_catalogs_stay_as_they_were_and_images_are_packed_our_way(tmp_path: Path, shape: str) -> None:
    files = old_files(IMAGES, shape)
    result = adopt(tmp_path, files)
    assert result.path.name == "kamiwaza-registry-20251121-070539.tar.gz"
    new = unpacked(result.path)
    for name in ("apps.json", "tools.json", "images/notes.png"):
        assert new[f"{GARDEN}/{name}"] == files[f"{GARDEN}/{name}"]
    manifest = contents_of(result.path).manifest
    assert manifest.garden == (GARDEN,)
    assert [(one.ref, one.named, one.config, one.extensions) for one in manifest.images] == [
        ("docker.io/acme/web:v1.0.0", "acme/web:v1.0.0", WEB.config_digest, ("notes",)),
        ("docker.io/library/postgres:15-alpine", "postgres:15-alpine", DB.config_digest, ("notes",)),
    ]
    assert [(one.name, one.kind, one.version) for one in manifest.extensions] == [("notes", "app", "1.2.0")]
    for image in (WEB, DB):
        digest = image.config_digest.removeprefix("sha256:")
        assert new[f"{GARDEN}/docker-images/blobs/sha256/{digest}"] == image.config_bytes
    layers = [
        gzip.decompress(content)
        for path, content in new.items()
        if "/blobs/" in path and content[:2] == b"\x1f\x8b"
    ]
    assert sorted(layers) == sorted({*WEB.layers, *DB.layers})
    assert b"@REGISTRY@/docker.io/acme/web:v1.0.0" in new[f"relocate/{GARDEN}/apps.json.in"]


def test_the_page_of_a_bundle_without_website_speaks_of_none(tmp_path: Path) -> None:
    new = unpacked(adopt(tmp_path, old_files(IMAGES)).path)
    assert "index.html" not in new
    page = new["README.md"].decode()
    assert "index.html" not in page
    assert "browse" not in page
    assert "| What | For whom |\n|---|---|\n| `garden/default/`" in page
    assert "can be read.\n\n## Trust in the server\n" in page


@pytest.mark.parametrize("images", [IMAGES, {}])
def test_the_new_bundle_verifies(tmp_path: Path, images: dict[str, FakeImage]) -> None:
    path = adopt(tmp_path, old_files(images), allow_missing=True).path
    found = verify_bundle(path, Policy(), Silence().transferred)
    assert (found.verdict, found.problems, found.accepted) == (Verdict.UNSIGNED, (), True)


def test_scripts_are_ours_and_the_key_stays_behind(tmp_path: Path) -> None:
    result = adopt(tmp_path, old_files(IMAGES))
    new = unpacked(result.path)
    assert result.leaked == (".certs/server.key",)
    assert KEY not in b"".join(new.values())
    assert b"rm -rf /" not in new["package-setup.sh"]
    assert not any("certs" in path or path.endswith("import-images.sh") for path in new)
    assert "package-setup.sh" in result.left_out


def test_the_same_old_bundle_gives_the_same_new_one(tmp_path: Path) -> None:
    first = adopt(tmp_path, old_files(IMAGES)).path.read_bytes()
    shuffled = dict(reversed(old_files(IMAGES).items()))
    second = adopt(tmp_path, shuffled, replace=True).path.read_bytes()
    assert first == second


def test_images_that_were_never_exported_are_named(tmp_path: Path) -> None:
    files = old_files({"acme/web:v1.0.0": WEB})
    with pytest.raises(MissingError, match=r"docker\.io/library/postgres:15-alpine, needed by notes"):
        adopt(tmp_path, files)
    assert not (tmp_path / "dist").exists()
    result = adopt(tmp_path, files, allow_missing=True)
    assert result.exit_code == 3
    assert [image.ref for image in contents_of(result.path).manifest.missing] == [
        "docker.io/library/postgres:15-alpine"
    ]


def test_an_image_that_no_extension_names_is_left_out(tmp_path: Path) -> None:
    files = old_files(IMAGES)
    files[f"{GARDEN}/apps.json"] = json.dumps(
        [{"name": "notes", "version": "1", "docker_images": ["acme/web:v1.0.0"]}]
    ).encode()
    result = adopt(tmp_path, files)
    assert result.unused == ("postgres:15-alpine",)
    assert result.images == 1


def test_an_archive_that_is_not_what_the_list_says_is_refused(tmp_path: Path) -> None:
    files = old_files(IMAGES)
    name = f"{GARDEN}/docker-images/{file_of('acme/web:v1.0.0')}"
    files[name] = archive({"acme/web:v1.0.0": DB})
    with pytest.raises(IntegrityError, match="is not what its list of images says"):
        adopt(tmp_path, files)


def test_two_names_that_became_one_file_are_found(tmp_path: Path) -> None:
    """`a/b_c:1` and `a_b/c:1` are both saved as a_b_c_1.tar, so the second one replaced the first."""
    files = old_files({})
    tar = archive({"a_b/c:1": WEB})
    row = {"export": {"success": True, "file": "a_b_c_1.tar"}}
    files[f"{GARDEN}/docker-images/a_b_c_1.tar"] = tar
    files[f"{GARDEN}/docker-images/manifest.json"] = json.dumps(
        {"images": {"a/b_c:1": row, "a_b/c:1": row}}
    ).encode()
    with pytest.raises(IntegrityError, match=r"should hold a/b_c:1, and holds docker\.io/a_b/c:1"):
        adopt(tmp_path, files)


@pytest.mark.parametrize("corrupt", ["layer.tar", ".json", "manifest.json"])
def test_a_damaged_image_is_refused_although_nobody_listed_its_digest(tmp_path: Path, corrupt: str) -> None:
    files = old_files(IMAGES)
    name = f"{GARDEN}/docker-images/{file_of('acme/web:v1.0.0')}"
    files[name] = archive({"acme/web:v1.0.0": WEB}, "20.10", corrupt)
    value = json.loads(files[f"{GARDEN}/docker-images/manifest.json"])
    del value["images"]["acme/web:v1.0.0"]["export"]["sha256"]
    files[f"{GARDEN}/docker-images/manifest.json"] = json.dumps(value).encode()
    with pytest.raises(IntegrityError):
        adopt(tmp_path, files)
    assert not (tmp_path / "dist").exists()


def test_an_image_with_a_gap_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError):
        adopt(tmp_path, old_files(IMAGES, "gap"))


def test_images_for_different_platforms_are_refused(tmp_path: Path) -> None:
    mixed = {**IMAGES, "postgres:15-alpine": FakeImage(DB.layers, architecture="arm64")}
    with pytest.raises(IntegrityError, match=r"linux/amd64, linux/arm64"):
        adopt(tmp_path, old_files(mixed))


def test_a_bundle_without_images_is_taken_over_too(tmp_path: Path) -> None:
    files = {"garden/default/apps.json": b"[]", "serve-registry.py": b""}
    result = adopt(tmp_path, files)
    assert (result.images, result.extensions) == (0, 0)
    assert unpacked(result.path)["garden/default/tools.json"] == b"[]\n"


def test_people_are_warned_of_the_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = old_bundle(tmp_path, old_files(IMAGES))
    arguments = [str(old), "--out", str(tmp_path / "dist")]
    assert (
        command.main(
            arguments, standalone_mode=False, obj=Context(color=False), help_option_names=["-h", "--help"]
        )
        == 0
    )
    said = capsys.readouterr().out
    assert "The old bundle carries a private key: .certs/server.key" in said
    assert "1 extension, 2 images" in said
