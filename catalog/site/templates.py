"""Where the website's templates lie: those of the product, and a site's own that take their places."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct

from catalog.model.byte_size import readable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from catalog.site.compiled_templates import CompiledTemplates

REPLACEABLE = ("pages", "assets", "shared", "guides")
"""The folders of `site_templates/` that a site's own folder may have, too."""
_TEXTS = frozenset({".html", ".css", ".js", ".md", ".svg"})


class Templates(Struct, frozen=True):
    """The folder `site_templates/`, and a folder of the same form (or None) whose files come first."""

    ours: Path
    own: Path | None = None

    def files(self, folder: str) -> dict[str, Path]:
        """The files of one folder by name, in order; those of the site's own take the places of ours."""
        found: dict[str, Path] = {}
        for root in (self.ours, self.own):
            if root is not None and (root / folder).is_dir():
                found |= {path.name: path for path in (root / folder).iterdir() if path.is_file()}
        return dict(sorted(found.items()))

    def texts(self) -> Iterator[str]:
        """What is in all templates, style sheets and scripts, those that are replaced among them."""
        roots = [self.ours] if self.own is None else [self.ours, self.own]
        for folder in (root / name for root in roots for name in REPLACEABLE):
            for path in sorted(folder.rglob("*")):
                if path.suffix in _TEXTS and path.is_file():
                    yield path.read_text(encoding="utf-8", errors="replace")


def page_templates(
    pages: Path, overrides: Path | None, compiled: CompiledTemplates | None = None
) -> Environment:
    """The templates in `pages`, escaping everything and strict about missing values.

    A file of the same name in the folder `pages` of `overrides` takes a template's place; what is in
    `compiled` is not compiled again.
    """
    folders = [folder for folder in (overrides / "pages" if overrides else None, pages) if folder is not None]
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        auto_reload=False,
        bytecode_cache=compiled,
    )
    if compiled is not None:
        compiled.keep_all(environment)
    environment.filters |= {"day": written_day, "size": readable}
    return environment


def written_day(day: str) -> str:
    """A day as people read it: `2026-03-04` becomes `4 Mar 2026`; what is no day stays."""
    try:
        known = date.fromisoformat(day)
    except ValueError:
        return day
    return f"{known.day} {_MONTHS[known.month - 1]} {known.year}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""Not those of the machine's language: the same input gives the same bytes everywhere."""
