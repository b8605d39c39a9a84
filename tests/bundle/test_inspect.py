"""A bundle shows what it holds out of its first bytes, packed, in parts or unpacked."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from catalog.bundle.manifest import BundledExtension, BundledImage, BundleManifest
from catalog.bundle.packed import PackedFile
from catalog.bundle.splitting import split
from catalog.cli.app import run
from catalog.errors import CatalogError, IntegrityError, MissingError
from catalog.operations.bundle_inspect import InspectRequest, bundle_inspect
from catalog.operations.progress import Silence
from tests.support.bundles import DB, EPOCH, WEB, crafted_bundle, unpacked
from tests.support.made_bundles import made_bundle, manifest, packed_files

DIGEST = f"sha256:{'0' * 64}"


def inspect(path: Path, html: Path | None = None) -> BundleManifest:
    return bundle_inspect(InspectRequest(path=path, html=html)).manifest


def test_it_is_the_same_packed_in_parts_and_unpacked(tmp_path: Path, signed: Path) -> None:
    split(signed, 100_000, tmp_path / "parts", Silence().transferred)
    first = tmp_path / "parts" / f"{signed.name}.part-000"
    found = [inspect(path) for path in (signed, first, unpacked(signed, tmp_path / "out"))]
    assert found[0] == found[1] == found[2]
    assert [image.ref for image in found[0].images] == [WEB, DB]


def test_only_the_beginning_is_read(tmp_path: Path, signed: Path) -> None:
    """Nothing but the first bytes has to be there, or to be right."""
    start = tmp_path / "start"
    start.write_bytes(signed.read_bytes()[:65_600] + b"garbage")
    assert inspect(start) == inspect(signed)


@pytest.mark.parametrize("form", ["tarball", "part"])
def test_less_than_a_mebibyte_of_a_terabyte_is_read(tmp_path: Path, signed: Path, form: str) -> None:
    large = tmp_path / ("x.tar.gz" if form == "tarball" else "x.tar.gz.part-000")
    large.write_bytes(signed.read_bytes())
    with large.open("r+b") as file:
        file.truncate(10**12)
    before = bytes_read()
    assert bundle_inspect(InspectRequest(path=large)).bytes == 10**12
    assert bytes_read() - before < 1 << 20


def bytes_read() -> int:
    """What this process has read so far, from the disk or its cache."""
    return int(Path("/proc/self/io").read_text(encoding="ascii").split()[1])


def test_a_large_bundle_is_shown_within_a_second(tmp_path: Path) -> None:
    images = tuple(
        BundledImage(
            index=number, ref=f"docker.io/x/{number:05}:1", named="x", config=DIGEST, manifest=DIGEST,
            platform="linux/amd64", bytes=10**9, layer_bytes=10**9, extensions=("notes",),
        )
        for number in range(2000)
    )  # fmt: skip
    notes = BundledExtension(
        name="notes", kind="app", version="1.0.0", images=tuple(one.ref for one in images)
    )
    content = bytes(50_000_000)
    said = manifest(extensions=(notes,), images=images)
    bundle = made_bundle(tmp_path / "x.tar.gz", packed_files({"a": content}, said))
    start = time.monotonic()
    assert inspect(bundle) == said
    assert time.monotonic() - start < 1


def test_the_text_has_all_that_a_person_decides_by(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bundle", "inspect", str(signed)]) == 0
    out = capsys.readouterr().out
    found = inspect(signed)
    assert found.signer is not None
    for fact in (
        str(signed), "2026-11-21T07:05:39Z", "extension-catalog", found.signer.key, "which was not checked",
        "linux/amd64", "garden/default", "notes", "1.0.0", WEB, DB, "Nothing of this was checked",
    ):  # fmt: skip
        assert fact in out
    assert re.search(r"notes +app +1\.0\.0 +2 +\d+ B|notes +app +1\.0\.0 +2 +[\d.]+ kB", out)


@pytest.mark.parametrize(("age", "words"), [(3 * 86_400 + 60, "3 days ago"), (-86_400, "in the future")])
def test_the_age_is_told_by_this_machines_clock(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], age: int, words: str
) -> None:
    epoch = int(time.time()) - age
    bundle = made_bundle(tmp_path / "x.tar.gz", packed_files({}, manifest(epoch)), epoch)
    assert run(["bundle", "inspect", str(bundle)]) == 0
    assert words in capsys.readouterr().out


def test_json_has_the_whole_manifest(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--json", "bundle", "inspect", str(signed)]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["bytes"] == signed.stat().st_size
    assert document["manifest"] == json.loads(inspect(signed).to_bytes())


def test_what_was_missing_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def lack(files: dict[str, bytes]) -> None:
        document = json.loads(files["bundle.json"])
        document["missing"] = [{"ref": "docker.io/x/y:1", "extension": "notes", "service": "web"}]
        files["bundle.json"] = BundleManifest.model_validate_json(json.dumps(document)).to_bytes()

    bundle = crafted_bundle(tmp_path, lack)
    page = tmp_path / "page.html"
    assert run(["bundle", "inspect", str(bundle), "--html", str(page)]) == 0
    assert "docker.io/x/y:1" in capsys.readouterr().out
    assert "docker.io/x/y:1" in page.read_text(encoding="utf-8")


def test_the_page_stands_alone_and_asks_for_nothing(tmp_path: Path, signed: Path) -> None:
    page = tmp_path / "page.html"
    inspect(signed, page)
    text = page.read_text(encoding="utf-8")
    for fact in (WEB, DB, "notes", "2026-11-21T07:05:39Z", "Nothing of it was checked"):
        assert fact in text
    assert "prefers-color-scheme: dark" in text
    assert text.count("<style") == 1
    for forbidden in ("<script", "style=", "http:", "https:", "url(", "@import", "<link", "<img", "src="):
        assert forbidden not in text
    first = page.read_bytes()
    inspect(signed, page)
    assert page.read_bytes() == first


def test_a_name_is_text_and_never_markup(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    notes = BundledExtension(name=evil, kind=evil, version=evil, images=(evil,))
    bundle = made_bundle(tmp_path / "x.tar.gz", packed_files({}, manifest(extensions=(notes,))))
    inspect(bundle, tmp_path / "page.html")
    assert "<script" not in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("content", [b"", b"no bundle", b"\x1f\x8b\x08\x00" + bytes(100), b"\x00" * 100_000])
def test_what_is_no_bundle_is_said_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(IntegrityError, match="does not begin as a bundle"):
        inspect(tmp_path / "x")


@pytest.mark.parametrize("end", [11, 600, 1100, 1500])
def test_a_beginning_that_is_too_short_is_said_so(tmp_path: Path, signed: Path, end: int) -> None:
    (tmp_path / "x").write_bytes(signed.read_bytes()[:end])
    with pytest.raises(IntegrityError):
        inspect(tmp_path / "x")


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_beginning_never_ends_in_a_traceback(tmp_path: Path, signed: Path, seed: int) -> None:
    content = bytearray(signed.read_bytes())
    for place in range(seed, 2500, 173):
        content[place] ^= 1 + seed
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(CatalogError):
        inspect(tmp_path / "x")


def test_a_pipe_in_the_place_of_the_manifest_is_not_waited_for(folder: Path) -> None:
    (folder / "bundle.json").unlink()
    os.mkfifo(folder / "bundle.json")
    with pytest.raises(MissingError):
        inspect(folder)


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=r"has no bundle\.json"):
        inspect(tmp_path)


def test_a_page_that_cannot_be_written_is_said_so(tmp_path: Path, signed: Path) -> None:
    with pytest.raises(MissingError, match="none"):
        inspect(signed, tmp_path / "none" / "page.html")


def test_figures_that_no_disk_has_do_no_harm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = manifest(EPOCH).to_bytes().replace(b'"blob_bytes": 0', b'"blob_bytes": ' + b"9" * 400)
    files = [file for file in packed_files({}) if file.path != "bundle.json"]
    bundle = made_bundle(tmp_path / "x.tar.gz", [*files, PackedFile.of("bundle.json", said)])
    assert run(["bundle", "inspect", str(bundle)]) == 4
    assert "format 1" in capsys.readouterr().err
