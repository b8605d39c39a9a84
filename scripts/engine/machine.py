"""What this machine needs to reach its package registries, as files for a local image build.

In: pip's own settings and the machine's certificate bundle. Out: `pip.conf` and `ca-certificates.crt`. They
go into a build context outside the checkout, never into the repository.
"""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# Settings that say where packages come from. Folders of this machine do not exist in a container.
PIP_SETTINGS = ("index-url", "extra-index-url", "trusted-host", "proxy", "default-timeout", "retries")


def files() -> dict[str, bytes]:
    """Returns the build context's `machine/` folder: file name to content."""
    certificates = CERTIFICATES.read_bytes() if CERTIFICATES.is_file() else b""
    return {"pip.conf": _pip_conf().encode(), "ca-certificates.crt": certificates}


def _pip_conf() -> str:
    command = ["python3", "-m", "pip", "config", "list"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    lines = ["[global]"]
    for name, value in sorted(_settings(listing).items()):
        reachable = [word for word in value.split() if not word.startswith(("/", "file:"))]
        if reachable:
            lines.append(f"{name} = {' '.join(reachable)}")
    return "\n".join(lines) + "\n"


def _settings(listing: str) -> dict[str, str]:
    # One line each: section.name='value'. Later lines win in pip too, so the environment comes last.
    pairs = (line.partition("=") for line in sorted(listing.splitlines(), key=_is_environment))
    found = {name.rpartition(".")[2]: str(ast.literal_eval(value)) for name, equals, value in pairs if equals}
    return {name: value for name, value in found.items() if name in PIP_SETTINGS}


def _is_environment(line: str) -> bool:
    return line.startswith(":env:")
