"""The hosts that a value of the environment names, and which of them lie outside of an airgapped site."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_VALUE = 4096
_URL_HOST = re.compile(
    r"[a-z][a-z0-9+.-]{0,20}://(?:[^\s/@?#'\"]*@)?(?P<host>\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9._-]{0,252}))",
    re.IGNORECASE,
)
_BARE_HOST = re.compile(
    r"(?P<host>[a-z0-9_][a-z0-9._-]{0,252}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?", re.IGNORECASE
)
_DEFAULT = re.compile(r"\$\{\w+:?-(?P<default>[^{}]*)\}")
_NAMES_A_HOST = re.compile(
    r"(?:^|_)(?:HOST|HOSTNAME|HOSTS|SERVER|SERVERS|ADDR|ADDRESS|ENDPOINT|URL|URI|DOMAIN|BROKER|BROKERS|PROXY"
    r"|REGISTRY|MIRROR|PEERS|NODES)(?:_|$)",
    re.IGNORECASE,
)
_INSIDE_ENDINGS = (
    *(".test", ".example", ".invalid", ".localhost", ".local", ".internal", ".home.arpa"),
    *(".lan", ".intranet", ".corp", ".home", ".private", ".svc", ".cluster.local"),
)
"""RFC 6761, 6762, 8375 and ICANN's `.internal`; then what sites without internet use and no registry has."""
_TOP_LEVEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")


def hosts_named(variable: str, value: str) -> Iterator[str]:
    """The hosts in the value of a variable, in small letters: those of addresses, and bare ones.

    A value without a scheme counts only if the variable's name says that it holds a host. Variables in the
    value count as their defaults; placeholders of the platform name nothing.
    """
    if len(value) > _LONGEST_VALUE:
        return
    text = _DEFAULT.sub(lambda match: match["default"], value) if "$" in value else value
    if "://" in text:
        for match in _URL_HOST.finditer(text):
            yield match["host"].lower().strip("[]").rstrip(".")
    elif _NAMES_A_HOST.search(variable):
        for part in re.split(r"[\s,;]+", text):
            bare = _BARE_HOST.fullmatch(part)
            if bare is not None:
                yield bare["host"].lower().strip("[]").rstrip(".")


def is_outside(host: str) -> bool:
    """Whether a host lies outside of any site: a public address, or a name that only the internet knows."""
    last = host.rpartition(".")[2]
    if ":" in host or last.isdecimal():
        try:
            return ipaddress.ip_address(host).is_global
        except ValueError:
            return False
    return "." in host and not host.endswith(_INSIDE_ENDINGS) and _TOP_LEVEL.fullmatch(last) is not None
