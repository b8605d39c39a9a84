"""The page templates: strict about missing values, escaping everything, read from the shell's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

if TYPE_CHECKING:
    from pathlib import Path


def page_templates(pages: Path, overrides: Path | None) -> Environment:
    """The templates in `pages`; a file of the same name in `overrides` takes its place."""
    folders = [folder for folder in (overrides, pages) if folder is not None]
    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        auto_reload=False,
    )
