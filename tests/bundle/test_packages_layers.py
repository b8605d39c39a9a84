"""The packages of an image are those that a container of it would see, whatever its layers take away."""

from __future__ import annotations

import gzip
import io
import tarfile
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.bundle import packages_parse, packages_scan
from catalog.bundle.packages_image import packages_of
from catalog.bundle.packages_layer import RECORDS, scan_layer, scan_layers
from catalog.bundle.packages_scan import read_layer
from catalog.bundle.packages_value import LayerEntry, LayerPackages
from catalog.errors import IntegrityError, MissingError
from tests.support.layer_tars import layer_tar, stored_blob, stored_layer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from catalog.bundle.packages_image import ImagePackages

STATUS = "var/lib/dpkg/status"
SITE = "usr/lib/python3/site-packages"


def dpkg(*names: str) -> bytes:
    return b"\n".join(
        f"Package: {name}\nStatus: install ok installed\nVersion: 1\n".encode() for name in names
    )


def apk(*names: str) -> bytes:
    return b"\n".join(f"P:{name}\nV:1\n".encode() for name in names)


def metadata(name: str) -> bytes:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n\n{'text ' * 30_000}".encode()


def npm(name: str) -> bytes:
    return f'{{"name":"{name}","version":"1"}}'.encode()


def image(folder: Path, *tars: bytes) -> ImagePackages:
    return packages_of([read_layer(stored_layer(folder / "blobs", tar)) for tar in tars])


def names(folder: Path, *tars: bytes) -> list[str]:
    return sorted(package.name for package in image(folder, *tars).packages)


def test_the_uppermost_database_counts(tmp_path: Path) -> None:
    lower, upper = layer_tar((STATUS, dpkg("a", "b"))), layer_tar((f"./{STATUS}", dpkg("b", "c")))
    assert names(tmp_path, lower, upper) == ["b", "c"]


def test_each_kind_of_database_is_found_where_it_lies(tmp_path: Path) -> None:
    found = image(
        tmp_path,
        layer_tar(
            ("var/lib/dpkg/status.d/base", dpkg("distroless")),
            ("var/lib/dpkg/status.d/base.md5sums", dpkg("no-package")),
            ("lib/apk/db/installed", apk("alpine")),
            (f"{SITE}/wheel-1.dist-info/METADATA", metadata("wheel")),
            (f"{SITE}/old.egg-info/PKG-INFO", metadata("egg")),
            (f"{SITE}/vendor/METADATA", metadata("no-package")),
            ("app/node_modules/left/package.json", npm("left")),
            ("app/node_modules/@acme/ui/package.json", npm("@acme/ui")),
            ("app/node_modules/left/node_modules/right/package.json", npm("right")),
            ("app/node_modules/left/dist/package.json", npm("no-package")),
            ("app/node_modules/@acme/package.json", npm("no-package")),
            ("app/package.json", npm("no-package")),
        ),
    )
    assert {(package.kind, package.name): paths for package, paths in found.packages.items()} == {
        ("deb", "distroless"): ("var/lib/dpkg/status.d/base",),
        ("apk", "alpine"): ("lib/apk/db/installed",),
        ("pypi", "wheel"): (f"{SITE}/wheel-1.dist-info/METADATA",),
        ("pypi", "egg"): (f"{SITE}/old.egg-info/PKG-INFO",),
        ("npm", "left"): ("app/node_modules/left/package.json",),
        ("npm", "@acme/ui"): ("app/node_modules/@acme/ui/package.json",),
        ("npm", "right"): ("app/node_modules/left/node_modules/right/package.json",),
    }
    assert found.gaps == ()


