"""The list and the manifest of a bundle are read strictly; every other form is refused with a reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from catalog.bundle.manifest import BundleManifest
from catalog.bundle.verdict import Policy, Verdict, Verification
from catalog.bundle.verify import verify_bundle
from catalog.errors import IntegrityError
from catalog.operations.progress import Silence
from tests.support.bundles import EPOCH, crafted_bundle, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ZEROS = f"sha256:{'0' * 64}"
LINE = b"0" * 64


def verify(path: Path) -> Verification:
    return verify_bundle(path, Policy(), Silence().transferred)


def numbers(**values: object) -> Callable[[dict[str, bytes]], None]:
    """Other values in bundle.json, whether they make sense or not."""

    def change(files: dict[str, bytes]) -> None:
        document = json.loads(files["bundle.json"]) | values
        files["bundle.json"] = f"{json.dumps(document, indent=2, ensure_ascii=False)}\n".encode(
            errors="surrogatepass"
        )

    return change


def replaced(old: bytes, new: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        assert old in files["bundle.json"]
        files["bundle.json"] = files["bundle.json"].replace(old, new)

    return change


MANIFESTS: dict[str, Callable[[dict[str, bytes]], None]] = {
    "another format": numbers(format=2),
    "another product": numbers(product="other"),
    "a key more": numbers(more=1),
    "a time that is too long": numbers(sequence=10**40),
    "a time before all times": numbers(sequence=-1),
    "a time in words": numbers(sequence="now"),
    "a fraction of a second": numbers(sequence=float(EPOCH)),
    "a yes for a time": numbers(sequence=True),
    "foreign digits": numbers(created="٢٠٢٦-11-21T07:05:39Z"),
    "a line behind the time": numbers(created="2026-11-21T07:05:39Z\n"),
    "a platform that steers the terminal": numbers(platform="\x1b[2J"),
    "a platform that turns text around": numbers(platform="\u202elinux"),
    "a platform of two lines": numbers(platform="linux\namd64"),
    "half a character": numbers(platform="\ud800"),
    "a catalog that leads out": numbers(garden=["../../../etc"]),
    "an absolute catalog": numbers(garden=["/etc"]),
    "no catalog": numbers(garden=[]),
    "a key twice": replaced(b'"format": 1,', b'"format": 1,\n  "format": 1,'),
    "other spaces": replaced(b'"format": 1,', b'"format":  1,'),
    "no newline at the end": replaced(b"}\n", b"}"),
    "a byte-order mark": lambda files: files.update({"bundle.json": b"\xef\xbb\xbf" + files["bundle.json"]}),
    "a base": numbers(base={"sums": ZEROS, "sequence": 1}),
    "nothing": lambda files: files.update({"bundle.json": b""}),
    "no JSON": lambda files: files.update({"bundle.json": b"\x00\xff"}),
    "deep JSON": lambda files: files.update({"bundle.json": b"[" * 100_000}),
    "too much JSON": lambda files: files.update({"bundle.json": b'"' + b"x" * 17_000_000 + b'"'}),
    "a number that is too long": replaced(b'"format": 1,', b'"format": ' + b"1" * 5000 + b","),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_in_another_form_is_refused(
    tmp_path: Path, name: str, shape: Callable[[Path], Path]
) -> None:
    found = verify(shape(crafted_bundle(tmp_path, MANIFESTS[name])))
    assert (found.verdict, found.accepted) == (Verdict.BAD_FORM, False)


def shuffled(good: bytes) -> bytes:
    first, second, *others = good.splitlines(keepends=True)
    return b"".join([second, first, *others])


LISTS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "no newline at the end": lambda good: good[:-1],
    "windows lines": lambda good: good.replace(b"\n", b"\r\n"),
    "upper case": lambda good: good.upper(),
    "two lines swapped": shuffled,
    "a line twice": lambda good: good.splitlines(keepends=True)[0] + good,
    "a comment": lambda good: b"# digests\n" + good,
    "an empty line": lambda good: good + b"\n",
    "itself": lambda good: good + LINE + b"  SHA256SUMS\n",
    "its signature": lambda good: good.replace(b"  package-setup.sh", b"  SHA256SUMS.sig"),
    "no manifest": lambda good: good.replace(b"  bundle.json", b"  bundle.joon"),
    "a path that leads out": lambda good: LINE + b"  ../x\n" + good,
    "an absolute path": lambda good: LINE + b"  /etc/passwd\n" + good,
    "a path with a dot": lambda good: good + LINE + b"  zz/./x\n",
    "a path with an empty part": lambda good: good + LINE + b"  zz//x\n",
    "a path that is a folder": lambda good: good + LINE + b"  zz/\n",
    "a path with a space": lambda good: good + LINE + b"  zz a\n",
    "a path in other letters": lambda good: good + LINE + "  zz/ä\n".encode(),
    "a path with a zero": lambda good: good + LINE + b"  zz\0\n",
    "a path that is too long": lambda good: good + LINE + b"  " + b"z" * 2000 + b"\n",
    "a binary mark": lambda good: good.replace(b"  ", b" *"),
    "half a digest": lambda good: good + b"0" * 63 + b"  zz\n",
    "too much": lambda good: good + b"".join(LINE + b"  zz%07d\n" % number for number in range(900_000)),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_in_another_form_is_refused(tmp_path: Path, unsigned: Path, name: str) -> None:
    sums = unpacked(unsigned, tmp_path) / "SHA256SUMS"
    sums.write_bytes(LISTS[name](sums.read_bytes()))
    assert verify(sums.parent).verdict is Verdict.BAD_FORM


def test_manifest_text_and_value_are_the_same_thing(unsigned: Path) -> None:
    manifest = verify(unsigned).manifest
    assert manifest is not None
    assert BundleManifest.from_bytes(manifest.to_bytes()) == manifest
    with pytest.raises(IntegrityError):
        BundleManifest.from_bytes(manifest.to_bytes() + b"\n")
