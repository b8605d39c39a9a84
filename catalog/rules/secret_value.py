"""Tells a secret from a placeholder, by the name of a variable and by the shape of its value.

A password that is the same for everybody who installs an extension is a secret in plain sight; `change-me`,
an empty value and a variable without a default are not.
"""

from __future__ import annotations

import re
from typing import Any

from catalog.appgarden.interpolation import UnresolvedVariableError, resolved

_NAME = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|SECRET|TOKEN|APIKEY"
    r"|(?:API|ACCESS|PRIVATE|SECRET|ENCRYPTION|SIGNING|AUTH|MASTER|SESSION|JWT)_KEY)$",
    re.IGNORECASE,
)
_PASSWORD_NAME = re.compile(r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PASS|PWD)$", re.IGNORECASE)
_SHAPES = (
    (re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"), "a private key"),
    (re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}"), "a GitHub token"),
    (re.compile(r"\bgithub_pat_[A-Za-z0-9_]{40,}"), "a GitHub token"),
    (re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}"), "a GitLab token"),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), "an AWS access key"),
    (re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,}"), "a Slack token"),
    (re.compile(r"\bAIza[A-Za-z0-9_-]{35}"), "a Google API key"),
    (re.compile(r"\bhf_[A-Za-z0-9]{30,}"), "a Hugging Face token"),
    (re.compile(r"\bsk-(?:(?:proj|ant|or|svcacct)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{32,})"), "an API key"),
    (re.compile(r"\b[rs]k_live_[A-Za-z0-9]{20,}"), "a Stripe key"),
    (re.compile(r"\bnpm_[A-Za-z0-9]{36}\b"), "an npm token"),
    (re.compile(r"\bpypi-[A-Za-z0-9_-]{50,}"), "a PyPI token"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"), "a signed web token"),
)
SHAPES = frozenset(what for _, what in _SHAPES)
"""What `secret_shape` may say: secrets that were made out to somebody, which no other value looks like."""
_HINTS = (
    *("-----BEGIN ", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "AKIA", "ASIA", "xox"),
    *("AIza", "hf_", "sk-", "k_live_", "npm_", "pypi-", "eyJ"),
)
"""One of these is in every such secret; to look for them is quicker than any pattern."""
_CONNECTION = re.compile(r"\b[a-z][a-z0-9+.-]*://[^/?#\s:@]*:([^/?#\s@]+)@", re.IGNORECASE)
_DSN = re.compile(r"(?:^|[;\s?&])(?:password|pwd)\s*=\s*([^;\s&]+)", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:change|replace|insert|fill|set|put|add|enter)[-_ ]?(?:me|it|this|in|your|here)?"
    r"|(?:change|replace|insert|enter|put|set)[-_ ](?:me|it|this|your|a|the|with)\b.*"
    r"|(?:my|your|the|some)[-_ ].*|.*\b(?:example|placeholder|change[-_ ]?me|redacted|your[-_ ].*)\b.*"
    r"|not[-_ ](?:needed|used|required|set|a[-_ ].*)|(?:sk|key|no)-(?:no|not|fake|dummy|test|key).*"
    r"|none|null|nil|true|false|yes|no|empty|unused|dummy|fake|todo|tbd|fixme|n/?a"
    r"|[x*.#?_-]+|<.*>|\[.*\]|%.*%|\{\{.*\}\}|\{[a-z_]+\}",
    re.IGNORECASE | re.DOTALL,
)
_EXAMPLE = re.compile(r"EXAMPLE|0{12}|1{12}|x{12}", re.IGNORECASE)
_SHORTEST = 15  # characters of the shortest of these secrets
_LONGEST = 4096  # characters of a value that are looked at: a longer one is a document, not a secret


def secret_in(name: str, value: Any) -> str | None:
    """What secret the variable `name` shows with this value, such as `a password`; None for none."""
    text = _literal(value)
    if not text:
        return None
    shape = secret_shape(text)
    if shape is not None:
        return shape
    for pattern in (_CONNECTION, _DSN):
        for match in pattern.finditer(text):
            if not _is_placeholder(match[1]):
                return "an address with a password" if pattern is _CONNECTION else "a password"
    if _NAME.search(name) and not _is_placeholder(text) and not _is_elsewhere(name, text):
        return "a password" if _PASSWORD_NAME.search(name) else "a secret"
    return None


def secret_shape(text: str) -> str | None:
    """What secret is in `text` by its shape alone, whatever it is called; None for none."""
    if not _is_hinted(text):
        return None
    for pattern, what in _SHAPES:
        for match in pattern.finditer(text):
            if not _EXAMPLE.search(match[0]):
                return what
    return None


def _is_hinted(text: str) -> bool:
    return len(text) >= _SHORTEST and any(hint in text for hint in _HINTS)


def _literal(value: Any) -> str:
    """The value as text with the defaults of its variables; empty if only others can say what it is."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value)
    if len(text) > _LONGEST:
        return text if _is_hinted(text) else ""
    try:
        return resolved(text).strip()
    except UnresolvedVariableError:
        return _without_variables(text)


def _without_variables(text: str) -> str:
    """The text if a variable is only a part of it, such as the host of an address."""
    return "" if re.fullmatch(r"\s*\$\{.*\}\s*|\s*\$\w+\s*", text, re.DOTALL) else text


def _is_placeholder(text: str) -> bool:
    return "$" in text or bool(_PLACEHOLDER.fullmatch(text.strip("\"'")))


def _is_elsewhere(name: str, text: str) -> bool:
    """Whether the value only says where the secret is (a file, an address), or how many of something."""
    is_number = text.isdigit() and not _PASSWORD_NAME.search(name)
    return is_number or text.startswith(("/", "./", "http://", "https://"))
