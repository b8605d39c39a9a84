"""Writes a bundle whose files are known: its list of digests, signatures, sidecars and parts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle.delta import write_delta
from catalog.bundle.keys import key_id, load_private_key
from catalog.bundle.packed import PackedFile
from catalog.bundle.part_list import read_parts
from catalog.bundle.parts import LIST_SUFFIX
from catalog.bundle.signing import sign
from catalog.bundle.splitting import split
from catalog.bundle.stored_tar import open_stored
from catalog.bundle.sums import MAX_BYTES
from catalog.bundle.tar_writer import bundle_sums, write_bundle
from catalog.bundle.written_before import remember_written, written_before
from catalog.errors import CatalogError, ConflictError
from catalog.registry.layout import SUMS, SUMS_SIGNATURE
from catalog.workspace.writing import write_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from catalog.operations.package_request import PackageRequest
    from catalog.operations.progress import Progress


class Written(Struct, frozen=True):
    """The files that came out: `path` is the bundle, or the list of its parts."""

    path: Path
    sha256: str
    parts: tuple[Path, ...] = ()


class Output(Struct, frozen=True):
    """How a bundle is written: with which key, as a delta of what, in parts of how many bytes."""

    key: EllipticCurvePrivateKey | None
    since: Path | None
    part_size: int | None
    replace: bool

    @classmethod
    def of(cls, request: PackageRequest) -> Output:
        """The way that the request asks for.

        Raises:
            MissingError: the key cannot be read.
            UsageError: it is no ECDSA P-256 key, or its passphrase is wrong.
        """
        passphrase = request.passphrase.get_secret_value().encode() if request.passphrase else None
        key = load_private_key(request.sign, passphrase) if request.sign else None
        return cls(key, request.since, request.split_size, request.replace)

    @property
    def signer(self) -> str | None:
        """The id of the key, None when nothing is signed."""
        return key_id(self.key.public_key()) if self.key else None

    def write(self, target: Path, files: Sequence[PackedFile], epoch: int, progress: Progress) -> Written:
        """Write the bundle of these files (bundle.json among them) and what belongs beside it.

        A bundle that is there already, untouched since it was written, is left as it is.

        Raises:
            ConflictError: another bundle has the name already.
            MissingError: the disk refuses; nothing half-made stays.
        """
        sums = bundle_sums(files)
        head = [PackedFile.of(str(SUMS), sums)]
        if self.key:
            signature = sign(self.key, hashlib.sha256(sums).digest())
            head.append(PackedFile.of(str(SUMS_SIGNATURE), signature))
        known = None if self.replace or self.since else written_before(target, sums)
        if known is None:
            if not self.replace:
                _refuse_another(target, sums)
            _remove_sidecars(target)
        digest = known or self._write(target, [*head, *files], epoch, progress)
        self._write_sidecars(target, digest)
        if not self.since:
            remember_written(target, sums, digest)
        return self._split(target, digest, progress)

    def _write(self, target: Path, files: Sequence[PackedFile], epoch: int, progress: Progress) -> str:
        if self.since:
            return write_delta(target, self.since, files, epoch, progress.transferred)
        return write_bundle(target, files, epoch, progress.transferred)

    def _write_sidecars(self, target: Path, digest: str) -> None:
        write_file(_beside(target, ".sha256"), f"{digest}  {target.name}\n".encode())
        if self.key:
            write_file(_beside(target, ".sig"), sign(self.key, bytes.fromhex(digest)))

    def _split(self, target: Path, digest: str, progress: Progress) -> Written:
        """The bundle in parts, if that was asked for; they take the place of the whole."""
        if self.part_size is None:
            return Written(target, digest)
        if self.replace:
            _remove_parts(target)
        parts = split(target, self.part_size, target.parent, progress.transferred)
        target.unlink()
        return Written(
            _beside(target, LIST_SUFFIX), digest, tuple(target.parent / part.name for part in parts.parts)
        )


def _refuse_another(target: Path, sums: bytes) -> None:
    """Keep a bundle of the same time that has other content; the same content is simply written again."""
    if not target.exists():
        return
    try:
        with open_stored(target) as there:
            is_same = there.content(str(SUMS), MAX_BYTES) == sums
    except CatalogError:
        is_same = False  # damaged, or no bundle: not ours to replace unasked
    if not is_same:
        raise ConflictError(
            f"{target} is there already, with other content.",
            "Replace it with --replace, or choose another folder with --out.",
        )


def _remove_sidecars(target: Path) -> None:
    """Take away what spoke of an older bundle of this name, so that it never speaks of the new one."""
    for suffix in (".sha256", ".sig"):
        _beside(target, suffix).unlink(missing_ok=True)


def _remove_parts(target: Path) -> None:
    """Take away the parts of an older bundle of this name, which its list names."""
    listed = _beside(target, LIST_SUFFIX)
    older = read_parts(listed)
    for part in older.parts if older else ():
        _beside(target.with_name(part.name), ".sha256").unlink(missing_ok=True)
        target.with_name(part.name).unlink(missing_ok=True)
    listed.unlink(missing_ok=True)


def _beside(target: Path, suffix: str) -> Path:
    return target.with_name(target.name + suffix)
