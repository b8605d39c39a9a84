"""provenance.json is an in-toto statement of what a bundle was made from, the same for the same inputs."""

from __future__ import annotations

import importlib
import json
import subprocess
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from msgspec.structs import replace

from catalog.bundle.manifest import BundledImage, Codec
from catalog.bundle.provenance import ProvenanceFacts, provenance, sources_digest
from catalog.engine.engine import EngineInfo
from catalog.errors import MissingError
from catalog.workspace.source_state import SourceState

COMMIT = "9d1d4505e8d2a5ba1b6a4cf0a3cd0d2f7c5d9a10"
IMAGE = BundledImage(
    index=0,
    ref="docker.io/acme/notes:1.0.0",
    named="acme/notes:1.0.0",
    config=f"sha256:{'ab' * 32}",
    manifest=f"sha256:{'cd' * 32}",
    platform="linux/amd64",
    bytes=1,
    layer_bytes=1,
    extensions=("notes",),
)
ASKED = {"stage": "dev", "versions": ["v1", "v2"], "names": ["notes"], "platform": None}
FACTS = ProvenanceFacts(
    created="2026-11-21T07:05:39Z",
    tool_version="1.0.0",
    codec=Codec(name="isal", level=1, version="1.9.1"),
    engine=EngineInfo("docker", "20.10.24", "linux/amd64"),
    asked=ASKED,
    catalogs={"garden/default/tools.json": "22" * 32, "garden/default/apps.json": "11" * 32},
    images=(IMAGE,),
    source=SourceState(COMMIT, dirty=False, remote="https://git.acme.test/ext.git", commit_time=1),
    sources={"tool-x": "44" * 32, "notes": "33" * 32},
)


def parsed(facts: ProvenanceFacts) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(provenance(facts))
    return document


def workspace(source: SourceState) -> dict[str, Any]:
    found: dict[str, Any] = parsed(replace(FACTS, source=source))["predicate"]["buildDefinition"][
        "resolvedDependencies"
    ][0]
    return found


def test_the_statement_is_what_in_toto_and_slsa_define() -> None:
    statements = importlib.import_module("in_toto_attestation.v1.statement")
    messages = importlib.import_module("in_toto_attestation.v1.statement_pb2")
    predicates = importlib.import_module("in_toto_attestation.predicates.provenance.v1.provenance_pb2")
    json_format = importlib.import_module("google.protobuf.json_format")
    document = parsed(FACTS)

    statement = json_format.ParseDict(document, messages.Statement())
    json_format.ParseDict(document["predicate"], predicates.Provenance())  # unknown fields are refused

    statements.Statement.copy_from_pb(statement).validate()
    assert document["predicateType"] == "https://slsa.dev/provenance/v1"


def test_the_subjects_are_the_catalogs_and_the_images() -> None:
    assert parsed(FACTS)["subject"] == [
        {"name": "garden/default/apps.json", "digest": {"sha256": "11" * 32}},
        {"name": "garden/default/tools.json", "digest": {"sha256": "22" * 32}},
        {"name": "docker.io/acme/notes:1.0.0", "digest": {"sha256": "ab" * 32}},
    ]


def test_what_was_asked_for_and_what_did_it_are_named() -> None:
    predicate = parsed(FACTS)["predicate"]
    definition = predicate["buildDefinition"]
    assert definition["buildType"] == "urn:catalog:package:v1"
    assert definition["externalParameters"] == ASKED
    internal = definition["internalParameters"]
    assert internal["codec"] == {"name": "isal", "level": 1, "version": "1.9.1"}
    assert predicate["runDetails"]["builder"] == {
        "id": "urn:catalog:extension-catalog",
        "version": {"extension-catalog": "1.0.0", "docker": "20.10.24", "isal": "1.9.1"},
    }
    assert predicate["runDetails"]["metadata"] == {"startedOn": FACTS.created, "finishedOn": FACTS.created}
    assert "not the clock's" in internal["times"]


def test_a_bundle_without_images_names_no_engine() -> None:
    builder = parsed(replace(FACTS, engine=None, images=()))["predicate"]["runDetails"]["builder"]
    assert set(builder["version"]) == {"extension-catalog", "isal"}


def test_the_inputs_are_the_commit_the_extensions_and_the_images() -> None:
    assert parsed(FACTS)["predicate"]["buildDefinition"]["resolvedDependencies"] == [
        {
            "name": "workspace",
            "uri": "git+https://git.acme.test/ext.git",
            "digest": {"gitCommit": COMMIT},
            "annotations": {"dirty": "no"},
        },
        {"name": "extension:notes", "digest": {"sha256": "33" * 32}},
        {"name": "extension:tool-x", "digest": {"sha256": "44" * 32}},
        {"name": "docker.io/acme/notes:1.0.0", "digest": {"sha256": "ab" * 32}},
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (SourceState(reason="there is no git repository"), ("unknown", "there is no git repository")),
        (SourceState(COMMIT, dirty=True, commit_time=1), ("yes", None)),
        (SourceState(COMMIT, None, None, 1, "git refuses"), ("unknown", "git refuses")),
    ],
)
def test_what_is_unknown_of_the_commit_is_said(source: SourceState, expected: tuple[str, str | None]) -> None:
    found = workspace(source)
    assert (found["annotations"]["dirty"], found["annotations"].get("reason")) == expected
    assert "uri" not in found
    assert found.get("digest", {}).get("gitCommit") == source.commit


def test_the_short_form_of_ssh_becomes_an_address() -> None:
    found = workspace(SourceState(COMMIT, dirty=False, remote="git@git.acme.test:team/ext.git"))
    assert found["uri"] == "git+ssh://git@git.acme.test/team/ext.git"


def test_the_same_facts_make_the_same_bytes_in_whatever_order_they_come() -> None:
    turned = replace(
        FACTS,
        catalogs=dict(reversed(list(FACTS.catalogs.items()))),
        sources=dict(reversed(list(FACTS.sources.items()))),
    )
    assert provenance(turned) == provenance(FACTS)


def test_the_sources_digest_is_that_of_sha256sum(tmp_path: Path) -> None:
    names = ["kamiwaza.json", "b/ü.py", "a\nline", "B"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    ordered = sorted(names, key=str.encode)
    listing = subprocess.run(
        ["sha256sum", "--zero", "--", *ordered], cwd=tmp_path, capture_output=True, check=True
    ).stdout
    expected = (
        subprocess.run(["sha256sum"], input=listing, capture_output=True, check=True).stdout[:64].decode()
    )
    assert sources_digest({PurePosixPath(name): tmp_path / name for name in names}) == expected


def test_the_sources_digest_changes_with_a_name_or_a_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    cases = [{"x": "a"}, {"x": "b"}, {"y": "a"}, {"x": "a", "y": "b"}, {}]
    digests = [sources_digest({PurePosixPath(n): tmp_path / f for n, f in case.items()}) for case in cases]
    assert len(set(digests)) == len(cases)


def test_a_source_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="gone cannot be read"):
        sources_digest({PurePosixPath("gone"): tmp_path / "gone"})
