"""Rules about secrets: none stands where everybody who has the catalog can read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.appgarden.place import gathered
from catalog.appgarden.sections import pairs
from catalog.model import codes
from catalog.rules.secret_value import SHAPES, secret_in, secret_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.appgarden.place import Place
    from catalog.model.dockerfile import Instruction
    from catalog.model.finding import Finding
    from catalog.rules.subject import Subject

_ASK = "Give it a placeholder such as change-me, or none, and name it in required_env_vars."
_REVOKE = "Take it out and revoke it: it stays in the history of what was published."
_HAND_OVER = "Hand it over when the container starts, or as a secret of the build."
_VARIABLES = frozenset({"environment", "env_defaults"})


def no_secrets_in_variables(subject: Subject) -> Iterator[Finding]:
    """Variables have no passwords, tokens or keys as their values."""
    for setting in subject.settings():
        what = secret_in(setting.name, setting.value)
        if what is not None:
            yield _finding(setting.name, what, setting.place)


def no_secrets_in_builds(subject: Subject) -> Iterator[Finding]:
    """Neither build arguments nor the `ENV` and `ARG` of a Dockerfile have secrets: images keep them."""
    for build in subject.builds:
        arguments, _ = gathered(pairs(build.section.get("args"), build.place / "args"))
        for position, name, value in arguments:
            what = secret_in(name, value)
            if what is not None:
                yield _finding(name, what, build.place / "args" / position)
        for instruction in build.instructions():
            for name, value in _assigned(instruction):
                what = secret_in(name, value)
                if what is not None:
                    message = f"{instruction.word} {name} is {what}, and every copy of the image has it."
                    yield build.finding(codes.SECRET_IN_SIGHT, instruction.line, message, _HAND_OVER)


def no_secrets_elsewhere(subject: Subject) -> Iterator[Finding]:
    """No other value of the manifest or the deployment looks like a key or a token."""
    if secret_shape(subject.source.manifest_document.text) is not None:
        yield from _shown(subject.fields, subject.manifest_place)
    source, file = subject.source, subject.deployed
    documents = (source.development, source.deployment, *source.included.values())
    if file is not None and any(secret_shape(one.text) for one in documents if one is not None):
        yield from _shown(file.data, file.place)


def _shown(value: Any, place: Place) -> Iterator[Finding]:
    """A finding for each secret by its shape, except in variables, which have a rule of their own."""
    if isinstance(value, str):
        what = secret_shape(value)
        if what is not None:
            yield _finding(str(place), what, place)
        return
    items = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    for key, inner in items:
        if key not in _VARIABLES:
            yield from _shown(inner, place / key)


def _finding(name: str, what: str, place: Place) -> Finding:
    message = f"{name} is {what}, which everybody who has the catalog can read."
    return place.finding(codes.SECRET_IN_SIGHT, message, _REVOKE if what in SHAPES else _ASK)


def _assigned(instruction: Instruction) -> Iterator[tuple[str, str]]:
    """The variables that `ENV` or `ARG` sets, in both of their forms."""
    if instruction.word not in {"ENV", "ARG"}:
        return
    name, space, value = instruction.value.partition(" ")
    if "=" not in name and space:
        yield name, value.strip()
        return
    for part in instruction.value.split():
        name, equals, value = part.partition("=")
        if equals:
            yield name, value.strip("\"'")
