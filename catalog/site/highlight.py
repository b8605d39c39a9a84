"""Source code -> HTML with Pygments' short class names, coloured by `catalog.css`.

YAML has its own small highlighter: every page shows a compose file, and Pygments needs nine times as long for
one as everything else on the page together.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

if TYPE_CHECKING:
    from pygments.lexer import Lexer

CLASSES = frozenset(name for name in STANDARD_TYPES.values() if name)
"""Every class that highlighted code can have."""
MAX_CHARACTERS = 4_000
"""Longer code in other languages stays plain: lexers are regular expressions, and some are slow."""
LANGUAGES = frozenset(
    (
        *("bash", "sh", "shell", "zsh", "console", "shell-session", "powershell", "docker", "dockerfile"),
        *(
            "python",
            "py",
            "pycon",
            "javascript",
            "js",
            "typescript",
            "ts",
            "go",
            "rust",
            "rs",
            "c",
            "cpp",
            "c++",
        ),
        *("json", "toml", "ini", "properties", "xml", "html", "css", "sql", "diff", "http", "nginx", "jinja"),
    )
)
"""The languages that are coloured: those that people show, whose lexers take a bounded time for any text."""

_YAML_TOKEN = re.compile(
    r"""(?P<c>(?:^|(?<=\s))\#[^\n]*)
      | (?P<nt>(?<![\w.$/-])[\w.$/-]+(?=:(?:\s|$)))
      | (?P<s>"(?:[^"\\\n]|\\.)*"|'[^'\n]*')
      | (?P<nv>\$\{[^}\n]{0,500}\}|\{[a-z_]+\})
      | (?P<kc>(?<=[:-]\ )(?:true|false|null)$)
      | (?P<m>(?<=[:-]\ )-?[0-9]+(?:\.[0-9]+)?$)
      | (?P<p>^[^\S\n]*-(?=\s))
    """,
    re.MULTILINE | re.VERBOSE,
)
_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


def highlight_yaml(text: str) -> str:
    """YAML as HTML: keys, strings, comments, numbers and placeholders are marked, the rest is escaped."""
    return _YAML_TOKEN.sub(_span, html.escape(text, quote=False))


def highlight_code(text: str, language: str) -> str:
    """Code as HTML; plain escaped text when the language is not known."""
    if language.lower() in {"yaml", "yml"}:
        return highlight_yaml(text)
    is_coloured = language.lower() in LANGUAGES and len(text) <= MAX_CHARACTERS
    lexer = _lexer(language.lower()) if is_coloured else None
    return highlight(text, lexer, _FORMATTER) if lexer else html.escape(text, quote=False)


def _span(match: re.Match[str]) -> str:
    return f'<span class="{match.lastgroup}">{match[0]}</span>'


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language) if language else None
    except ClassNotFound:
        return None