@pytest.mark.parametrize(
    "whiteout",
    [
        f"{SITE}/.wh.a-1.dist-info",
        f"{SITE}/a-1.dist-info/.wh.METADATA",
        "usr/lib/.wh.python3",
        ".wh.usr",
        f"{SITE}/.wh..wh..opq",
        "usr/.wh..wh..opq",
        ".wh..wh..opq",
    ],
)
def test_a_whiteout_removes_what_lies_below(tmp_path: Path, whiteout: str) -> None:
    lower = layer_tar((f"{SITE}/a-1.dist-info/METADATA", metadata("a")), ("lib/apk/db/installed", apk("b")))
    left = [] if whiteout == ".wh..wh..opq" else ["b"]
    assert names(tmp_path, lower, layer_tar((whiteout, b""))) == left


def test_a_whiteout_spares_what_has_only_the_same_beginning(tmp_path: Path) -> None:
    lower = layer_tar((f"{SITE}/a-1.dist-info/METADATA", metadata("a")))
    assert names(tmp_path, lower, layer_tar((f"{SITE}/.wh.a", b""), ("usr/lib/.wh.python", b""))) == ["a"]


def test_a_whiteout_spares_its_own_layer(tmp_path: Path) -> None:
    lower = layer_tar((f"{SITE}/a-1.dist-info/METADATA", metadata("a")))
    new = (f"{SITE}/b-1.dist-info/METADATA", metadata("b"))
    marks = ((f"{SITE}/.wh..wh..opq", b""), (f"{SITE}/.wh.b-1.dist-info", b""))
    assert names(tmp_path, lower, layer_tar(new, *marks)) == ["b"]


@pytest.mark.parametrize("instead", [b"a file", "elsewhere"])
def test_what_takes_the_place_of_a_folder_removes_its_packages(tmp_path: Path, instead: bytes | str) -> None:
    lower = layer_tar(("app/node_modules/left/package.json", npm("left")))
    for path in ("app", "app/node_modules", "app/node_modules/left"):
        assert names(tmp_path, lower, layer_tar((path, instead))) == [], path


def test_a_folder_that_is_named_again_keeps_its_packages(tmp_path: Path) -> None:
    lower = layer_tar(("lib/apk/db/installed", apk("a")))
    assert names(tmp_path, lower, layer_tar(("lib", None), ("lib/apk", None), ("lib/apk/db/", None))) == ["a"]


@pytest.mark.parametrize("target", ["usr/lib", "/usr/lib", "./usr/../usr/lib/", "other"])
def test_a_layer_is_laid_through_the_links_below_it(tmp_path: Path, target: str) -> None:
    base = layer_tar(("other", "/usr/lib"), ("lib", target), ("usr/lib/apk/db/installed", apk("a")))
    assert names(tmp_path, base, layer_tar(("lib/apk/db/installed", apk("b")))) == ["b"]
    assert names(tmp_path, base, layer_tar(("lib/apk/db/.wh.installed", b""))) == []


def test_a_folder_in_the_place_of_a_link_is_a_folder(tmp_path: Path) -> None:
    base = layer_tar(("lib", "usr/lib"), ("usr/lib/apk/db/installed", apk("a")))
    own = layer_tar(("lib", None), ("lib/.wh..wh..opq", b""), ("lib/apk/db/installed", apk("b")))
    assert names(tmp_path, base, own) == ["a", "b"]


def test_links_in_a_circle_are_not_followed_for_ever(tmp_path: Path) -> None:
    base = layer_tar(("lib", "lib"), ("a", "b"), ("b", "a"))
    assert names(tmp_path, base, layer_tar(("lib/apk/db/installed", apk("x")), ("a/b/c", "d"))) == ["x"]


def test_the_distribution_is_found_through_its_link(tmp_path: Path) -> None:
    base = layer_tar(
        ("usr/lib/os-release", b"ID=debian\nVERSION_ID=12\n"), ("etc/os-release", "../usr/lib/os-release")
    )
    found = image(tmp_path, base).system
    assert found is not None
    assert (found.id, found.version) == ("debian", "12")


