"""The images of a bundle fit together, or the bundle is refused although every digest is right."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from catalog.bundle.manifest import BundleManifest
from catalog.bundle.verdict import Policy, Verdict, Verification
from catalog.bundle.verify import verify_bundle
from catalog.operations.progress import Silence
from tests.support.bundles import DB, GARDEN, WEB, crafted_bundle, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Files = dict[str, bytes]

IMAGES = f"{GARDEN}/docker-images"
BLOBS = f"{IMAGES}/blobs/sha256"
TABLE = f"{IMAGES}/images.tsv"
OTHER = "0" * 64


def said(files: Files) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(files["bundle.json"])
    return document


def say(files: Files, document: dict[str, Any], *, with_table: bool = True) -> None:
    """Write bundle.json again, and the table with it."""
    manifest = BundleManifest.model_validate_json(json.dumps(document))
    files["bundle.json"] = manifest.to_bytes()
    if with_table:
        files[TABLE] = "".join(row.row() for row in manifest.images).encode()


def blob(files: Files, number: int = 0, kind: str = "manifest") -> str:
    return f"{BLOBS}/{said(files)['images'][number][kind].removeprefix('sha256:')}"


def layer(files: Files) -> str:
    manifest = json.loads(files[blob(files)])
    return f"{BLOBS}/{manifest['layers'][0]['digest'].removeprefix('sha256:')}"


def edit(files: Files, path: str, old: bytes, new: bytes) -> None:
    assert old in files[path]
    files[path] = files[path].replace(old, new)


def swap_rows(files: Files) -> None:
    document = said(files)
    document["images"].reverse()
    for number, row in enumerate(document["images"]):
        row["index"] = number
    say(files, document)


def name_twice(files: Files) -> None:
    document = said(files)
    document["images"][1]["ref"] = WEB
    say(files, document)
    for name in ("index.json", "manifest.json"):
        edit(files, f"{IMAGES}/images/1/{name}", DB.encode(), WEB.encode())


def set_row(key: str, value: object) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        document = said(files)
        document["images"][0][key] = value
        say(files, document)

    return change


def forget_images(files: Files) -> None:
    """bundle.json names no image, and the table that the installer reads still does."""
    document = said(files)
    document["images"] = []
    say(files, document, with_table=False)


def only_rows(files: Files) -> None:
    """bundle.json names images, and nothing of them is there."""
    for path in [path for path in files if path.startswith(IMAGES)]:
        del files[path]


def manifest_of(change: Callable[[dict[str, Any]], object]) -> Callable[[Files], None]:
    """Change the OCI manifest of the first image, and whatever names its digest."""

    def apply(files: Files) -> None:
        old = blob(files)
        document = json.loads(files[old])
        change(document)
        content = f"{json.dumps(document, separators=(',', ':'))}\n".encode()
        digest = hashlib.sha256(content).hexdigest()
        del files[old]
        files[f"{BLOBS}/{digest}"] = content
        for path in (
            "bundle.json",
            TABLE,
            *(f"{IMAGES}/images/0/{name}" for name in ("index.json", "members")),
        ):
            edit(files, path, old.rpartition("/")[2].encode(), digest.encode())

    return apply


def first_layer(**values: object) -> Callable[[Files], None]:
    return manifest_of(lambda document: document["layers"][0].update(values))


CHANGES: dict[str, Callable[[Files], object]] = {
    "a blob that no image needs": lambda f: f.update(
        {f"{BLOBS}/{hashlib.sha256(b'more').hexdigest()}": b"more"}
    ),
    "a blob under another name": lambda f: f.update({f"{BLOBS}/{OTHER}": f.pop(layer(f))}),
    "a layer that is not there": lambda f: f.pop(layer(f)),
    "a config that is not there": lambda f: f.pop(blob(f, 0, "config")),
    "a manifest that is not there": lambda f: f.pop(blob(f)),
    "no index": lambda f: f.pop(f"{IMAGES}/images/0/index.json"),
    "no members": lambda f: f.pop(f"{IMAGES}/images/1/members"),
    "no layout": lambda f: f.pop(f"{IMAGES}/images/1/oci-layout"),
    "no table": lambda f: f.pop(TABLE),
    "an image that nobody names": lambda f: f.update({f"{IMAGES}/images/2/manifest.json": b"[]\n"}),
    "something beside the images": lambda f: f.update({f"{IMAGES}/more": b""}),
    "another reference in the table": lambda f: edit(f, TABLE, b"postgres:15-alpine", b"postgres:16-alpine"),
    "a row more in the table": lambda f: f.update({TABLE: f[TABLE] + f[TABLE].splitlines(True)[-1]}),
    "a row less in the table": lambda f: f.update({TABLE: f[TABLE].splitlines(True)[0]}),
    "another reference in the index": lambda f: edit(
        f, f"{IMAGES}/images/0/index.json", b"notes-web", b"notes-bad"
    ),
    "another reference for docker": lambda f: edit(
        f, f"{IMAGES}/images/0/manifest.json", b"notes-web", b"notes-bad"
    ),
    "layers in another order": lambda f: f.update(
        {f"{IMAGES}/images/0/manifest.json": reversed_layers(f[f"{IMAGES}/images/0/manifest.json"])}
    ),
    "members that lead out": lambda f: f.update(
        {f"{IMAGES}/images/0/members": f[f"{IMAGES}/images/0/members"] + b"../../../../etc/passwd\n"}
    ),
    "another layout": lambda f: edit(f, f"{IMAGES}/images/0/oci-layout", b"1.0.0", b"1.0.1"),
    "an index that is too large": lambda f: edit(
        f, f"{IMAGES}/images/0/index.json", b"{", b"{" + b" " * 5_000_000
    ),
    "a table that is too large": lambda f: f.update({TABLE: f[TABLE] + b"#" * 5_000_000}),
    "a size that is wrong": set_row("bytes", 1),
    "a number that is wrong": set_row("index", 7),
    "another config in the row": set_row("config", f"sha256:{OTHER}"),
    "another manifest in the row": set_row("manifest", f"sha256:{OTHER}"),
    "another platform in the row": set_row("platform", "linux/arm64"),
    "rows in another order": swap_rows,
    "one reference for two images": name_twice,
    "no image in bundle.json": forget_images,
    "no image but in bundle.json": only_rows,
    "a manifest with a layer from elsewhere": first_layer(digest=f"sha256:{OTHER}"),
    "a manifest that leads out": first_layer(digest="sha256:../../../etc/passwd"),
    "a manifest with a digest that cannot be printed": first_layer(digest="sha256:\ud800\x1b[2J"),
    "a manifest with an endless size": first_layer(size=float("inf")),
    "a manifest with a size that is no number": first_layer(size=float("nan")),
    "a manifest with a size in words": first_layer(size="ten"),
    "a manifest with a wrong size": first_layer(size=1),
    "a manifest with a foreign layer": first_layer(urls=["https://example.com/layer"]),
    "a manifest with another type": manifest_of(lambda document: document.update(mediaType="text/plain")),
    "a manifest without layers": manifest_of(lambda document: document.pop("layers")),
    "a manifest whose layers are no list": manifest_of(lambda document: document.update(layers=7)),
}


def reversed_layers(content: bytes) -> bytes:
    document = json.loads(content)
    document[0]["Layers"].reverse()
    return f"{json.dumps(document, separators=(',', ':'))}\n".encode()


def both(bundle: Path, folder: Path) -> list[Verification]:
    """What is said of the tarball, and of what comes out of it."""
    return [
        verify_bundle(path, Policy(), Silence().transferred) for path in (bundle, unpacked(bundle, folder))
    ]


def test_a_bundle_as_it_was_packed_has_no_problem(tmp_path: Path) -> None:
    for found in both(crafted_bundle(tmp_path, lambda _: None), tmp_path):
        assert found.accepted
        assert found.problems == ()


@pytest.mark.parametrize("name", CHANGES)
def test_images_that_do_not_fit_together_are_refused(tmp_path: Path, name: str) -> None:
    for found in both(crafted_bundle(tmp_path, CHANGES[name]), tmp_path):
        assert not found.accepted
        assert found.verdict is Verdict.BAD_FORM


def test_a_bundle_without_images_needs_none(tmp_path: Path) -> None:
    def without(files: Files) -> None:
        only_rows(files)
        document = said(files)
        document["images"] = []
        say(files, document, with_table=False)

    for found in both(crafted_bundle(tmp_path, without), tmp_path):
        assert found.accepted


@pytest.mark.parametrize("what", ["manifest", "config"])
@pytest.mark.parametrize("verdict", [Verdict.MISSING, Verdict.CHANGED])
def test_a_damaged_blob_is_the_only_thing_that_is_said(tmp_path: Path, what: str, verdict: Verdict) -> None:
    found: Files = {}
    bundle = crafted_bundle(tmp_path, found.update)
    path = blob(found, 0, what)
    root = unpacked(bundle, tmp_path)
    if verdict is Verdict.MISSING:
        (root / path).unlink()
    else:
        (root / path).write_bytes(b"other")
    answer = verify_bundle(root, Policy(), Silence().transferred)
    assert [(problem.verdict, problem.path) for problem in answer.problems] == [(verdict, path)]
    assert answer.verdict is verdict
