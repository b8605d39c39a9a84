"""`delta.json`: which bundle a delta builds on, and what comes of it."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalog.bundle.manifest import Digest
from catalog.errors import IntegrityError

DELTA_NOTE = "delta.json"
MAX_BYTES = 4096
_Count = Annotated[int, Field(ge=0, le=2**63 - 1)]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class BaseBundle(_Value):
    """The bundle that is needed: the digest of its SHA256SUMS, and when it was made."""

    sums: Digest
    sequence: _Count
    created: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


class WholeBundle(_Value):
    """The tarball that comes of it: its digest and its size in bytes."""

    sha256: Digest
    size: _Count


class DeltaNote(_Value):
    """The whole of delta.json."""

    format: Literal[1] = 1
    base: BaseBundle
    result: WholeBundle

    def to_bytes(self) -> bytes:
        """The file's content."""
        return f"{json.dumps(self.model_dump(mode='json'), indent=2)}\n".encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> DeltaNote:
        """The note that `content` holds.

        Raises:
            IntegrityError: it is not a delta.json of format 1, or not spelled as `to_bytes` spells it.
        """
        try:
            note = cls.model_validate_json(content)
        except (ValidationError, RecursionError):
            raise IntegrityError(f"{DELTA_NOTE} is not that of a delta of format 1.", _HINT) from None
        if note.to_bytes() != content:
            raise IntegrityError(f"{DELTA_NOTE} is not spelled as a delta's is.", _HINT)
        return note


_HINT = "Copy the delta again from where it was made, or use the version of catalog that made it."