def test_the_distribution_in_etc_comes_first(tmp_path: Path) -> None:
    base = layer_tar(("usr/lib/os-release", b"ID=debian\n"), ("etc/os-release", b"ID=own\n"))
    found = image(tmp_path, base).system
    assert found is not None
    assert found.id == "own"


def test_hard_links_are_read_even_to_files_with_another_name(tmp_path: Path) -> None:
    store, module = ("store/v3/files/00/ab", npm("left")), "app/node_modules/left/package.json"
    assert names(tmp_path, layer_tar(store, hard_links=[(module, store[0])])) == ["left"]
    both = layer_tar((module, npm("left")), hard_links=[("b/node_modules/left/package.json", f"./{module}")])
    [paths] = image(tmp_path, both).packages.values()
    assert paths == (module, "b/node_modules/left/package.json")


def test_what_is_not_read_is_said(tmp_path: Path) -> None:
    found = image(
        tmp_path,
        layer_tar(
            ("var/lib/rpm/Packages", b"a database of Berkeley"),
            ("var/lib/rpm/rpmdb.sqlite", b"SQLite"),
            ("var/lib/rpm/rpmdb.sqlite-wal", b""),
            ("app/node_modules/left/package.json", "../../store/left.json"),
            ("app/node_modules/big/package.json", npm("big") + b" " * 2_000_000),
        ),
    )
    assert [gap.split(" ", 1)[0] for gap in found.gaps] == [
        "the",
        "the",
        "app/node_modules/big/package.json",
        "app/node_modules/left/package.json",
    ]
    assert found.gaps[0] == "the rpm database var/lib/rpm/Packages is not read"
    assert found.gaps[1].startswith("the rpm database var/lib/rpm/rpmdb.sqlite cannot be read: ")
    assert "more than 1,048,576 bytes" in found.gaps[2]
    assert found.gaps[3].endswith("is a link to ../../store/left.json, which is not read")


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_and_foreign_names_are_read(tmp_path: Path, form: int) -> None:
    path = f"{'größe/' * 40}node_modules/left/package.json"
    link = f"{'länge/' * 40}link"
    tar = layer_tar((path, npm("left")), (link, f"/{'ziel/' * 60}"), form=form)
    found = read_layer(stored_layer(tmp_path, tar))
    assert [(entry.path, entry.target) for entry in found.entries] == [(path, ""), (link, f"/{'ziel/' * 60}")]


def test_ustar_prefixes_are_read(tmp_path: Path) -> None:
    path = f"{'folder/' * 15}node_modules/left/package.json"
    assert names(tmp_path, layer_tar((path, npm("left")), form=tarfile.USTAR_FORMAT)) == ["left"]


