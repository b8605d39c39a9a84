"""Makes a key that signs bundles."""

from __future__ import annotations

from pydantic import SecretStr

from catalog.bundle.keys import new_key, public_path
from catalog.operations.result import PathField, Request, Result


class KeygenRequest(Request):
    """Where the private key goes, and its passphrase (None: not encrypted)."""

    path: PathField
    passphrase: SecretStr | None = None


class KeygenResult(Result):
    """The two files, and the key's id: `sha256:<hex>` of the public key in DER."""

    private: PathField
    public: PathField
    key: str
    encrypted: bool


def keygen(request: KeygenRequest) -> KeygenResult:
    """Make the key.

    Raises:
        ConflictError: one of the files is there already.
        MissingError: the disk refuses.
    """
    secret = request.passphrase.get_secret_value().encode() if request.passphrase else None
    key = new_key(request.path, secret)
    return KeygenResult(
        private=request.path, public=public_path(request.path), key=key, encrypted=secret is not None
    )
