"""No path, however it is spelled, makes serve-registry.py serve a file outside of the layout.

CATALOG_SOAK_PATHS says how many paths are tried (20,000 in a soak).
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bundle_scripts.conftest import LISTED

if TYPE_CHECKING:
    from tests.bundle_scripts.server_process import Connection, RunningServer

PATHS = int(os.environ.get("CATALOG_SOAK_PATHS", "500"))
DOTS = (
    "..", ".", "...", "%2e", "%2E%2e", "%252e", "%c0%ae", "%e0%80%ae", "%uff0e", "\xef\xbc\x8e", ". .",
    "..%00",
)  # fmt: skip
SLASHES = (
    "/", "//", "/./", "/../", "\\", "%2f", "%5c", "%252f", "%c0%af", "\xef\xbc\x8f", "\xe2\x88\x95",
    "/..;/",
)  # fmt: skip
FOLDERS = (
    "site", "SITE", "garden", "default", "v2", "images", "app-garden-images", "docker-images", "apps",
    "notes", "leaks", ".git", ".certs", "state",
)  # fmt: skip
FILES = (
    "index.html", "apps.json", "tools.json", "notes.png", "notes.svg", "blobs.tar", "serve-registry.py",
    "README.md", "leak.html", "linked.html", "outside.html", "pipe.html", "config", "server.key",
    "ca.key", "apps.json~",
)  # fmt: skip
FOREIGN = (
    "etc/passwd", "/etc/passwd", "proc/self/environ", "C:", "C:\\windows\\win.ini", "\\\\host\\share",
    "con", "nul.html", "file://", "https://localhost/", "~root", "*", "%00", "%0a", "%0d%0a", "%",
    "%zz", "?", "#", ";", ":$DATA", ":", "\xe9", "\xff", "\xc3\xa9", "e%cc%81", "%f0%9f%92%a9",
    "%ed%a0%80", "%e2%80%ae", "a" * 3000, "a/" * 500,
)  # fmt: skip
PIECES = (*DOTS, *SLASHES, *SLASHES, *FOLDERS, *FOLDERS, *FILES, *FOREIGN)


def spelling(dice: random.Random) -> str:
    """A path: a jumble of pieces, or one that is listed with some of its characters changed or escaped."""
    if dice.random() < 0.5:
        return "/" + "".join(dice.choices(PIECES, k=dice.randint(1, 9)))
    letters = list("/" + dice.choice(list(LISTED)).encode().decode("latin-1"))
    for _ in range(dice.randint(0, 2)):
        place = dice.randrange(len(letters))
        escaped = f"%{ord(letters[place]):02x}" if len(letters[place]) == 1 else ""
        letters[place] = dice.choice((escaped, escaped, escaped.upper(), dice.choice(PIECES)))
    return "/" + "".join(letters).removeprefix("/")


def status_of(connection: Connection, target: str) -> int:
    """Ask for `target`; AssertionError if the answer is a file that the layout does not list."""
    answer = connection.send(target)
    assert answer.status in {200, 400, 404, 431}, target
    assert answer.status != 200 or answer.body in {*LISTED.values(), b"200 OK\n"}, target
    return answer.status


def test_random_paths_reach_no_file_outside_the_layout(server: RunningServer, connection: Connection) -> None:
    dice = random.Random(58888)  # noqa: S311  # the same paths in every run
    statuses = [status_of(connection, spelling(dice)) for _ in range(PATHS)]
    assert statuses.count(200) > PATHS / 20  # the paths are no mere noise
    assert statuses.count(404) > PATHS / 4
    assert "Traceback" not in server.errors.read_text()
    assert server.process.poll() is None
    print(f"{PATHS} paths:", {status: statuses.count(status) for status in sorted(set(statuses))})


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(target=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), min_size=1))
def test_any_bytes_as_a_path_reach_no_file_outside_the_layout(
    server: RunningServer, connection: Connection, target: str
) -> None:
    status_of(connection, "/" + target)
    assert "Traceback" not in server.errors.read_text()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(head=st.binary(max_size=200))
def test_any_bytes_as_a_request_are_refused(
    server: RunningServer, connection: Connection, head: bytes
) -> None:
    answer = connection.send_raw(b"\0" + head + b"\r\n\r\n")
    assert answer.status == 400
    assert "Traceback" not in server.errors.read_text()
