"""Ways to tamper with a tarball: each takes a random generator and the bytes, and gives other bytes."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

from catalog.bundle.stored_gzip import StoredGzip

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from typing_extensions import Buffer

    Member = tuple[tarfile.TarInfo, bytes]
    Bytes = Callable[[Random, bytes], bytes]
    Members = Callable[[Random, list[Member]], object]

_NAMES = (
    "../evil", "/etc/evil", "kamiwaza-extension-registry/../../evil", "kamiwaza-extension-registry", "evil",
    "kamiwaza-extension-registry/zz", "kamiwaza-extension-registry/./README.md", "", "./", "..",
    "kamiwaza-extension-registry/" + "n" * 300, "kamiwaza-extension-registry/\x1b[2J", "C:\\evil",
)  # fmt: skip
_LINKS = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
_OTHER_TYPES = (
    *_LINKS,
    tarfile.DIRTYPE,
    tarfile.CONTTYPE,
    tarfile.GNUTYPE_SPARSE,
    tarfile.AREGTYPE,
    b"V",
    b"Z",
)


def stored(content: bytes) -> bytes:
    """The content packed as bundles are."""
    out: list[Buffer] = []
    packer = StoredGzip(out.extend)
    packer.write(content)
    packer.close()
    return b"".join(out)


def flip(random: Random, content: bytes) -> bytes:
    changed = bytearray(content)
    changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _overwrite(random: Random, content: bytes) -> bytes:
    size = random.choice((1, 2, 8, 512, 5000))
    place = random.randrange(len(content) - size)
    return content[:place] + random.randbytes(size) + content[place + size :]


def _zero(random: Random, content: bytes) -> bytes:
    place = random.randrange(len(content) - 2000)
    return content[:place] + bytes(2000) + content[place + 2000 :]


def _cut_out(random: Random, content: bytes) -> bytes:
    place = random.randrange(len(content))
    return content[:place] + content[place + random.choice((1, 5, 512, 1024, 10_000)) :]


def _insert(random: Random, content: bytes) -> bytes:
    place = random.randrange(len(content) + 1)
    return content[:place] + random.randbytes(random.choice((1, 5, 512, 1024))) + content[place:]


def truncate(random: Random, content: bytes) -> bytes:
    return content[: random.randrange(len(content))]


def _append(random: Random, content: bytes) -> bytes:
    more = (b"\0", b"\n", random.randbytes(100), bytes(10_240), content, gzip.compress(b""), stored(b"x"))
    return content + random.choice(more)


def _gzip_again(random: Random, content: bytes) -> bytes:
    return gzip.compress(gzip.decompress(content), random.randrange(10), mtime=random.choice((0, 1)))


def _gzip_in_two(random: Random, content: bytes) -> bytes:
    tar = gzip.decompress(content)
    place = random.randrange(1, len(tar))
    return stored(tar[:place]) + stored(tar[place:])


def _inside(change: Bytes) -> Bytes:
    """The same with the tar, and a gzip around it that fits."""
    return lambda random, content: stored(change(random, gzip.decompress(content)))


def _zeros_behind_tar(random: Random, content: bytes) -> bytes:
    return stored(gzip.decompress(content) + bytes(512 * random.randrange(1, 20)))


def _second_tar(random: Random, content: bytes) -> bytes:
    tar = gzip.decompress(content)
    return stored(tar[: random.choice((-1024, -512, len(tar)))] + tar)


def _members(change: Members) -> Bytes:
    """Change the list of members, and pack them again in the very spelling of a bundle."""

    def apply(random: Random, content: bytes) -> bytes:
        members = _read(content)
        change(random, members)
        tar = b"".join(
            info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape") + data + bytes(-len(data) % 512)
            for info, data in members
        )
        return stored(tar + bytes(1024))

    return apply


def _read(content: bytes) -> list[Member]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        files = [(info, tar.extractfile(info)) for info in tar]
        return [(info, file.read() if file else b"") for info, file in files]


def _file(random: Random, members: list[Member]) -> int:
    return random.choice([number for number, (info, _) in enumerate(members) if info.isreg()])


def _two(random: Random, members: list[Member]) -> tuple[int, int]:
    first, second = random.sample(range(len(members)), 2)
    return first, second


def _remove(random: Random, members: list[Member]) -> None:
    del members[random.randrange(len(members))]


def _add(random: Random, members: list[Member]) -> None:
    info = tarfile.TarInfo(random.choice(_NAMES))
    info.type = random.choice((tarfile.REGTYPE, *_OTHER_TYPES))
    info.linkname = random.choice(("", "/etc/passwd", "README.md"))
    info.mtime = members[0][0].mtime
    info.mode = 0o644
    content = b"evil" if info.isreg() else b""
    info.size = len(content)
    members.insert(random.randrange(len(members) + 1), (info, content))


def _rename(random: Random, members: list[Member]) -> None:
    members[random.randrange(len(members))][0].name = random.choice(_NAMES)


def _retype(random: Random, members: list[Member]) -> None:
    info, _ = members[_file(random, members)]
    info.type = random.choice(_OTHER_TYPES)
    info.linkname = random.choice(("", "/etc/passwd", "README.md"))


def _link(random: Random, members: list[Member]) -> None:
    number = _file(random, members)
    info, _ = members[number]
    info.type, info.linkname, info.size = random.choice(_LINKS), members[_file(random, members)][0].name, 0
    members[number] = info, b""


def _swap_places(random: Random, members: list[Member]) -> None:
    first, second = _two(random, members)
    members[first], members[second] = members[second], members[first]


def _swap_contents(random: Random, members: list[Member]) -> None:
    files = [number for number, (info, _) in enumerate(members) if info.isreg()]
    first = random.choice(files)
    second = random.choice([number for number in files if members[number][1] != members[first][1]])
    (one, one_data), (two, two_data) = members[first], members[second]
    one.size, two.size = two.size, one.size
    members[first], members[second] = (one, two_data), (two, one_data)


def _repeat(random: Random, members: list[Member]) -> None:
    members.insert(random.randrange(len(members) + 1), random.choice(members))


def _metadata(random: Random, members: list[Member]) -> None:
    info, _ = random.choice(members)
    key, value = random.choice(
        [
            ("mode", info.mode ^ 0o111), ("mode", 0o4755), ("mode", 0o777), ("uid", 1000), ("gid", 1000),
            ("mtime", info.mtime + 1), ("uname", "root"), ("gname", "wheel"), ("linkname", "x"),
            ("devmajor", 1), ("size", info.size + 512), ("size", 8**12), ("size", 2**80),
        ]
    )  # fmt: skip
    setattr(info, key, value)


def _content(random: Random, members: list[Member]) -> None:
    number = _file(random, members)
    info, data = members[number]
    changed = random.choice((data + b"x", data[:-1], b"", b"x" + data, random.randbytes(len(data) + 1)))
    info.size = len(changed)
    members[number] = info, changed


def _head(random: Random, members: list[Member]) -> None:
    """One of the first three files is far too large, or nonsense."""
    number = random.choice((1, 2, 3))
    info, _ = members[number]
    content = random.choice(
        (b"[" * 100_000, b"x" * 17_000_000, b"{}\n", b"\0" * 300, b'{"sequence": 1e999}\n')
    )
    info.size = len(content)
    members[number] = info, content


TARBALL: dict[str, Bytes] = {
    "flip a bit": flip,
    "overwrite": _overwrite,
    "zero": _zero,
    "cut out": _cut_out,
    "insert": _insert,
    "truncate": truncate,
    "append": _append,
    "gzip again": _gzip_again,
    "gzip in two members": _gzip_in_two,
    "flip a bit of the tar": _inside(flip),
    "overwrite the tar": _inside(_overwrite),
    "cut out of the tar": _inside(_cut_out),
    "insert into the tar": _inside(_insert),
    "truncate the tar": _inside(truncate),
    "zeros behind the tar": _zeros_behind_tar,
    "a second tar": _second_tar,
    "remove a member": _members(_remove),
    "add a member": _members(_add),
    "rename a member": _members(_rename),
    "another type": _members(_retype),
    "a link": _members(_link),
    "another order": _members(_swap_places),
    "contents swapped": _members(_swap_contents),
    "a member twice": _members(_repeat),
    "metadata": _members(_metadata),
    "content": _members(_content),
    "the head": _members(_head),
}
