"""A bundle of the older template is read with care: what it must not hold stops it, keys never travel on."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from catalog.bundle.old_bundle import OldBundle, read_old
from catalog.bundle.old_catalog import relocated_catalog
from catalog.errors import CatalogError, IntegrityError, MissingError
from catalog.operations.progress import Silence
from tests.support.fake_image import FakeImage, layer
from tests.support.save_shapes import archive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOP = "kamiwaza-extension-registry"
COMPOSE = """services:
  web:
    image: acme/notes:v1.0.0  # ours
  db:
    image: "postgres:15-alpine"
    environment:
      NOTE: "image: nothing"
"""
APPS: list[dict[str, Any]] = [
    {"name": "notes", "version": "1.0.0", "docker_images": ["acme/notes:v1.0.0"], "compose_yml": COMPOSE},
    {"name": "service-vector", "version": "2.0.0", "template_type": "service", "compose_yml": ""},
]
TOOLS = [{"name": "tool-search", "version": "0.1.0", "image": "acme/search:1"}]
IMAGES = {
    "version": "1.0.0",
    "images": {
        "acme/notes:v1.0.0": {
            "name": "acme/notes:v1.0.0",
            "exists_locally": True,
            "size_info": {},
            "export": {"success": True, "file": "acme_notes_v1.0.0.tar", "size": 5, "sha256": "0" * 64},
        },
        "postgres:15-alpine": {"name": "postgres:15-alpine", "exists_locally": False, "size_info": None},
    },
}
KEY = b"-----BEGIN PRIVATE KEY-----\nMIG...\n-----END PRIVATE KEY-----\n"
NOTES = FakeImage((layer({"app.py": b"print()"}),))
FILES: dict[str, bytes] = {
    "package-setup.sh": b"#!/bin/bash\n",
    "serve-registry.py": b"print()\n",
    "garden/v2/apps.json": json.dumps(APPS).encode(),
    "garden/v2/tools.json": json.dumps(TOOLS).encode(),
    "garden/v2/images/notes.png": b"PNG",
    "garden/v2/docker-images/manifest.json": json.dumps(IMAGES).encode(),
    "garden/v2/docker-images/acme_notes_v1.0.0.tar": archive({"acme/notes:v1.0.0": NOTES}),
    "garden/v2/docker-images/import-images.sh": b"docker load\n",
}


def member(name: str, *, kind: bytes = tarfile.REGTYPE, size: int = 0, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.size = size
    info.linkname = link
    info.mtime = 1_700_000_000
    return info


def packed(
    folder: Path,
    files: dict[str, bytes],
    *extra: tarfile.TarInfo,
    change: Callable[[bytes], bytes] = bytes,
) -> Path:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.addfile(member(f"./{TOP}", kind=tarfile.DIRTYPE))
        for name, content in files.items():
            tar.addfile(member(f"{TOP}/{name}", size=len(content)), io.BytesIO(content))
        for info in extra:
            tar.addfile(info, io.BytesIO(b"x" * info.size))
    path = folder / "old.tar.gz"
    path.write_bytes(change(gzip.compress(out.getvalue())))
    return path


def read(folder: Path, files: dict[str, bytes], *extra: tarfile.TarInfo) -> OldBundle:
    return read_old(packed(folder, files, *extra), Silence().transferred)


def test_catalogs_pictures_and_images_are_found(tmp_path: Path) -> None:
    old = read(tmp_path, FILES)
    assert old.gardens == ("garden/v2",)
    assert [(entry.name, entry.kind.value, entry.version) for entry in old.entries] == [
        ("notes", "app", "1.0.0"),
        ("service-vector", "service", "2.0.0"),
        ("tool-search", "tool", "0.1.0"),
    ]
    assert old.entries[0].refs == ("acme/notes:v1.0.0", "postgres:15-alpine")
    assert [(image.ref, image.file) for image in old.images] == [
        ("acme/notes:v1.0.0", "garden/v2/docker-images/acme_notes_v1.0.0.tar")
    ]
    assert old.absent == ("postgres:15-alpine",)
    assert old.files["garden/v2/apps.json"] == FILES["garden/v2/apps.json"]
    assert old.files["garden/v2/images/notes.png"] == b"PNG"
    assert old.time == 1_700_000_000


@pytest.mark.parametrize(
    "name", [".certs/server.key", "notes.txt", "garden/v2/docker-images/import-images.sh"]
)
def test_a_private_key_is_named_and_never_taken_over(tmp_path: Path, name: str) -> None:
    old = read(tmp_path, {**FILES, name: KEY, ".certs/server.crt": b"-----BEGIN CERTIFICATE-----"})
    assert old.leaked == (name,)
    assert ".certs/server.crt" in old.left_out
    assert KEY not in old.files.values()
    assert set(old.files) == {
        "garden/v2/apps.json",
        "garden/v2/tools.json",
        "garden/v2/images/notes.png",
    }


@pytest.mark.parametrize(
    "info",
    [
        member(f"{TOP}/link", kind=tarfile.SYMTYPE, link="/etc/passwd"),
        member(f"{TOP}/link", kind=tarfile.LNKTYPE, link=f"{TOP}/package-setup.sh"),
        member(f"{TOP}/pipe", kind=tarfile.FIFOTYPE),
        member(f"{TOP}/device", kind=tarfile.CHRTYPE),
        member(f"{TOP}/../escaped", size=1),
        member("/etc/passwd", size=1),
        member("other/file", size=1),
        member(f"{TOP}/a//b", size=1),
        member(f"{TOP}/a\nb", size=1),
        member(f"{TOP}/" + "x" * 2000, size=1),
        member(f"{TOP}/package-setup.sh", size=1),
        member(f"{TOP}/garden/v2/images/huge.png", size=17 << 20),
    ],
    ids=[
        "a link",
        "a hard link",
        "a pipe",
        "a device",
        "a name upwards",
        "an absolute name",
        "another top folder",
        "an empty part",
        "a line break",
        "a long name",
        "a file twice",
        "a huge picture",
    ],
)
def test_what_a_bundle_must_not_hold_stops_it(tmp_path: Path, info: tarfile.TarInfo) -> None:
    with pytest.raises(IntegrityError, match="is refused"):
        read(tmp_path, FILES, info)


def test_an_archive_that_the_list_does_not_name_is_refused(tmp_path: Path) -> None:
    stray = {"garden/v2/docker-images/stray.tar": archive({"stray:1": NOTES})}
    with pytest.raises(IntegrityError, match=r"stray\.tar is not in its list"):
        read(tmp_path, {**FILES, **stray})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("garden/v2/tools.json", b'{"x": 1}'),
        ("garden/v2/tools.json", b"not JSON"),
        ("garden/v2/tools.json", b"[" * 100_000),
        ("garden/v2/tools.json", b"[\xff]"),
        ("garden/v2/tools.json", b'[{"name": "notes", "x": -Infinity}]'),
        ("garden/v2/apps.json", b'[{"name": "notes", "x": 1e999}]'),
        ("garden/v2/apps.json", b'["notes"]'),
        ("garden/v2/apps.json", b'[{"version": "1.0.0"}]'),
        ("garden/v2/apps.json", b'[{"name": 1}]'),
        ("garden/v2/apps.json", rb'[{"name": "notes\u001b[31m"}]'),
        ("garden/v2/apps.json", rb'[{"name": "notes\ud800"}]'),
        ("garden/v2/apps.json", rb'[{"name": "notes", "version": "1.0.0\n"}]'),
        ("garden/v2/docker-images/manifest.json", b"[]"),
        ("garden/v2/docker-images/manifest.json", b'{"images": []}'),
        ("garden/v2/docker-images/manifest.json", b'{"images": {"../x": {"export": {"success": true}}}}'),
        ("garden/v2/docker-images/manifest.json", b'{"images": {"gone:1": {"export": {"success": true}}}}'),
    ],
)
def test_catalogs_and_lists_that_are_none_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(IntegrityError, match="is refused"):
        read(tmp_path, {**FILES, name: content})


def test_a_tarball_without_a_catalog_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="holds neither"):
        read(tmp_path, {"package-setup.sh": b""})


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:60],
        lambda content: content[:40] + bytes([content[40] ^ 255]) + content[41:],
        lambda content: content[:-6] + bytes(6),
        lambda _: b"",
        lambda _: b"text, no archive",
        lambda _: gzip.compress(b"text, no archive" * 100),
    ],
    ids=["half", "60 bytes", "a flipped byte", "a wrong checksum", "empty", "text", "packed text"],
)
def test_a_damaged_tarball_is_refused(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(CatalogError) as caught:
        read_old(packed(tmp_path, FILES, change=change), Silence().transferred)
    assert caught.value.exit_code in {3, 4}


@pytest.mark.parametrize("before", [(), ("README.md",)], ids=["first", "second"])
def test_a_header_with_a_number_that_is_none_is_refused(tmp_path: Path, before: tuple[str, ...]) -> None:
    bad = member(f"{TOP}/a")
    bad.pax_headers = {"GNU.sparse.map": "x"}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for info in (*(member(f"{TOP}/{name}") for name in before), bad):
            tar.addfile(info)
    path = tmp_path / "old.tar.gz"
    path.write_bytes(gzip.compress(out.getvalue()))
    with pytest.raises(IntegrityError, match="damaged"):
        read_old(path, Silence().transferred)


def test_a_file_of_holes_is_refused_rather_than_read_for_ever(tmp_path: Path) -> None:
    holes = member(f"{TOP}/a", size=1)
    holes.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(10**15)}
    with pytest.raises(IntegrityError, match="plain file"):
        read(tmp_path, FILES, holes)


def test_a_header_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="a header"):
        read(tmp_path, FILES, member("name", kind=tarfile.GNUTYPE_LONGNAME, size=8 << 20))
    with pytest.raises(IntegrityError, match="a header"):
        read(tmp_path, FILES, member("name", kind=tarfile.XHDTYPE, size=8 << 20))


def test_every_image_gets_its_place_in_a_private_registry(tmp_path: Path) -> None:
    moved = json.loads(relocated_catalog(tmp_path, "apps.json", json.dumps(APPS).encode()))
    assert moved[0]["docker_images"] == ["@REGISTRY@/docker.io/acme/notes:v1.0.0"]
    assert moved[0]["compose_yml"] == COMPOSE.replace(
        "acme/notes:v1.0.0", "@REGISTRY@/docker.io/acme/notes:v1.0.0"
    ).replace("postgres:15-alpine", "@REGISTRY@/docker.io/library/postgres:15-alpine")
    tools = json.loads(relocated_catalog(tmp_path, "tools.json", json.dumps(TOOLS).encode()))
    assert tools[0]["image"] == "@REGISTRY@/docker.io/acme/search:1"


def test_half_a_character_in_a_catalog_travels_on_as_it_came(tmp_path: Path) -> None:
    entry = {"name": "notes", "description": "half \ud83d"}
    moved = relocated_catalog(tmp_path, "apps.json", json.dumps([entry]).encode())
    assert json.loads(moved) == [entry]


@pytest.mark.parametrize(
    "compose", ["x-note:\n  image:\n    repository: a\n", "\n" * 300_000], ids=["a mapping", "blank lines"]
)
def test_what_is_no_image_stays_as_it_is(tmp_path: Path, compose: str) -> None:
    entry = {"name": "notes", "compose_yml": compose}
    assert json.loads(relocated_catalog(tmp_path, "apps.json", json.dumps([entry]).encode())) == [entry]