def test_a_tar_without_an_end_mark_and_an_empty_layer_are_whole(tmp_path: Path) -> None:
    whole = layer_tar((STATUS, dpkg("a")))
    end = 512 + -(-len(dpkg("a")) // 512) * 512
    assert image(tmp_path, whole[:end], b"").gaps == ()
    assert names(tmp_path, whole[:end], b"") == ["a"]


def broken(tar: bytes, at: int, content: bytes) -> bytes:
    return tar[:at] + content + tar[at + len(content) :]


def with_size(tar: bytes, size: bytes) -> bytes:
    header = bytearray(broken(tar[:512], 124, size))
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + tar[512:]


A_FILE = layer_tar(("a", b"content"))


@pytest.mark.parametrize(
    ("tar", "why"),
    [
        (broken(A_FILE, 0, b"b"), "has a damaged header"),
        (broken(A_FILE, 148, b"999999"), "has a damaged header"),
        (A_FILE[:700], "is cut off"),
        (with_size(A_FILE, b"\x80" + b"\xff" * 11), "is cut off"),
        (with_size(A_FILE, b"\xff" * 12), "whose size is no number"),
        (with_size(A_FILE, b"-0000000001\0"), "whose size is no number"),
        (b"garbage" * 1000, "has a damaged header"),
    ],
)
def test_a_layer_that_is_no_tar_is_a_gap_not_an_end(tmp_path: Path, tar: bytes, why: str) -> None:
    layers = (layer_tar((STATUS, dpkg("a"))), tar)
    assert names(tmp_path, *layers) == ["a"]
    [gap] = image(tmp_path, *layers).gaps
    assert why in gap


@pytest.mark.parametrize(
    ("kind", "content", "why"),
    [
        (b"x", b"12 path=abc\n0 x", "damaged pax header"),
        (b"x", b"99999 path=abc\n", "damaged pax header"),
        (b"x", b"path", "damaged pax header"),
        (b"x", b"12 size=-1  \n", "damaged pax header"),
        (b"x", b"11 size=-1\n", "size is no number"),
        (b"L", b"x" * (1024 * 1024 + 1), "header of more than"),
        (b"S", b"", "sparse"),
    ],
)
def test_a_hostile_header_is_a_gap(tmp_path: Path, kind: bytes, content: bytes, why: str) -> None:
    header = tarfile.TarInfo("extended")
    header.type, header.size = kind, len(content)
    tar = header.tobuf() + content + bytes(-len(content) % 512) + A_FILE
    [gap] = image(tmp_path, tar).gaps
    assert why in gap


def test_a_layer_with_too_many_links_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages_scan, "_MAX_ENTRIES", 5)
    tar = layer_tar(*[(f"link-{number}", "x") for number in range(6)])
    [gap] = image(tmp_path, tar).gaps
    assert "more than 5 links and package files" in gap


@pytest.mark.parametrize(
    "tar",
    [
        layer_tar(("lib/apk/db/installed", apk(*"abcdef")), ("after", "x")),
        layer_tar((STATUS, dpkg(*"abcdef")), ("after", "x")),
        layer_tar((STATUS, dpkg("a")), ("lib/apk/db/installed", apk(*"bcdef")), ("after", "x")),
    ],
    ids=["apk", "dpkg", "together"],
)
def test_a_layer_with_too_many_packages_is_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tar: bytes
) -> None:
    monkeypatch.setattr(packages_parse, "MAX_PACKAGES", 5)
    found = read_layer(stored_layer(tmp_path, tar))
    [gap] = found.gaps
    assert "more than 5 packages; what follows in it is unknown" in gap
    assert sum(len(entry.packages) for entry in found.entries) <= 5
    assert "after" not in [entry.path for entry in found.entries]


def test_a_database_that_stands_in_a_layer_twice_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages_parse, "MAX_PACKAGES", 5)
    found = image(tmp_path, layer_tar((STATUS, dpkg(*"abcd")), (STATUS, dpkg(*"efghi"))))
    assert (len(found.packages), found.gaps) == (5, ())


def test_a_parser_stops_soon_after_the_most_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages_parse, "MAX_PACKAGES", 5)
    assert len(packages_parse.apk(apk(*"abcdefghijkl"))) == 6
    assert len(packages_parse.dpkg(dpkg(*"abcdefghijkl"))) == 6


def test_names_that_no_file_can_have_are_passed_over(tmp_path: Path) -> None:
    tar = layer_tar(("a/" * 3000 + "b", "x"), ("link", "a/" * 3000), (STATUS, dpkg("a")))
    assert [entry.path for entry in read_layer(stored_layer(tmp_path, tar)).entries] == [STATUS]


