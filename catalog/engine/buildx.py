"""Builds one image for several platforms through Docker's buildx.

An image is pushed by its digest first, so that no name means anything new until somebody has looked at it; a
tag comes with a second command. Nothing but the images goes along (no attestations), so that a build whose
steps are all cached has the digest that it had before.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from catalog.engine.building import Listener
from catalog.engine.cli_build import build_options
from catalog.engine.complaints import ENGINE_COMPLAINTS, explain, last_lines, recognised
from catalog.engine.dialect import DOCKER, dialect_of
from catalog.engine.find import chosen
from catalog.engine.lines import follow
from catalog.engine.program import Command, run
from catalog.errors import FindingsError, MissingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from catalog.engine.building import BuildRecipe

_ANSWER_SECONDS = 20.0
_IDLE_SECONDS = 3600.0
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DIGEST_KEY = "containerimage.digest"


class ManyPlatformBuilder(Protocol):
    """Builds images for several platforms at once, straight into a registry."""

    def push(self, recipe: BuildRecipe, name: str, platforms: Sequence[str], listener: Listener) -> str:
        """Build for all platforms and push to the repository `name`, without a tag; the list's digest.

        Raises:
            FindingsError: the recipe does not build.
            MissingError: the engine or the registry is not to be had, or refuses.
            StoppedError: the listener asked to stop.
        """

    def tag(self, name: str, digest: str, ref: str) -> None:
        """Have `ref` mean what the repository `name` has under `digest`.

        Raises:
            MissingError: the registry refuses.
        """


def find_buildx(name: str | None, environment: Mapping[str, str] | None = None) -> Buildx | None:
    """Docker's buildx, None if it is not installed.

    Args:
        name: the engine that somebody asked for, None to heed CATALOG_ENGINE; with podman or nerdctl there is
            no buildx.
        environment: where PATH and DOCKER_HOST are looked up; the process's own by default.
    """
    environment = os.environ if environment is None else environment
    program = shutil.which(chosen(name, environment) or DOCKER.name, path=environment.get("PATH", os.defpath))
    if program is None:
        return None
    said = run(Command((program, "--version"), environment), _ANSWER_SECONDS)
    if dialect_of(said.stdout.decode("utf-8", "replace")) is not DOCKER:
        return None
    command = Command((program, "buildx"), environment)
    answer = run(replace(command, arguments=(*command.arguments, "version")), _ANSWER_SECONDS)
    return Buildx(command) if answer.exit_code == 0 else None


class Buildx(Struct, frozen=True):
    """Docker's buildx, as `ManyPlatformBuilder` has it; `command` is how it is called."""

    command: Command

    def push(self, recipe: BuildRecipe, name: str, platforms: Sequence[str], listener: Listener) -> str:
        """Build for all platforms and push to the repository `name`, without a tag; the list's digest."""
        with tempfile.TemporaryDirectory(prefix="catalog-buildx-") as folder:
            note = Path(folder) / "note.json"
            options = (
                "build",
                "--progress=plain",
                f"--platform={','.join(platforms)}",
                f"--output=type=image,name={name},push-by-digest=true,name-canonical=true,push=true",
                "--provenance=false",
                "--sbom=false",
                f"--metadata-file={note}",
                *build_options(replace(recipe, tags=())),
            )
            heard = follow(self._called(*options, "--", str(recipe.context)), listener, _IDLE_SECONDS)
            if heard.exit_code:
                raise _failure(heard.said, name, recipe)
            return _noted_digest(note, name)

    def tag(self, name: str, digest: str, ref: str) -> None:
        """Have `ref` mean what the repository `name` has under `digest`."""
        command = self._called("imagetools", "create", "--tag", ref, f"{name}@{digest}")
        heard = follow(command, Listener(lambda _: None), _IDLE_SECONDS)
        if heard.exit_code:
            raise explain(heard.said, DOCKER.name, ref, DOCKER.start)

    def _called(self, *arguments: str) -> Command:
        return replace(self.command, arguments=(*self.command.arguments, *arguments))


def _noted_digest(note: Path, name: str) -> str:
    try:
        digest = json.loads(note.read_text(encoding="utf-8"))[_DIGEST_KEY]
    except (OSError, ValueError, KeyError, TypeError):
        digest = ""
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise MissingError(
            f"docker buildx does not say which digest {name} has.", "A newer buildx does (from 0.9 on)."
        )
    return digest


def _failure(said: str, name: str, recipe: BuildRecipe) -> FindingsError | MissingError:
    if "docker-container" in said or "multiple platforms" in said.lower():
        return MissingError(
            f"The builder of docker buildx does not build for several platforms: {last_lines(said)}",
            "Make one that does: docker buildx create --use --driver docker-container",
        )
    if recognised(said) is not None and ("push" in said or recognised(said) in ENGINE_COMPLAINTS):
        return explain(said, DOCKER.name, name, DOCKER.start)
    return FindingsError(
        f"{name} does not build. docker buildx said: {last_lines(said) or 'nothing'}",
        f"The step that failed stands above; its recipe is {recipe.dockerfile}",
    )
