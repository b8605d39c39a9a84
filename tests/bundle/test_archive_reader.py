"""An engine's archive is read member by member; what is cut off, damaged or hostile stops the reading."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.bundle.archive_reader import ArchiveReader
from catalog.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable

FORMATS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)


def tar(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def file(name: str, content: bytes = b"content") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, content


def special(kind: bytes, name: str = "name", target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


def read(content: bytes) -> dict[str, bytes | str]:
    reader = ArchiveReader(io.BytesIO(content), "The archive")
    return {member.name: member.target or reader.read(member.size) for member in reader}


def refusal(content: bytes) -> str:
    with pytest.raises(IntegrityError) as caught:
        read(content)
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize("form", FORMATS)
def test_files_come_in_their_order_with_their_content(form: int) -> None:
    content = tar(file("b", b"1" * 512), special(tarfile.DIRTYPE, "d/"), file("d/a", b""), form=form)

    assert list(read(content).items()) == [("b", b"1" * 512), ("d/a", b"")]


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_links_are_read(form: int) -> None:
    long = "/".join(["x" * 90] * 4)
    link = special(tarfile.SYMTYPE, long + "/link", "../" + "y" * 150)

    found = read(tar(file(long + "/é"), link, form=form))

    assert found == {long + "/é": b"content", long + "/link": "/".join(["x" * 90] * 3) + "/" + "y" * 150}


@pytest.mark.parametrize(
    ("kind", "target", "found"),
    [
        (tarfile.SYMTYPE, "../b/layer.tar", "b/layer.tar"),
        (tarfile.SYMTYPE, "layer.tar", "a/layer.tar"),
        (tarfile.SYMTYPE, "./x/../layer.tar", "a/layer.tar"),
        (tarfile.LNKTYPE, "b/layer.tar", "b/layer.tar"),
    ],
)
def test_a_link_stands_for_another_member(kind: bytes, target: str, found: str) -> None:
    assert read(tar(special(kind, "a/link", target))) == {"a/link": found}


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.SYMTYPE, "../../etc/passwd"),
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.SYMTYPE, ""),
        (tarfile.LNKTYPE, "../b"),
        (tarfile.LNKTYPE, "/etc/passwd"),
        (tarfile.LNKTYPE, ""),
    ],
)
def test_a_link_out_of_the_archive_is_refused(kind: bytes, target: str) -> None:
    assert "has a member with the name" in refusal(tar(special(kind, "a/link", target)))


@pytest.mark.parametrize("name", ["../x", "/x", "a/../b", "./a", "a//b", "a/", "..", "a\nb", "a\x1b[2J"])
def test_a_name_that_is_not_clean_is_refused(name: str) -> None:
    member, content = file("placeholder")
    member.name = name

    assert "has a member with the name" in refusal(tar((member, content), form=tarfile.PAX_FORMAT))


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"S", b"7", b"g", b"V"])
def test_what_is_neither_file_nor_folder_nor_link_is_refused(kind: bytes) -> None:
    assert "neither a file nor a folder" in refusal(tar(special(kind)))


def test_a_name_that_comes_twice_is_refused() -> None:
    assert "has 'a' twice" in refusal(tar(file("a"), file("b"), file("a")))


def test_a_sparse_file_is_refused() -> None:
    member, content = file("a")
    member.pax_headers = {"GNU.sparse.major": "1"}

    assert "sparse" in refusal(tar((member, content), form=tarfile.PAX_FORMAT))


@pytest.mark.parametrize(
    "record", [b"12 size=1_0\n", b"5011 size=%b\n" % (b"9" * 5000)], ids=["not in digits", "endless"]
)
def test_a_size_that_is_no_number_is_refused(record: bytes) -> None:
    member = tarfile.TarInfo("x")
    member.type, member.size = tarfile.XHDTYPE, len(record)
    padding = bytes(-len(record) % 512)

    assert "size is no number" in refusal(member.tobuf() + record + padding + tar(file("a")))


@pytest.mark.parametrize(
    "record", [b"nonsense", b"5 a=b\n", b"99 a=b\n", b"0 a=b\n", b"6 a=b\nx", b"-6 a=b\n", b"7 a=\xff\n"]
)
def test_an_extended_header_that_is_damaged_is_refused(record: bytes) -> None:
    member = tarfile.TarInfo("x")
    member.type, member.size = tarfile.XHDTYPE, len(record)

    assert refusal(member.tobuf() + record.ljust(512, b"\0") + tar(file("a")))


def test_a_header_as_large_as_memory_is_refused() -> None:
    member = tarfile.TarInfo("x")
    member.type, member.size = tarfile.XHDTYPE, 1 << 40

    assert "too large" in refusal(member.tobuf(tarfile.GNU_FORMAT))


def test_a_size_below_nothing_is_refused() -> None:
    header = bytearray(file("a")[0].tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 12
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)

    assert "less than no bytes" in refusal(bytes(header))


def test_a_name_that_is_not_utf_8_is_refused() -> None:
    member = tarfile.TarInfo("x")
    member.type, member.size = tarfile.GNUTYPE_LONGNAME, 3

    assert "not UTF-8" in refusal(member.tobuf() + b"\xff\xfe\0".ljust(512, b"\0") + tar(file("a")))


def test_content_behind_a_folder_is_refused() -> None:
    member = tarfile.TarInfo("folder/")
    member.type, member.size = tarfile.DIRTYPE, 512

    assert "content where none can be" in refusal(member.tobuf() + bytes(512) + tar(file("a")))


@pytest.mark.parametrize("ending", [b"x", b"\0" * 10_000 + b"x", tar(file("hidden"))])
def test_what_follows_the_end_is_refused(ending: bytes) -> None:
    assert "goes on after its end" in refusal(tar(file("a")) + ending)


def test_an_archive_without_a_proper_end_is_refused() -> None:
    whole = tar(file("a"))[:1024]

    assert "ends before its end" in refusal(whole)
    assert "ends before its end" in refusal(whole + bytes(512))
    assert "has no proper end" in refusal(whole + bytes(512) + tar(file("b")))
    assert read(whole + bytes(1024)) == {"a": b"content"}


def test_nothing_at_all_is_refused() -> None:
    assert "ends before its end" in refusal(b"")


def test_cutting_anywhere_is_noticed() -> None:
    whole = tar(file("a", b"x" * 700), special(tarfile.SYMTYPE, "b", "a"), form=tarfile.PAX_FORMAT)
    for size in range(0, 512 + 1024 + 512 + 1024, 13):  # what comes after is padding
        assert "ends before its end" in refusal(whole[:size]), size


@given(st.integers(0, 511), st.integers(1, 255))
def test_a_changed_header_is_noticed_or_the_name_is_another(position: int, change: int) -> None:
    whole = bytearray(tar(file("a/name", b"x" * 700)))
    whole[position] ^= change
    try:
        found = read(bytes(whole))
    except IntegrityError:
        return
    assert list(found.values()) == [b"x" * 700]  # spaces for zeros in a number, or the like


class Trickle:
    """A stream that gives few bytes at a time, as a pipe may."""

    def __init__(self, content: bytes, step: Callable[[int], int]) -> None:
        self._content = io.BytesIO(content)
        self._step = step

    def read(self, size: int, /) -> bytes:
        return self._content.read(min(size, self._step(size)))


def test_a_stream_that_trickles_reads_the_same() -> None:
    content = tar(file("a", b"x" * 700), file("b"))
    reader = ArchiveReader(Trickle(content, lambda size: max(1, size // 3)), "The archive")

    assert {member.name: reader.read(1000) for member in reader} == {"a": b"x" * 700, "b": b"content"}


def test_content_that_nobody_read_is_passed_over() -> None:
    content = tar(file("a", b"x" * 3_000_000), file("b"))

    assert [member.name for member in ArchiveReader(io.BytesIO(content), "The archive")] == ["a", "b"]
