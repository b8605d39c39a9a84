"""Builds `Extension` values from compose text, so that a test shows a compose file and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from catalog.appgarden.transform import transform
from catalog.model.extension import Extension, KamiwazaSource, SourceDocument
from catalog.model.manifest import read_manifest
from catalog.model.names import Kind
from catalog.model.yaml_text import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.appgarden.transform import Deployment

ORGANIZATION = "kamiwazaai"
FOLDER = PurePosixPath("apps/notes")
DEVELOPMENT = FOLDER / "docker-compose.yml"


def document(path: PurePosixPath, text: str) -> SourceDocument:
    return SourceDocument(path, text, read_yaml(text))


@dataclass(frozen=True)
class Transformer:
    """Transforms compose text as the development file of the app `notes`, version 1.2.0."""

    manifest: dict[str, Any] = field(default_factory=dict)

    def extension(
        self,
        compose: str | None,
        *,
        files: tuple[str, ...] = (),
        dockerfiles: Mapping[str, str] | None = None,
        included: Mapping[str, str] | None = None,
        deployment: str | None = None,
        **manifest: Any,
    ) -> Extension:
        raw = {"name": "notes", "version": "1.2.0", "source_type": "kamiwaza", "risk_tier": 0}
        raw |= self.manifest | manifest
        reading = read_manifest(raw, FOLDER / "kamiwaza.json", "notes")
        source = KamiwazaSource(
            manifest=reading.manifest,
            manifest_document=SourceDocument(FOLDER / "kamiwaza.json", "", raw),
            development=None if compose is None else document(DEVELOPMENT, dedent(compose)),
            deployment=(
                None if deployment is None else document(FOLDER / "docker-compose.appgarden.yml", deployment)
            ),
            included={
                PurePosixPath(name): document(FOLDER / name, dedent(text))
                for name, text in (included or {}).items()
            },
            dockerfiles={PurePosixPath(name): text for name, text in (dockerfiles or {}).items()},
        )
        sizes = {PurePosixPath(name): 1 for name in files}
        return Extension("notes", Kind.APP, FOLDER, sizes, (), source)

    def __call__(self, compose: str, **extension: Any) -> Deployment:
        return transform(self.extension(compose, **extension), ORGANIZATION)

    def service(self, body: str, **extension: Any) -> Outcome:
        """The one service `app` with `body` in it (and an image, unless it has one or is built)."""
        lines = dedent(body).strip("\n")
        if not any(line.startswith(("image:", "build:")) for line in lines.splitlines()):
            lines = f"image: alpine:3\n{lines}"
        compose = "services:\n  app:\n" + "".join(f"    {line}\n" for line in lines.splitlines())
        return Outcome(self(compose, **extension))


@dataclass(frozen=True)
class Outcome:
    """What became of the one service `app`."""

    deployment: Deployment

    @property
    def data(self) -> dict[str, Any]:
        assert self.deployment.data is not None, self.messages
        return self.deployment.data

    @property
    def app(self) -> dict[str, Any]:
        app = self.data["services"]["app"]
        assert isinstance(app, dict)
        return app

    @property
    def codes(self) -> list[str]:
        return codes(self.deployment)

    @property
    def messages(self) -> list[str]:
        return [finding.message for finding in self.deployment.findings]


def codes(deployment: Deployment) -> list[str]:
    return [finding.code.id for finding in deployment.findings]


@pytest.fixture
def transformed() -> Transformer:
    return Transformer()


@pytest.fixture
def service(transformed: Transformer) -> Any:
    """Call with the body of a service: the `Outcome`."""
    return transformed.service


@pytest.fixture(scope="module")
def transformed_once() -> Transformer:
    """As `transformed`, for tests that run many examples."""
    return Transformer()
