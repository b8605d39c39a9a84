"""Builds images through an engine's command line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from catalog.engine.building import Listener
from catalog.engine.complaints import ENGINE_COMPLAINTS, explain, last_lines, recognised
from catalog.engine.lines import follow
from catalog.errors import FindingsError, MissingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.engine.building import BuildRecipe
    from catalog.engine.dialect import Dialect
    from catalog.engine.program import Command

# What the classic builder says before everything else: the way to other builders, which is no news here.
_NOISE = re.compile(
    r"^\s*$|legacy builder is deprecated|Install the buildx component|docs\.docker\.com/go/buildx|"
    r"^Emulate Docker CLI using podman"
)
_BASE = re.compile(
    r"pull access denied for (?P<a>[^\s,]+)|manifest for (?P<b>\S+) not found|"
    r"failed to resolve source metadata for (?P<c>[^\s:]+(?::[^\s:]+)?)|"
    r"Get \"https?://(?P<d>[^/\"]+)/v2/|initializing source docker://(?P<e>[^\s:]+(?::[^\s:]+)?)|"
    r"failed to do request: Head \"https?://(?P<f>[^/\"]+)/v2/|"
    r"short-name \"(?P<g>[^\"]+)\" did not resolve to an alias"
)


def build(command: Command, dialect: Dialect, recipe: BuildRecipe, listener: Listener, idle: float) -> None:
    """Build an image, as `catalog.engine.building.ImageBuilder` has it.

    Args:
        command: the engine's program with its environment; the arguments are added.
        dialect: which engine it is.
        recipe: what to build.
        listener: who hears it.
        idle: for how many seconds it may be silent.
    """
    arguments = (*command.arguments, "build", *build_options(recipe), "--", str(recipe.context))
    # Both builders of Docker read it; the classic one takes no --progress.
    environment = {**command.environment, "BUILDKIT_PROGRESS": "plain"}

    def line(text: str) -> None:
        if not _NOISE.search(text):
            listener.line(text)

    heard = follow(
        replace(command, arguments=arguments, environment=environment),
        Listener(line, listener.is_stopped),
        idle,
    )
    if heard.exit_code:
        said = "\n".join(text for text in heard.said.splitlines() if not _NOISE.search(text))
        raise _failure(said, recipe, dialect)


def build_options(recipe: BuildRecipe) -> Iterator[str]:
    """The recipe as the options that docker, podman and nerdctl have in common."""
    yield from ("--file", str(recipe.dockerfile))
    for tag in recipe.tags:
        yield from ("--tag", tag)
    for name, value in recipe.args.items():
        yield from ("--build-arg", name if value is None else f"{name}={value}")
    # Not in a copy of the Dockerfile, although the classic builder makes a step of each: a Dockerfile outside
    # of the context changes the ignore file in it, and nothing that copies that is cached any more.
    for name, label in sorted(recipe.labels.items()):
        yield from ("--label", f"{name}={label}")
    for name, context in recipe.contexts.items():
        yield from ("--build-context", f"{name}={context}")
    for option, values in (
        ("--secret", recipe.secrets),
        ("--add-host", recipe.hosts),
        ("--cache-from", recipe.cache_from),
        ("--target", (recipe.target,)),
        ("--network", (recipe.network,)),
    ):
        for value in filter(None, values):
            yield from (option, value)
    if recipe.no_cache:
        yield "--no-cache"


def _failure(said: str, recipe: BuildRecipe, dialect: Dialect) -> FindingsError | MissingError:
    subject = recipe.tags[0] if recipe.tags else str(recipe.context)
    if recognised(said) in ENGINE_COMPLAINTS:
        return explain(said, dialect.name, subject, dialect.start)
    base = _BASE.search(said)
    if base:
        name = next(group for group in base.groups() if group)
        return MissingError(
            f"The base image of {subject} is not to be had ({name}). It said: {last_lines(said)}",
            f"Load it from an archive or fetch it where there is a network: {dialect.name} load, "
            f"{dialect.name} pull",
        )
    return FindingsError(
        f"{subject} does not build. {dialect.name} said: {last_lines(said) or 'nothing'}",
        f"The step that failed stands above; its recipe is {recipe.dockerfile}",
    )
