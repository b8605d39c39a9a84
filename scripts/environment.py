"""Sees to it that the full test suite finds a container engine, docker-compose and a browser.

What is there is used. What is missing is installed where that is possible (root on Debian or Ubuntu, INSTALL
not 0), after saying so; otherwise one loud line tells which tests will be skipped. Always exits 0 unless an
installation fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Need:
    """A program that tests need: the commands that give it (any of them), and its Debian packages."""

    purpose: str
    commands: tuple[str, ...]
    packages: tuple[str, ...]

    def is_there(self) -> bool:
        """Whether one of the commands is on PATH."""
        return any(shutil.which(command) for command in self.commands)


_BROWSER = ("chromium", "fonts-dejavu-core")
NEEDS = (
    Need("the engine tests", ("dockerd",), ("docker.io", "iptables")),
    Need("building images", ("docker",), ("docker.io",)),
    Need("the sample extensions' tests", ("docker-compose",), ("docker-compose",)),
    Need("the registry tests", ("docker-registry",), ("docker-registry",)),
    Need("the podman tests", ("podman",), ("podman", "uidmap", "crun")),
    Need("reading archives as another tool does", ("skopeo",), ("skopeo",)),
    Need("making base images", ("debootstrap",), ("debootstrap",)),
    Need("the browser tests", ("chromium", "chromium-browser", "google-chrome"), _BROWSER),
    Need("checking shell scripts", ("shellcheck",), ("shellcheck",)),
    Need("reading rpm databases", ("rpmbuild",), ("rpm",)),
    Need("running the setup by another shell", ("busybox",), ("busybox",)),
    Need("the TLS tests", ("openssl",), ("openssl",)),
    Need("the TLS tests", ("curl",), ("curl",)),
    Need("trusting certificates in Chromium", ("certutil",), ("libnss3-tools",)),
    Need("trusting certificates in Node", ("node",), ("nodejs",)),
    Need("packing the shared TypeScript library", ("npm",), ("npm",)),
    Need("the tests of servers in front", ("nginx",), ("nginx-light",)),
    Need("the tests of servers in front", ("caddy",), ("caddy",)),
)


def main() -> int:
    """Install what is missing, or say what will be skipped; the exit code."""
    missing = [need for need in NEEDS if not need.is_there() and not _engine_answers(need)]
    if not missing:
        return 0
    if not _may_install():
        for need in missing:
            print(f"SKIPPED: {need.purpose}: {' or '.join(need.commands)} is missing", file=sys.stderr)
        print("Install it, or run as root on Debian without INSTALL=0.", file=sys.stderr)
        return 0
    packages = sorted({package for need in missing for package in need.packages})
    print(f"Installing for the tests, with apt-get: {' '.join(packages)}", flush=True)
    return _install(packages)


def _engine_answers(need: Need) -> bool:
    """An engine that runs already, here or elsewhere, makes a daemon of our own needless."""
    if "dockerd" not in need.commands or not shutil.which("docker"):
        return False
    return subprocess.run(["docker", "info"], capture_output=True, timeout=30, check=False).returncode == 0


def _may_install() -> bool:
    allowed = os.environ.get("INSTALL", "1") != "0"
    return allowed and os.geteuid() == 0 and Path("/etc/debian_version").exists()


def _install(packages: list[str]) -> int:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", *command], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(done.stdout[-2000:] + done.stderr[-2000:], file=sys.stderr)
            return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
