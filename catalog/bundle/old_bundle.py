"""What a bundle of the older template holds: its catalogs, pictures, and list of image archives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from catalog.bundle.old_archive import OldArchive, look_into
from catalog.bundle.old_catalog import OldEntry, entries_of, read_checked
from catalog.bundle.old_tar import old_members
from catalog.errors import IntegrityError, MissingError
from catalog.model.image_ref import ImageRef
from catalog.registry.layout import APPS_FILE, TOOLS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from catalog.bundle.old_tar import OldMember
    from catalog.bundle.progress import Transferred

_CATALOG = re.compile(rf"(garden/[a-z0-9]+)/({re.escape(APPS_FILE)}|{re.escape(TOOLS_FILE)})")
_PICTURE = re.compile(
    r"garden/[a-z0-9]+/(?:app-garden-images|images)/[A-Za-z0-9][A-Za-z0-9._-]*\.(?:png|jpe?g|webp|gif|svg)"
)
_IMAGES = re.compile(r"(garden/[a-z0-9]+/docker-images)/(?:manifest\.json|[^/]+\.tar)")
_LIST = "manifest.json"
_HEX = re.compile(r"[0-9a-f]{64}")
_MAX_FILE = 16 << 20
_MAX_HELD = 256 << 20
_SNIFFED = 64 << 10
_LABEL = "Reading the old bundle"
_KEY_MARK = b"PRIVATE KEY-----"


class OldImage(Struct, frozen=True):
    """An image archive: the reference it should hold, its place in the tarball, its SHA-256 if stated."""

    ref: str
    file: str
    sha256: str | None


class OldBundle(Struct, frozen=True):
    """All that is taken over.

    `files` are catalogs and pictures by path, `gardens` the catalog folders, `archives` what the image
    archives say by path, `absent` the references whose export failed, `leaked` the members with a private
    key, `left_out` everything else that stays behind; `time` is that of the newest member, in seconds.
    """

    gardens: tuple[str, ...]
    entries: tuple[OldEntry, ...]
    images: tuple[OldImage, ...]
    archives: Mapping[str, OldArchive]
    absent: tuple[str, ...]
    files: Mapping[str, bytes]
    leaked: tuple[str, ...]
    left_out: tuple[str, ...]
    time: int


class _Found(Struct):
    files: dict[str, bytes] = field(default_factory=dict)
    lists: dict[str, bytes] = field(default_factory=dict)
    archives: dict[str, OldArchive] = field(default_factory=dict)
    leaked: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    held: int = 0
    read: int = 0
    time: int = 0


def read_old(path: Path, progress: Transferred) -> OldBundle:
    """Read the tarball at `path` once; of its image archives only the documents are kept.

    Raises:
        MissingError: it cannot be read, or holds no catalog.
        IntegrityError: it is damaged, has a member that is no plain file, or a catalog or list that is none.
    """
    found = _Found()
    with old_members(path) as members:
        for member in members:
            _sort(path, member, found)
            found.read += member.size
            progress(_LABEL, found.read, None)
    gardens = _gardens(path, found)
    images, absent = _images(path, found)
    return OldBundle(
        gardens=gardens,
        entries=tuple(entries_of(path, found.files, gardens[0])),
        images=images,
        archives=found.archives,
        absent=absent,
        files=found.files,
        leaked=tuple(found.leaked),
        left_out=tuple(found.left_out),
        time=found.time,
    )


def _sort(path: Path, member: OldMember, found: _Found) -> None:
    """Put one member where it belongs."""
    found.time = max(found.time, member.time)
    image = _IMAGES.fullmatch(member.path)
    if _CATALOG.fullmatch(member.path) or _PICTURE.fullmatch(member.path):
        found.files[member.path] = _content(path, member, found)
    elif image and member.path.endswith(f"/{_LIST}"):
        found.lists[image[1]] = _content(path, member, found)
    elif image:
        found.archives[member.path] = look_into(member.content, member.size, member.path)
    elif _KEY_MARK in member.content.read(_SNIFFED):
        found.leaked.append(member.path)
    else:
        found.left_out.append(member.path)


def _content(path: Path, member: OldMember, found: _Found) -> bytes:
    found.held += member.size
    if member.size > _MAX_FILE or found.held > _MAX_HELD:
        raise IntegrityError(f"{path} is refused: its {member.path} is too large.")
    return member.content.read()


def _gardens(path: Path, found: _Found) -> tuple[str, ...]:
    """The catalog folders; the one with the images first."""
    gardens = {match[1] for name in found.files if (match := _CATALOG.fullmatch(name))}
    if not gardens:
        raise MissingError(
            f"{path} holds neither {APPS_FILE} nor {TOOLS_FILE} below garden/.",
            "Name a bundle as the older template packs it: kamiwaza-registry-….tar.gz",
        )
    if len(found.lists) > 1:
        raise IntegrityError(f"{path} is refused: it has more than one list of images.")
    with_images = {name.rpartition("/")[0] for name in found.lists}
    return tuple(sorted(gardens, key=lambda garden: (garden not in with_images, garden)))


def _images(path: Path, found: _Found) -> tuple[tuple[OldImage, ...], tuple[str, ...]]:
    """The image archives that are there, and the references that are not."""
    images: list[OldImage] = []
    absent: list[str] = []
    for folder, content in found.lists.items():
        value = read_checked(path, f"{folder}/{_LIST}", content)
        listed = value.get("images") if isinstance(value, dict) else None
        if not isinstance(listed, dict):
            raise IntegrityError(f"{path} is refused: {folder}/{_LIST} is no list of images.")
        for ref, row in sorted(listed.items()):
            image = _image(path, folder, ref, row)
            if image is None:
                absent.append(ref)
            elif image.file not in found.archives:
                raise IntegrityError(f"{path} is refused: the archive of {ref}, {image.file}, is missing.")
            else:
                images.append(image)
    _refuse_unlisted(path, found.archives, images)
    return tuple(images), tuple(absent)


def _image(path: Path, folder: str, ref: str, row: Any) -> OldImage | None:
    """One row of the list; None when its export failed."""
    try:
        ImageRef.parse(ref)
    except ValueError as error:
        raise IntegrityError(f"{path} is refused: {error}, which its list of images names.") from None
    export = row.get("export") if isinstance(row, dict) else None
    if not isinstance(export, dict) or not export.get("success"):
        return None
    name = str(export.get("file") or ref.replace("/", "_").replace(":", "_") + ".tar").rpartition("/")[2]
    digest = export.get("sha256")
    if digest is not None and not (isinstance(digest, str) and _HEX.fullmatch(digest)):
        raise IntegrityError(f"{path} is refused: its list gives no SHA-256 for {ref}.")
    return OldImage(ref, f"{folder}/{name}", digest)


def _refuse_unlisted(path: Path, archives: Iterable[str], images: Iterable[OldImage]) -> None:
    unlisted = set(archives) - {image.file for image in images}
    if unlisted:
        raise IntegrityError(
            f"{path} is refused: {min(unlisted)} is not in its list of images.",
            "Pack it again with the template.",
        )
