"""Takes the reference page of findings apart: the text about each code, as Markdown that stands alone."""

from __future__ import annotations

import re

_SECTION = re.compile(r"^## (KZ\d{3}) [^\n]*\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_LINK_TO_A_PAGE = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")


def explanations(page: str) -> dict[str, str]:
    """The text of each section of `page` by its code; links to other pages become plain words."""
    return {
        match[1]: _LINK_TO_A_PAGE.sub(r"\1", match[2]).strip()
        for match in _SECTION.finditer(page.replace("\r\n", "\n"))
    }
