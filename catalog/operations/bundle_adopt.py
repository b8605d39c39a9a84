"""Makes a bundle of ours out of one that the older template packed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from catalog.bundle.adoption import described, store_old
from catalog.bundle.blob_cache import BlobCache
from catalog.bundle.file_name import bundle_name
from catalog.bundle.keys import load_private_key
from catalog.bundle.manifest import MissingImage
from catalog.bundle.old_bundle import read_old
from catalog.bundle.space import require_space
from catalog.errors import MissingError
from catalog.operations.adopt_contents import Adoption, adopted_files, missing_images, named_images
from catalog.operations.package_output import Output
from catalog.operations.package_plan import bundle_epoch
from catalog.operations.result import PathField, Request, Result
from catalog.workspace.cache import cache_folder

if TYPE_CHECKING:
    from catalog.bundle.adoption import OldImages
    from catalog.operations.progress import Progress

_SMALL_FILES = 64 << 20


class AdoptRequest(Request):
    """The old bundle, where the new one goes, a private key, and whether it may lack images."""

    old: Path
    out: Path
    sign: Path | None = None
    passphrase: SecretStr | None = None
    allow_missing: bool = False
    replace: bool = False


class AdoptResult(Result):
    """The new bundle, and what of the old one is not in it.

    `leaked` are members of the old bundle that hold a private key, `unused` images that no extension names,
    `left_out` all other members that were not taken over.
    """

    path: PathField
    sha256: str
    created: str
    extensions: int
    images: int
    missing: tuple[MissingImage, ...]
    leaked: tuple[str, ...]
    unused: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """3 when images are missing, which was allowed but is still not done."""
        return MissingError.exit_code if self.missing else self.DONE


def bundle_adopt(request: AdoptRequest, progress: Progress) -> AdoptResult:
    """Read the old bundle, and write the new one with its `.sha256` (and `.sig`, when it is signed).

    Raises:
        UsageError: the key is none, or its passphrase is wrong.
        MissingError: a file cannot be read or written, or an image is not in the old bundle.
        IntegrityError: the old bundle is damaged, or holds what no bundle may.
        ConflictError: another bundle has the name already.
    """
    output = _output(request)
    old = read_old(request.old, progress.transferred)
    images = described(request.old, old)
    cache = BlobCache(cache_folder("blobs"))
    _require_room(request, cache, images)
    stored = store_old(request.old, images, cache, progress.transferred)
    named = named_images(old, stored)
    missing = missing_images(old, named)
    if missing and not request.allow_missing:
        raise _missing_error(request.old, missing)
    adoption = Adoption(request.old, old, named, missing, bundle_epoch(old.time, ()), output.signer)
    manifest, files = adopted_files(adoption, cache)
    target = request.out / bundle_name(manifest.sequence)
    written = output.write(target, files, adoption.epoch, progress)
    used = {image.stored.config.digest for image in named}
    return AdoptResult(
        path=written.path,
        sha256=written.sha256,
        created=manifest.created,
        extensions=len(manifest.extensions),
        images=len(manifest.images),
        missing=missing,
        leaked=old.leaked,
        unused=tuple(ref for ref, image in stored.items() if image.config.digest not in used),
        left_out=old.left_out,
    )


def _output(request: AdoptRequest) -> Output:
    passphrase = request.passphrase.get_secret_value().encode() if request.passphrase else None
    key = load_private_key(request.sign, passphrase) if request.sign else None
    return Output(key, None, None, request.replace)


def _require_room(request: AdoptRequest, cache: BlobCache, images: OldImages) -> None:
    size = sum(archive[0].size for archive in images.by_file.values())
    require_space({cache.folder: size, request.out: size + _SMALL_FILES})


def _missing_error(path: Path, missing: tuple[MissingImage, ...]) -> MissingError:
    lines = "".join(f"\n  {image.ref}, needed by {image.extension}" for image in missing)
    return MissingError(
        f"{path} lacks images that its extensions need:{lines}",
        "Pack them anew with: catalog package, or take over the rest with --allow-missing.",
    )
