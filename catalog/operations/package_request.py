"""What can be asked of the packer, and what it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from catalog.bundle.manifest import MissingImage, Sizes
from catalog.errors import MissingError
from catalog.operations.result import FindingField, PathField, Request, Result
from catalog.registry.layout import RepositoryVersion
from catalog.registry.stage import Stage


class PackageRequest(Request):
    """What to pack and where.

    `names` are the extensions (all, when empty); `engine` and `platform` are found out when None; `syft` says
    whether syft lists packages (None: when it is installed), `pull` whether missing images may be fetched;
    `sign` is a file with a private key; `since` an older bundle, which makes the output a delta; `split_size`
    is in bytes.
    """

    out: PathField = Path("dist")
    stage: Stage | None = None
    versions: tuple[RepositoryVersion, ...] = Field((RepositoryVersion.V1,), min_length=1)
    names: tuple[str, ...] = ()
    engine: str | None = None
    platform: str | None = None
    images: bool = True
    sbom: bool = True
    syft: bool | None = None
    pull: bool = True
    allow_missing: bool = False
    verify_cache: bool = False
    replace: bool = False
    dry_run: bool = False
    sign: PathField | None = None
    passphrase: SecretStr | None = None
    since: PathField | None = None
    split_size: int | None = None


class Action(Request):
    """One deed of a packing: `pull`, `pack`, `reuse` or `leave-out` an image, or `write` a file."""

    verb: Literal["pull", "pack", "reuse", "leave-out", "write"]
    what: str


class ExtensionSize(Request):
    """What an extension's images weigh: `bytes` of all their blobs, `own_bytes` of those only it needs."""

    name: str
    images: int
    bytes: int
    own_bytes: int


class SharedLayer(Request):
    """A layer that several extensions need."""

    digest: str
    bytes: int
    extensions: tuple[str, ...]


class PackageResult(Result):
    """What was packed; `path` is None when nothing was (errors, or a dry run)."""

    path: PathField | None = None
    sha256: str = ""
    parts: tuple[PathField, ...] = ()
    created: str = ""
    platform: str = ""
    signer: str | None = None
    sizes: Sizes = Sizes()
    extensions: tuple[ExtensionSize, ...] = ()
    shared: tuple[SharedLayer, ...] = ()
    missing: tuple[MissingImage, ...] = ()
    actions: tuple[Action, ...] = ()
    left_out: tuple[str, ...] = ()
    findings: tuple[FindingField, ...] = ()
    dry_run: bool = False

    @property
    def exit_code(self) -> int:
        """1 when errors stopped the packing, 3 when images are missing from the bundle."""
        if self.path is None and not self.dry_run:
            return self.FOUND
        return MissingError.exit_code if self.missing else self.DONE
