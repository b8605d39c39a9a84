"""Bundles are compared by digest: a tag pushed again is seen, and a file that moved is not carried."""

from __future__ import annotations

import hashlib

from catalog.bundle.bundle_diff import BundleContents, Change, FileFact, compare
from catalog.bundle.manifest import (
    BundledExtension,
    BundledImage,
    BundleManifest,
    Codec,
    Sizes,
    Tool,
)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def image(ref: str, config: str, *, manifest: str = "", index: int = 0) -> BundledImage:
    return BundledImage(
        index=index,
        ref=ref,
        named=ref,
        config=f"sha256:{digest(config)}",
        manifest=f"sha256:{digest(manifest or config)}",
        platform="linux/amd64",
        bytes=1000,
        layer_bytes=2000,
        extensions=("notes",),
    )


def contents(
    *extensions: tuple[str, str],
    images: tuple[BundledImage, ...] = (),
    files: dict[str, str] | None = None,
) -> BundleContents:
    manifest = BundleManifest(
        created="2026-11-21T07:05:39Z",
        sequence=1,
        platform="",
        tool=Tool(name="t", version="1"),
        codec=Codec(name="isal", level=1, version="1"),
        stage=None,
        garden=("garden/default",),
        signer=None,
        sizes=Sizes(),
        extensions=tuple(
            BundledExtension(name=name, kind="app", version=version) for name, version in extensions
        ),
        images=images,
    )
    facts = {path: FileFact(digest(text), len(text)) for path, text in (files or {}).items()}
    return BundleContents(manifest, f"sha256:{digest(repr(facts))}", facts)


def test_extensions_are_told_apart_by_version() -> None:
    old = contents(("gone", "1.0.0"), ("up", "1.9.0"), ("down", "2.0.0"), ("same", "1.0.0"), ("odd", "one"))
    new = contents(("new", "1.0.0"), ("up", "1.10.0"), ("down", "1.0.0"), ("same", "1.0.0"), ("odd", "two"))
    changes = {
        change.name: (change.change, change.old, change.new) for change in compare(old, new).extensions
    }
    assert changes == {
        "gone": (Change.REMOVED, "1.0.0", ""),
        "up": (Change.UPGRADED, "1.9.0", "1.10.0"),
        "down": (Change.DOWNGRADED, "2.0.0", "1.0.0"),
        "new": (Change.ADDED, "", "1.0.0"),
        "odd": (Change.CHANGED, "one", "two"),
    }


def test_a_tag_that_was_pushed_again_is_seen() -> None:
    old = contents(images=(image("a:1", "first"), image("b:1", "same")))
    new = contents(images=(image("a:1", "second"), image("b:1", "same", index=1)))
    (change,) = compare(old, new).images
    assert (change.ref, change.change) == ("a:1", Change.CHANGED)
    assert (change.old, change.new) == (f"sha256:{digest('first')}", f"sha256:{digest('second')}")


def test_layers_packed_otherwise_are_seen_though_the_image_is_the_same() -> None:
    old = contents(images=(image("a:1", "config", manifest="x"),))
    new = contents(images=(image("a:1", "config", manifest="y"),))
    assert [change.change for change in compare(old, new).images] == [Change.CHANGED]


def test_images_that_come_and_go_are_listed() -> None:
    old = contents(images=(image("gone:1", "a"),))
    new = contents(images=(image("new:1", "a"),))
    changes = [(change.ref, change.change, change.bytes) for change in compare(old, new).images]
    assert changes == [("gone:1", Change.REMOVED, 0), ("new:1", Change.ADDED, 1000)]


def test_only_contents_that_the_old_bundle_lacks_are_carried_and_each_once() -> None:
    old = contents(files={"a": "same", "b": "moved", "x/blobs/sha256/1": "layer one"})
    new = contents(
        files={
            "a": "same",
            "c": "moved",
            "d": "twice",
            "e": "twice",
            "x/blobs/sha256/1": "layer one",
            "x/blobs/sha256/2": "layer two",
        }
    )
    transfer = compare(old, new).transfer
    assert (transfer.files, transfer.bytes) == (2, len("twice") + len("layer two"))
    assert (transfer.blobs, transfer.blob_bytes) == (1, len("layer two"))


def test_a_bundle_is_the_same_as_itself() -> None:
    one = contents(("notes", "1.0.0"), images=(image("a:1", "x"),), files={"a": "b"})
    diff = compare(one, one)
    assert diff.is_same
    assert (diff.extensions, diff.images, diff.transfer.files) == ((), (), 0)
