"""Finds what ships with the package: `site_templates/`, `bundle/`, and the page of findings in its folder."""

from __future__ import annotations

from pathlib import Path

import catalog
from catalog.errors import MissingError


def shipped(name: str) -> Path:
    """The folder `name`, from the installed package or, in a checkout, from its top level.

    Raises:
        MissingError: it is in neither place, so the installation is damaged.
    """
    package = Path(catalog.__file__).parent
    installed = package / "_data" / name
    checkout = package.parent / name
    if installed.is_dir():
        return installed
    if checkout.is_dir() and (package.parent / "pyproject.toml").is_file():
        return checkout
    raise MissingError(
        f"The folder {name} of this installation is missing: neither {installed} nor {checkout} is there.",
        "Install the package again: pip install --force-reinstall extension-catalog",
    )
