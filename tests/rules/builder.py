"""Builds extensions in memory: a sound one, less or more what a test is about."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from catalog.appgarden.emit import to_yaml
from catalog.appgarden.transform import transform
from catalog.model.compose import DEPLOYMENT_NAME, build_sections
from catalog.model.extension import Extension, KamiwazaSource, SourceDocument
from catalog.model.manifest import read_manifest
from catalog.model.names import Kind
from catalog.rules.check import check

if TYPE_CHECKING:
    from catalog.model.finding import Finding, Pointer

ORGANIZATION = "kamiwazaai"
LIMITS = {"resources": {"limits": {"cpus": "1.0", "memory": "1G"}}}
GATEWAY = ["host.docker.internal:host-gateway"]
NAMES = {Kind.APP: "notes", Kind.SERVICE: "service-notes", Kind.TOOL: "tool-notes"}
DOCKERFILE = "FROM python:3.11-slim\nHEALTHCHECK CMD true\nUSER 10001\n"
DEVELOPMENT: dict[str, Any] = {"services": {"web": {"build": ".", "ports": ["8000"]}}}


def extension(  # noqa: PLR0913  # one switch for each way in which an extension can differ
    name: str | None = None,
    kind: Kind = Kind.APP,
    *,
    manifest: dict[str, Any] | None = None,
    development: Any = DEVELOPMENT,
    files: dict[str, int] | None = None,
    texts: dict[str, str | None] | None = None,
) -> Extension:
    """A sound extension whose App Garden file is current; `manifest` has fields that differ.

    A manifest field whose value is Ellipsis is left out; `development=None` leaves out the compose files.
    Whatever it builds from is there, and whatever it sets has a meaning; `texts` has other Dockerfiles, and
    configurations, by path (None: it is not there).
    """
    name = name if name is not None else NAMES[kind]
    directory = PurePosixPath(kind.folder, name)
    fields = {"name": name, "version": "1.0.0", "source_type": "kamiwaza", "risk_tier": 0} | {
        "description": "Keeps notes.",
        **_meanings((manifest or {}).get("env_defaults")),
        **(manifest or {}),
    }
    raw = {key: value for key, value in fields.items() if value is not ...}
    reading = read_manifest(raw, directory / "kamiwaza.json", name)
    source = KamiwazaSource(
        manifest=reading.manifest,
        manifest_document=SourceDocument(directory / "kamiwaza.json", json.dumps(raw), raw),
        development=_document(directory, "docker-compose.yml", development),
        dockerfiles=(dockerfiles := _dockerfiles(development, texts or {})),
        configurations={
            PurePosixPath(path): text
            for path, text in (texts or {}).items()
            if path.endswith(".conf") and text
        },
    )
    present = {"kamiwaza.json": 100, "README.md": 100, **{str(path): 100 for path in dockerfiles}}
    present |= files or {}
    if development is not None:
        present["docker-compose.yml"] = 100
    made = Extension(
        name=name,
        kind=kind,
        directory=directory,
        files={PurePosixPath(path): size for path, size in present.items()},
        findings=reading.findings,
        kamiwaza=source,
        readme=SourceDocument(directory / "README.md", "# Notes\n", None),
    )
    return made if development is None else synced(made)


def synced(made: Extension) -> Extension:
    """The extension with the App Garden file that sync-compose writes; as it is, if that refuses."""
    data = transform(made, ORGANIZATION).data
    return made if data is None else with_deployment(made, data, to_yaml(data))


def with_deployment(made: Extension, data: Any, text: str = "# by hand\n") -> Extension:
    """The extension with this App Garden file; None takes it away."""
    source = source_of(made)
    document = None if data is None else SourceDocument(made.directory / DEPLOYMENT_NAME, text, data)
    files = {path: size for path, size in made.files.items() if str(path) != DEPLOYMENT_NAME}
    if document is not None:
        files[PurePosixPath(DEPLOYMENT_NAME)] = 100
    return replace(made, files=files, kamiwaza=replace(source, deployment=document))


def by_hand(
    service: dict[str, Any] | None = None, *, kind: Kind = Kind.APP, risk_tier: int = 0, **sections: Any
) -> Extension:
    """An extension with a sound App Garden file written by hand, whose one service differs in `service`."""
    web = {"image": f"kamiwazaai/{NAMES[kind]}-web:v1.0.0", "ports": ["8000"], "extra_hosts": GATEWAY}
    fields = {**web, "deploy": LIMITS, "healthcheck": {"test": ["CMD", "true"]}, **(service or {})}
    data = {
        "services": {"web": {key: value for key, value in fields.items() if value is not ...}},
        **sections,
    }
    return with_deployment(extension(kind=kind, manifest={"risk_tier": risk_tier}), data)


def source_of(made: Extension) -> KamiwazaSource:
    """The Kamiwaza part of an extension that has one."""
    assert made.kamiwaza is not None
    return made.kamiwaza


def findings(made: Extension) -> tuple[Finding, ...]:
    """Everything that is found in an extension."""
    return check(made, ORGANIZATION).findings


def found(made: Extension) -> list[str]:
    """The codes of what is found, less the notice that a file is kept by hand."""
    return [finding.code.id for finding in findings(made) if finding.code.id != "KZ303"]


def the(code: str, made: Extension) -> Finding:
    """The one finding of this code."""
    (finding,) = [finding for finding in findings(made) if finding.code.id == code]
    return finding


def places(code: str, made: Extension) -> list[Pointer]:
    """Where the findings of this code stand."""
    return [finding.pointer for finding in findings(made) if finding.code.id == code]


def _document(directory: PurePosixPath, name: str, data: Any) -> SourceDocument | None:
    return None if data is None else SourceDocument(directory / name, json.dumps(data), data)


def _meanings(defaults: Any) -> dict[str, Any]:
    names = defaults if isinstance(defaults, dict) else {}
    return (
        {"optional_env_vars": {name: {"description": "What it is for."} for name in names}} if names else {}
    )


def _dockerfiles(development: Any, texts: dict[str, str | None]) -> dict[PurePosixPath, str]:
    paths = [section.dockerfile for _, section in build_sections(development)]
    found = {path: texts.get(str(path), DOCKERFILE) for path in paths}
    return {path: text for path, text in found.items() if text is not None}
