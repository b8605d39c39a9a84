"""provenance.json: what a bundle was made from and by what, as an in-toto statement with SLSA provenance."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.bundle.assemble import PROGRAM
from catalog.bundle.output import read_errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path, PurePosixPath

    from catalog.bundle.manifest import BundledImage, Codec
    from catalog.engine.engine import EngineInfo
    from catalog.workspace.source_state import SourceState

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:catalog:package:v1"
BUILDER = f"urn:catalog:{PROGRAM}"
_TIMES = (
    "startedOn and finishedOn are the created time of the bundle, not the clock's, so that the same inputs "
    "make the same bytes"
)


class ProvenanceFacts(Struct, frozen=True):
    """What the statement says.

    `created` is the bundle's time as bundle.json has it, `asked` what was asked for, as JSON has it,
    `engine` None when no image went in. `catalogs` are the SHA-256 of the catalogs by their paths in the
    bundle, `sources` the digests of the extensions' files by name, as `sources_digest` makes them, both as
    64 hexadecimal digits.
    """

    created: str
    tool_version: str
    codec: Codec
    engine: EngineInfo | None
    asked: Mapping[str, Any]
    catalogs: Mapping[str, str]
    images: Sequence[BundledImage]
    source: SourceState
    sources: Mapping[str, str]


def provenance(facts: ProvenanceFacts) -> bytes:
    """The file's content: JSON in UTF-8 with two spaces of indentation."""
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": _subjects(facts),
        "predicateType": PREDICATE_TYPE,
        "predicate": {"buildDefinition": _definition(facts), "runDetails": _run_details(facts)},
    }
    return f"{json.dumps(statement, indent=2, ensure_ascii=False)}\n".encode("utf-8", "replace")


def sources_digest(files: Mapping[PurePosixPath, Path]) -> str:
    """SHA-256, as 64 hexadecimal digits, over the names and the contents of `files`.

    It is that of what `sha256sum --zero` prints for them in the order of their names' bytes, so that others
    can work it out too.

    Raises:
        MissingError: a file cannot be read.
    """
    whole = hashlib.sha256()
    named = {str(name).encode("utf-8", "surrogateescape"): path for name, path in files.items()}
    for name, path in sorted(named.items()):
        with read_errors(path), path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{digest}  ".encode() + name + b"\0")
    return whole.hexdigest()


def _subjects(facts: ProvenanceFacts) -> list[dict[str, Any]]:
    catalogs = [_resource(path, facts.catalogs[path]) for path in sorted(facts.catalogs)]
    return catalogs + _images(facts)


def _images(facts: ProvenanceFacts) -> list[dict[str, Any]]:
    """Each image by the digest of its config: it goes in as it was found, so it is input and output."""
    return [_resource(image.ref, image.config.removeprefix("sha256:")) for image in facts.images]


def _definition(facts: ProvenanceFacts) -> dict[str, Any]:
    return {
        "buildType": BUILD_TYPE,
        "externalParameters": dict(facts.asked),
        "internalParameters": {"codec": facts.codec.model_dump(), "times": _TIMES},
        "resolvedDependencies": [
            _workspace(facts.source),
            *(_resource(f"extension:{name}", facts.sources[name]) for name in sorted(facts.sources)),
            *_images(facts),
        ],
    }


def _run_details(facts: ProvenanceFacts) -> dict[str, Any]:
    version = {PROGRAM: facts.tool_version, facts.codec.name: facts.codec.version}
    if facts.engine:
        version[facts.engine.name] = facts.engine.version
    return {
        "builder": {"id": BUILDER, "version": version},
        "metadata": {"startedOn": facts.created, "finishedOn": facts.created},
    }


def _resource(name: str, sha256: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": sha256}}


def _workspace(source: SourceState) -> dict[str, Any]:
    """The workspace's commit; what is unknown of it is said, not left out."""
    dirty = {True: "yes", False: "no", None: "unknown"}[source.dirty]
    remarks = {"dirty": dirty} | ({"reason": source.reason} if source.reason else {})
    uri = {"uri": _git_uri(source.remote)} if source.remote else {}
    digest = {"digest": {"gitCommit": source.commit}} if source.commit else {}
    return {"name": "workspace", **uri, **digest, "annotations": remarks}


def _git_uri(remote: str) -> str:
    """The address as SPDX writes those of git; `user@host:path` is ssh's short form."""
    if "://" in remote:
        return f"git+{remote}"
    host, _, path = remote.partition(":")
    return f"git+ssh://{host}/{path.lstrip('/')}"