@given(st.binary(max_size=3000), st.integers(0, 3000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_no_tar_stops_the_reading(tmp_path: Path, garbage: bytes, at: int) -> None:
    tar = layer_tar(("lib", "usr/lib"), (STATUS, dpkg("a", "b")), ("etc/os-release", b"ID=x"))
    image(tmp_path, tar, broken(tar, at, garbage))


def test_a_file_of_many_names_is_read_once(tmp_path: Path) -> None:
    links = [(f"var/lib/dpkg/status.d/{number}", "usr/junk") for number in range(200)]
    tar = layer_tar(("usr/other", b""), hard_links=links)
    end = layer_tar(("usr/junk", b"A: b\n" * 100_000))
    layer = stored_layer(tmp_path, tar[: 512 * 201] + end, piece=100_000)
    begun = time.process_time()
    assert len(read_layer(layer).entries) == 202
    assert time.process_time() - begun < 2


def layer_of_links(paths: Iterable[str], removed: tuple[str, ...] = ()) -> LayerPackages:
    entries = tuple(LayerEntry(kind="link", path=path, target="x") for path in paths)
    return LayerPackages(diff_id="sha256:0", removed=removed, entries=entries)


def test_folders_as_deep_as_can_be_fill_no_memory() -> None:
    deep = layer_of_links(f"{number}/{'b/' * 2000}link" for number in range(50))
    tracemalloc.start()
    try:
        packages_of([deep, layer_of_links(())])
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


def test_many_folders_that_are_taken_away_take_no_time() -> None:
    folders = tuple(f"d{number}" for number in range(20_000))
    full = layer_of_links(f"{folder}/link" for folder in folders)
    begun = time.process_time()
    assert not packages_of([full, layer_of_links((), removed=folders), layer_of_links(folders)]).packages
    packages_of([full, layer_of_links(folders)])
    assert time.process_time() - begun < 4


def test_a_damaged_blob_is_refused(tmp_path: Path) -> None:
    layer = stored_layer(tmp_path, layer_tar((STATUS, dpkg("a"))))
    content = layer.blob.path.read_bytes()
    layer.blob.path.write_bytes(content[:100])
    with pytest.raises(IntegrityError, match="damaged or cut off"):
        scan_layer(layer, tmp_path / "cache")
    layer.blob.path.unlink()
    with pytest.raises(MissingError, match="cannot be read"):
        scan_layer(layer, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_layer_is_read_once_in_its_life(tmp_path: Path) -> None:
    tars = [layer_tar((STATUS, dpkg("a")), ("x", "y")), layer_tar(("etc/os-release", b"ID=z"))]
    layers = [stored_layer(tmp_path, tar) for tar in tars]
    first = list(scan_layers(layers, tmp_path / "cache"))
    for layer in layers:
        layer.blob.path.unlink()
    assert (
        list(scan_layers(layers, tmp_path / "cache"))
        == first
        == [scan_layer(one, tmp_path / "cache") for one in layers]
    )


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"blob":"","found":{"diff_id":"sha256:00"}}'])
def test_a_damaged_record_is_made_again(tmp_path: Path, content: bytes) -> None:
    layer = stored_layer(tmp_path, layer_tar((STATUS, dpkg("a"))))
    expected = scan_layer(layer, tmp_path / "cache")
    [record] = (tmp_path / "cache" / RECORDS).rglob("*.json")
    whole = record.read_bytes()
    record.write_bytes(content)
    assert scan_layer(layer, tmp_path / "cache") == expected
    assert record.read_bytes() == whole


def test_a_record_that_cannot_be_written_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file where a folder must be")
    layer = stored_layer(tmp_path, layer_tar((STATUS, dpkg("a"))))
    with pytest.raises(MissingError, match="cannot be written"):
        scan_layer(layer, tmp_path / "cache")


def test_bodies_that_nobody_asked_for_are_not_kept(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("model.bin")
        info.size = 50_000_000
        tar.addfile(info, io.BytesIO(bytes(info.size)))
    content = buffer.getvalue() + b""
    blob = stored_blob(tmp_path, gzip.compress(content, 1, mtime=0))
    layer = stored_layer(tmp_path, A_FILE)
    found = read_layer(type(layer)(layer.diff_id, len(content), blob))
    assert [entry.path for entry in found.entries] == ["model.bin"]
    assert found.gaps == ()
