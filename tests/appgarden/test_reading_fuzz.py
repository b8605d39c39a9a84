"""Reading a manifest, a compose file, an image reference or a version range gives a value or a reason.

CATALOG_SOAK_READS says how many texts are read in all (1,000,000 in a soak), CATALOG_SOAK_SEED from which
random numbers they are made. A failure shows its text.
"""

from __future__ import annotations

import json
import os
import random
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from catalog.appgarden.emit import to_yaml
from catalog.model.constraint import Relation, VersionRange
from catalog.model.image_ref import ImageRef
from catalog.model.json_text import read_json
from catalog.model.manifest import read_manifest
from catalog.model.yaml_text import DocumentError, read_yaml
from tests.support.text_mutations import mutations

if TYPE_CHECKING:
    from collections.abc import Callable

READS = int(os.environ.get("CATALOG_SOAK_READS", "4000"))
SEED = int(os.environ.get("CATALOG_SOAK_SEED", "0"))
COMPOSE_FILES = [
    path.read_text("utf-8") for path in sorted((Path(__file__).parent / "compose").glob("*.yml"))
]
MANIFESTS = [
    json.dumps(fields, indent=2)
    for fields in (
        {"name": "notes", "version": "1.2.0", "source_type": "kamiwaza", "risk_tier": 0},
        {
            "name": "notes",
            "version": "1.0.0-rc.1",
            "source_type": "user_repo",
            "risk_tier": 2,
            "visibility": "team",
            "description": "Keeps notes.",
            "tags": ["a", "b"],
            "preferred_model_type": None,
            "env_defaults": {"PUBLIC_URL": "https://localhost:{app_port}"},
            "env_metadata": {"PUBLIC_URL": {"type": "select", "options": ["a"]}},
            "kamiwaza_version": ">=1.0.0,<2.0.0",
            "image": "kamiwazaai/notes:1",
            "extra_docker_images": ["python:3.11"],
            "preview_image": "images/p.png",
            "x-catalog": {"status": "active", "gallery": ["a.png"], "links": {"Home": "https://a.test"}},
        },
    )
]
REFERENCES = [
    "nginx",
    "postgres:15-alpine",
    "localhost:5000/kamiwazaai/b:old",
    "ghcr.io/o/n:t@sha256:" + "a1" * 32,
    "[::1]:5000/a:1",
    "${REGISTRY:-docker.io}/a/b:${TAG:-1}",
]
RANGES = ["*", ">=1.2.0", ">= 1.0.0 , < 2.0.0", "~=1.4", "!=1.0.*", "==1.2.3-rc.1", ">=0.8.0,<0.8.15,!=0.8.3"]
WORDS = [
    "null", "true", "~", "{}", "[]", "[[[[", "${", "${A:-", "}", "$$", "{app_port}", "&a ", "*a", "<<: *a",
    "!!binary ", "|-\n  ", "? ", "- ", ": ", "\n---\n", "%YAML 1.1\n", "1e999", "0x", "-0", "9" * 30,
    "\\ud800", "extends: ", "include: [a.yml]\n", "build: .\n", "ports: [", "/", "../", "C:\\", "host",
    "@sha256:", ":", "latest", ">=", "==*", '"', "'", "image: ''\n",
]  # fmt: skip


def manifest(text: str, _: Any) -> None:
    raw = read_json(text)
    if isinstance(raw, dict):
        reading = read_manifest(raw, PurePosixPath("apps/notes/kamiwaza.json"), "notes")
        assert all(finding.message for finding in reading.findings)


def compose(text: str, transformed: Any) -> None:
    read_yaml(text)
    made = transformed(text, risk_tier=2)
    assert (made.data is None) is any(finding.is_error for finding in made.findings)
    if made.data is not None:
        assert read_yaml(to_yaml(made.data)) == made.data


def reference(text: str, _: Any) -> None:
    assert str(ImageRef.parse(text)) == text


def constraint(text: str, _: Any) -> None:
    read = VersionRange.parse(text)
    assert read.relation_to(read) is Relation.SAME


@pytest.mark.parametrize(
    ("read", "refusal", "samples", "share"),
    [
        pytest.param(manifest, DocumentError, MANIFESTS, 0.3, id="manifest"),
        pytest.param(compose, DocumentError, COMPOSE_FILES, 0.3, id="compose"),
        pytest.param(reference, ValueError, REFERENCES, 0.2, id="image reference"),
        pytest.param(constraint, ValueError, RANGES, 0.2, id="constraint"),
    ],
)
def test_a_text_is_read_or_refused_and_nothing_else_happens(
    read: Callable[[str, Any], None],
    refusal: type[Exception],
    samples: list[str],
    share: float,
    transformed_once: Any,
) -> None:
    """`read` is given `share` of all texts; `refusal` is how it says that one is none of its own."""
    texts = mutations(samples, WORDS, random.Random(SEED))  # noqa: S311  they need no secrecy
    accepted = 0
    for text in islice(texts, int(READS * share)):
        try:
            read(text, transformed_once)
        except refusal:
            continue
        except Exception as error:
            raise AssertionError(f"from seed {SEED}: {text!r}") from error
        accepted += 1
    assert 0 < accepted < READS * share
