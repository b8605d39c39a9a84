"""Builds the sample's website in memory or into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from catalog.model.file_tree import CopyOf
from catalog.site.facts import NO_FACTS, SiteOptions
from catalog.site.pages import site_files
from tests.site.sample import REGISTRY, sample_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.registry.registry import Registry
    from catalog.site.facts import SiteFacts
    from catalog.site.picture import Picture
    from catalog.site.shell import Shell

OPTIONS = SiteOptions("Acme extensions")


def build(
    shell: Shell,
    registry: Registry = REGISTRY,
    facts: Mapping[str, SiteFacts] | None = None,
    options: SiteOptions = OPTIONS,
    pictures: Mapping[str, Picture] | None = None,
) -> dict[str, bytes]:
    """Every file of a website, by its path."""
    known = with_previews(sample_facts() if facts is None else facts, pictures or {})
    files: dict[str, bytes] = {}
    for file in site_files(registry, known, options, shell):
        assert str(file.path) not in files, f"{file.path} is written twice"
        content = file.content
        files[str(file.path)] = Path(content.path).read_bytes() if isinstance(content, CopyOf) else content
    return files


def with_previews(facts: Mapping[str, SiteFacts], pictures: Mapping[str, Picture]) -> dict[str, SiteFacts]:
    """The facts with these pictures on the cards, by the names of the entries."""
    shown = {
        name: replace(known, pictures=replace(known.pictures, preview=pictures[name]))
        for name in pictures
        for known in [facts.get(name, NO_FACTS)]
    }
    return {**facts, **shown}


def pages_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """The HTML pages among the files of a website."""
    return {path: content.decode() for path, content in files.items() if path.endswith(".html")}


def write(files: Mapping[str, bytes], root: Path) -> Path:
    """Write a website below `root`."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return root
