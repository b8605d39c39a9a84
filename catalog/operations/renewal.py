"""Decides what becomes of one App Garden file, and how its extension is with it."""

from __future__ import annotations

import difflib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from catalog.appgarden.freshness import Freshness, freshness
from catalog.appgarden.transform import transform
from catalog.model.compose import DEPLOYMENT_NAME
from catalog.model.extension import SourceDocument
from catalog.model.finding import has_errors
from catalog.model.locate import located
from catalog.model.yaml_text import MAX_CHARACTERS
from catalog.operations.prepare import Generation, Prepared, prepare

if TYPE_CHECKING:
    from catalog.appgarden.transform import Deployment
    from catalog.model.extension import Extension, KamiwazaSource
    from catalog.model.finding import Finding
    from catalog.operations.prepare import PrepareOptions

_FILE = PurePosixPath(DEPLOYMENT_NAME)


class Renewal(Struct, frozen=True):
    """What was found, the text to write (empty: nothing is written), and how it differs from what is there.

    `after` is the extension as it is once the text is written, None if only reading it again can tell.
    """

    generation: Generation = field(default_factory=Generation)
    text: str = ""
    diff: str = ""
    after: Prepared | None = None


class RenewalOptions(Struct, frozen=True):
    """Whether nothing is to be written (`is_check`), whether files written by hand are replaced (`force`)."""

    is_check: bool = False
    force: bool = False

    def is_due(self, generation: Generation) -> bool:
        """Whether the file is to be another one, or cannot be told without looking at it."""
        if generation.freshness is Freshness.HANDWRITTEN:
            return self.force
        is_other = generation.freshness in {Freshness.MISSING, Freshness.STALE}
        return is_other and generation.is_possible


def renewal(extension: Extension, options: PrepareOptions, wish: RenewalOptions) -> Renewal:
    """What becomes of the file of an extension that was read."""
    source = extension.kamiwaza
    is_new = _FILE not in extension.files and not has_errors(extension.findings) and not wish.is_check
    if source is None or source.development is None or not is_new:
        now = prepare(extension, options)
        if source is None or source.development is None or not wish.is_due(now.generation):
            return Renewal(now.generation, after=now)
    else:
        now = None
    expected = transform(extension, options.organization)
    state = freshness(extension, expected)
    if expected.data is None:
        now = now or prepare(extension, options, expected)
        return Renewal(Generation(state, findings=_located(expected, extension)), after=now)
    text = expected.text
    diff = _diff(source.deployment.text if source.deployment else "", text, str(extension.directory / _FILE))
    if wish.is_check:
        made = Generation(state, is_possible=True, findings=_located(expected, extension))
        return Renewal(made, diff=diff, after=now)
    changed = _with_file(extension, source, text)
    after = prepare(changed, options, expected) if changed else None
    found = after.generation.findings if after else _located(expected, extension)
    return Renewal(Generation(state, is_possible=True, findings=found), text, diff, after)


def _located(expected: Deployment, extension: Extension) -> tuple[Finding, ...]:
    """What the transform found, with line and column."""
    return located(expected.findings, extension.texts())


def _with_file(extension: Extension, source: KamiwazaSource, text: str) -> Extension | None:
    """The extension as it is read when its App Garden file has this text.

    None where other files may speak of that file, so that more than the file itself would be read otherwise.
    """
    path = extension.directory / _FILE
    sources = (source.manifest_document, source.development, *source.included.values())
    texts = [document.text for document in sources if document]
    is_spoken_of = source.included or any(_FILE.name in text or "nginx" in text for text in texts)
    is_copied = any("nginx" in text for text in source.dockerfiles.values())
    has_findings = any(finding.file == path for finding in extension.findings)
    if is_spoken_of or is_copied or has_findings or len(text) > MAX_CHARACTERS:
        return None
    return replace(
        extension,
        files=dict(sorted({**extension.files, _FILE: len(text.encode())}.items())),
        kamiwaza=replace(source, deployment=SourceDocument(path, text, {})),
    )


def _diff(before: str, after: str, name: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"{name} (now)", f"{name} (new)"
    )
    return "".join(lines)
