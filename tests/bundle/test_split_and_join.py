"""A file cut into parts becomes the same file again, with our tools and with anybody's."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.bundle.joining import Joined, PartVerdict, check, join
from catalog.bundle.part_list import find_list
from catalog.bundle.part_size import parse_part_size
from catalog.bundle.parts import Parts
from catalog.bundle.splitting import split, split_stream
from catalog.errors import ConflictError, IntegrityError, MissingError, UsageError
from catalog.operations.progress import Silence

NAME = "kamiwaza-registry-20261121-070539.tar.gz"
CONTENT = bytes(range(256)) * 4


def make(folder: Path, content: bytes = CONTENT, name: str = NAME) -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def cut(folder: Path, size: int = 300) -> Path:
    """A folder with only the parts and the lists of a file."""
    file = make(folder)
    split(file, size, folder, Silence().transferred)
    file.unlink()
    return folder


def joined(folder: Path, given_name: str = f"{NAME}.parts.json", out: Path | None = None) -> Joined:
    listed = find_list(folder / given_name)
    return join(listed, folder, (out or folder) / listed.file, Silence().transferred)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@settings(max_examples=60, deadline=None)
@given(content=st.binary(min_size=1, max_size=5000), size=st.integers(10, 6000), listed=st.booleans())
def test_join_undoes_split(content: bytes, size: int, *, listed: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = split(make(folder, content), size, folder / "parts", Silence().transferred)
        assert [part.size for part in parts.parts[:-1]] == [size] * (len(parts.parts) - 1)
        if not listed:
            (folder / "parts" / f"{NAME}.parts.json").unlink()
        result = joined(folder / "parts", f"{NAME}.part-000", folder / "out")
        assert result.is_written
        assert (folder / "out" / NAME).read_bytes() == content


@settings(max_examples=30, deadline=None)
@given(content=st.binary(min_size=1, max_size=3000), size=st.integers(10, 4000))
def test_a_stream_and_a_file_are_cut_into_the_same_parts(content: bytes, size: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = make(folder, content)
        split(file, size, folder / "a", Silence().transferred)
        split_stream(io.BytesIO(content), NAME, size, folder / "b", Silence().transferred)
        assert snapshot(folder / "a") == snapshot(folder / "b")


def test_plain_tools_check_and_join_the_parts(tmp_path: Path) -> None:
    cut(tmp_path)
    commands = (
        f"sha256sum -c {NAME}.part-*.sha256 && cat {NAME}.part-??? > {NAME} && sha256sum -c {NAME}.sha256"
    )
    subprocess.run(["bash", "-ec", commands], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_the_whole_stays_untouched(tmp_path: Path) -> None:
    file = make(tmp_path)
    before = file.stat()
    split(file, 100, tmp_path, Silence().transferred)
    after = file.stat()
    assert file.read_bytes() == CONTENT
    assert (before.st_mtime_ns, before.st_ino, before.st_mode) == (
        after.st_mtime_ns,
        after.st_ino,
        after.st_mode,
    )


def test_the_list_has_a_fixed_spelling(tmp_path: Path) -> None:
    folder = cut(tmp_path, 600)
    text = (folder / f"{NAME}.parts.json").read_text()
    value = json.loads(text)
    assert list(value) == ["format", "file", "size", "sha256", "part_size", "parts"]
    assert value["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert value["parts"][1] == {
        "name": f"{NAME}.part-001",
        "size": 424,
        "sha256": hashlib.sha256(CONTENT[600:]).hexdigest(),
    }
    assert text == json.dumps(value, indent=2) + "\n"


def test_splitting_again_changes_nothing(tmp_path: Path) -> None:
    file = make(tmp_path)
    split(file, 300, tmp_path, Silence().transferred)
    inodes = {path.name: path.stat().st_ino for path in tmp_path.iterdir()}
    split(file, 300, tmp_path, Silence().transferred)
    assert {path.name: path.stat().st_ino for path in tmp_path.iterdir()} == inodes


def test_splitting_again_completes_what_is_missing(tmp_path: Path) -> None:
    file = make(tmp_path)
    split(file, 300, tmp_path, Silence().transferred)
    before = snapshot(tmp_path)
    (tmp_path / f"{NAME}.part-001").unlink()
    (tmp_path / f"{NAME}.parts.json").unlink()
    split(file, 300, tmp_path, Silence().transferred)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("size", [200, 400, 2000])
def test_parts_of_another_split_are_refused(tmp_path: Path, size: int) -> None:
    file = make(tmp_path)
    split(file, 300, tmp_path, Silence().transferred)
    before = snapshot(tmp_path)
    with pytest.raises(ConflictError, match="another split"):
        split(file, size, tmp_path, Silence().transferred)
    assert snapshot(tmp_path) == before


def test_parts_of_other_content_are_refused(tmp_path: Path) -> None:
    file = make(tmp_path)
    split(file, 300, tmp_path / "out", Silence().transferred)
    file.write_bytes(CONTENT[::-1])
    before = snapshot(tmp_path / "out")
    with pytest.raises(ConflictError):
        split(file, 300, tmp_path / "out", Silence().transferred)
    assert snapshot(tmp_path / "out") == before


def test_a_file_that_is_not_what_its_digest_says_is_not_split(tmp_path: Path) -> None:
    file = make(tmp_path)
    (tmp_path / f"{NAME}.sha256").write_text(f"{'0' * 64}  {NAME}\n")
    before = snapshot(tmp_path)
    with pytest.raises(IntegrityError, match="is not what"):
        split(file, 300, tmp_path, Silence().transferred)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    ("content", "size", "name"),
    [(b"", 10, NAME), (b"x" * 1001, 1, NAME), (CONTENT, 300, "a\\b"), (CONTENT, 300, "new\nline")],
    ids=["empty", "too many parts", "a backslash", "a line break"],
)
def test_senseless_splits_are_refused(tmp_path: Path, content: bytes, size: int, name: str) -> None:
    file = make(tmp_path, content, name)
    with pytest.raises(UsageError):
        split(file, size, tmp_path, Silence().transferred)
    with pytest.raises(UsageError):
        split_stream(io.BytesIO(content), name, size, tmp_path, Silence().transferred)
    assert list(tmp_path.iterdir()) == [file]


def test_a_thousand_parts_are_still_taken(tmp_path: Path) -> None:
    file = make(tmp_path, b"x" * 1000)
    assert len(split(file, 1, tmp_path / "out", Silence().transferred).parts) == 1000
    assert not joined(tmp_path / "out").problems


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize(
    ("spoil", "verdict"),
    [
        (lambda part: part.write_bytes(bytes([part.read_bytes()[0] ^ 1]) + part.read_bytes()[1:]), "changed"),
        (lambda part: part.write_bytes(part.read_bytes()[:-1]), "cut-off"),
        (lambda part: part.write_bytes(part.read_bytes() + b"x"), "too-long"),
        (lambda part: part.unlink(), "missing"),
        (lambda part: (part.unlink(), part.mkdir()), "unreadable"),
    ],
    ids=["changed", "cut off", "too long", "missing", "a folder"],
)
def test_the_bad_part_is_named_whichever_it_is(tmp_path: Path, number: int, spoil, verdict: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    folder = cut(tmp_path)
    spoil(folder / f"{NAME}.part-{number:03d}")
    names = {path.name for path in folder.iterdir()}
    result = joined(folder)
    assert [(problem.name, problem.verdict.value) for problem in result.problems] == [
        (f"{NAME}.part-{number:03d}", verdict)
    ]
    assert not result.is_written
    assert {path.name for path in folder.iterdir()} == names


def test_every_bad_part_is_named_in_one_run(tmp_path: Path) -> None:
    folder = cut(tmp_path, 100)
    (folder / f"{NAME}.part-000").write_bytes(b"x" * 100)
    (folder / f"{NAME}.part-004").unlink()
    (folder / f"{NAME}.part-010").write_bytes(b"")
    assert [problem.name[-3:] for problem in joined(folder).problems] == ["000", "004", "010"]


@pytest.mark.parametrize("number", range(4))
def test_without_the_list_gaps_and_changes_are_named_too(tmp_path: Path, number: int) -> None:
    folder = cut(tmp_path)
    (folder / f"{NAME}.parts.json").unlink()
    part = folder / f"{NAME}.part-{number:03d}"
    content = part.read_bytes()
    part.write_bytes(content[::-1])
    assert [problem.name for problem in joined(folder, part.name).problems] == [part.name]
    part.unlink()
    assert [problem.verdict for problem in joined(folder, NAME).problems] == [PartVerdict.MISSING]
    part.write_bytes(content)
    (folder / f"{part.name}.sha256").unlink()
    assert [problem.verdict for problem in joined(folder, NAME).problems] == [PartVerdict.UNLISTED]


def test_without_the_list_a_lost_last_part_shows_in_the_whole(tmp_path: Path) -> None:
    folder = cut(tmp_path)
    (folder / f"{NAME}.parts.json").unlink()
    for suffix in ("", ".sha256"):
        (folder / f"{NAME}.part-003{suffix}").unlink()
    result = joined(folder, NAME)
    assert [problem.name for problem in result.problems] == [NAME]
    assert not (folder / NAME).exists()


def test_without_list_and_digest_of_the_whole_nothing_is_joined(tmp_path: Path) -> None:
    folder = cut(tmp_path)
    (folder / f"{NAME}.parts.json").unlink()
    (folder / f"{NAME}.sha256").unlink()
    with pytest.raises(MissingError, match="nothing says"):
        joined(folder, NAME)


def test_names_that_look_like_parts_never_join(tmp_path: Path) -> None:
    folder = cut(tmp_path)
    strays = [f"{NAME}.part-0000", f"{NAME}.part-004", f"{NAME}.part-000.bak", f"{NAME}.part-1"]
    for name in (*strays, f"2{NAME}.part-000", f"{NAME[:-3]}.part-000", "x.part-000"):
        (folder / name).write_bytes(b"stray")
    result = joined(folder)
    assert result.strays == tuple(sorted(strays))
    assert (folder / NAME).read_bytes() == CONTENT


def test_two_files_with_similar_names_do_not_mix(tmp_path: Path) -> None:
    for name, content in (("a.b", b"one" * 50), ("a.b.c", b"two" * 60), ("a", b"three" * 70)):
        split(make(tmp_path, content, name), 64, tmp_path / "parts", Silence().transferred)
    for name, content in (("a.b", b"one" * 50), ("a.b.c", b"two" * 60), ("a", b"three" * 70)):
        assert joined(tmp_path / "parts", f"{name}.part-000").is_written
        assert (tmp_path / "parts" / name).read_bytes() == content


def test_swapped_parts_are_found(tmp_path: Path) -> None:
    make(tmp_path, bytes(range(200)))
    split(tmp_path / NAME, 100, tmp_path / "p", Silence().transferred)
    first, second = (tmp_path / "p" / f"{NAME}.part-00{number}" for number in (0, 1))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    assert len(joined(tmp_path / "p").problems) == 2


def test_what_is_joined_already_is_left_alone(tmp_path: Path) -> None:
    folder = cut(tmp_path)
    joined(folder)
    before = (folder / NAME).stat()
    result = joined(folder)
    assert not result.is_written
    assert (folder / NAME).stat().st_ino == before.st_ino


def test_another_file_of_the_same_name_is_never_replaced(tmp_path: Path) -> None:
    folder = cut(tmp_path)
    (folder / NAME).write_bytes(b"precious")
    with pytest.raises(ConflictError):
        joined(folder)
    assert (folder / NAME).read_bytes() == b"precious"


def test_checking_writes_nothing(tmp_path: Path) -> None:
    folder = cut(tmp_path)
    before = snapshot(folder)
    listed = find_list(folder / f"{NAME}.parts.json")
    result = check(listed, folder, Silence().transferred)
    assert (result.problems, result.sha256) == ((), hashlib.sha256(CONTENT).hexdigest())
    assert snapshot(folder) == before


def spoiled(**changes: object) -> bytes:
    value = {
        "format": 1,
        "file": "x",
        "size": 15,
        "sha256": "0" * 64,
        "part_size": 10,
        "parts": [
            {"name": "x.part-000", "size": 10, "sha256": "1" * 64},
            {"name": "x.part-001", "size": 5, "sha256": "2" * 64},
        ],
    }
    return (json.dumps({**value, **changes}, indent=2) + "\n").encode()


def parts_named(*names: str) -> list[dict[str, object]]:
    return [{"name": name, "size": 10 - 5 * n, "sha256": "1" * 64} for n, name in enumerate(names)]


HOSTILE = {
    "a name that leads out": spoiled(file="../x"),
    "an absolute name": spoiled(file="/etc/passwd"),
    "a part that leads out": spoiled(parts=parts_named("x.part-000", "../x.part-001")),
    "an absolute part": spoiled(parts=parts_named("/etc/passwd", "x.part-001")),
    "a part twice": spoiled(parts=parts_named("x.part-000", "x.part-000")),
    "parts in another order": spoiled(parts=parts_named("x.part-001", "x.part-000")),
    "no parts": spoiled(parts=[], size=0),
    "a negative size": spoiled(size=-15),
    "a huge size": spoiled(size=10**40),
    "a size as text": spoiled(size="15"),
    "part size 0": spoiled(part_size=0),
    "sizes that do not add up": spoiled(size=16),
    "more parts than listed": spoiled(size=10**18),
    "format 2": spoiled(format=2),
    "an unknown key": spoiled(note="x"),
    "a digest in capitals": spoiled(sha256="A" * 64),
    "other spacing": json.dumps(json.loads(spoiled())).encode(),
    "a key twice": spoiled().replace(b'"format": 1,', b'"format": 1,\n  "format": 1,'),
    "deep": b"[" * 100_000,
    "not UTF-8": b"\xff\xfe",
    "empty": b"",
    "too large": b" " * 1_100_000,
    "too many parts": spoiled(
        size=1001,
        part_size=1,
        parts=[{"name": f"x.part-{n:03d}", "size": 1, "sha256": "1" * 64} for n in range(1001)],
    ),
}


def test_the_sound_list_is_taken() -> None:
    assert Parts.from_bytes(spoiled(), "x.parts.json").size == 15


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_list_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.parts.json").write_bytes(content)
    for given_name in ("x.parts.json", "x", "x.part-000"):
        with pytest.raises(IntegrityError):
            find_list(tmp_path / given_name)


def test_a_list_of_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "y.parts.json").write_bytes(spoiled())
    with pytest.raises(IntegrityError, match="is the list of 'x'"):
        find_list(tmp_path / "y.part-000")


@pytest.mark.parametrize("name", ["", ".", "nothing", "nothing.part-000", "nothing.parts.json"])
def test_what_is_not_there_is_said_to_be_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises((MissingError, UsageError)):
        find_list(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4GiB", 4 << 30),
        ("4GB", 4_000_000_000),
        ("4G", 4 << 30),
        ("650MB", 650_000_000),
        ("650 mb", 650_000_000),
        ("1.5GiB", 3 << 29),
        ("1MiB", 1 << 20),
        ("1048576", 1 << 20),
        ("2097152B", 2 << 20),
        ("1TB", 10**12),
    ],
)
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    assert parse_part_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "1", "1MB", "1023KiB", "-4GiB", "4XB", "GiB", "4iB", "0", "4GiB4", "9" * 99]
)
def test_other_sizes_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_part_size(text)
