"""Publishing 500 extensions into a catalog of 5,000, against moving the same JSON once there and back.

The yardstick downloads both files, parses them, serialises the merged catalog and uploads it: what nobody can
leave out. Both speak to the same store. Memory is the most that a process of its own holds.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.model.names import Kind
from catalog.operations.offer import Offer
from catalog.operations.publication import Wishes, carry_out
from catalog.operations.remote_target import Target
from catalog.registry.layout import RepositoryVersion
from catalog.registry.registry import Entry, entries_json
from catalog.remote.clock import SystemClock
from catalog.remote.directory_store import DirectoryStore
from catalog.remote.open_store import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from catalog.remote.store import Store

REMOTE, LOCAL, RUNS = 5000, 500, 5
GARDEN = RepositoryVersion.V2.garden
COMPOSE = "services:\n  web:\n    image: kamiwazaai/x-web:1.0.0\n    ports:\n    - '8000'\n" * 6


class _AllThere:
    """Asking for images is not what is measured."""

    def missing(self, refs: Sequence[str]) -> Mapping[str, str]:
        """None."""
        del refs
        return {}


def entry(number: int, version: str) -> Entry:
    """One entry of about a kilobyte; every tenth is a tool."""
    kind = Kind.TOOL if number % 10 == 0 else Kind.APP
    name = f"{'tool-' if kind is Kind.TOOL else ''}extension-{number}"
    data = {
        "name": name,
        "version": version,
        "template_type": kind.value,
        "kamiwaza_version": ">=1.0.0",
        "description": "What this extension does for those who use it. " * 4,
        "tags": ["one", "two"],
        "docker_images": [f"kamiwazaai/{name}-web:{version}"],
        "compose_yml": COMPOSE,
    }
    return Entry(name, kind, data)


def fill(store: Store) -> None:
    """The catalog as it is before."""
    entries = [entry(number, "1.0.0") for number in range(REMOTE)]
    store.create(str(GARDEN.apps), entries_json(one for one in entries if one.kind is not Kind.TOOL))
    store.create(str(GARDEN.tools), entries_json(one for one in entries if one.kind is Kind.TOOL))


def publish(store: Store) -> None:
    """500 extensions: most unchanged, some newer, some new."""
    numbers = (*range(400), *range(REMOTE, REMOTE + LOCAL - 400))
    offers = [Offer(entry(number, "1.1.0" if number % 2 else "1.0.0")) for number in numbers]
    target = Target(store, RepositoryVersion.V2, "registry.lock", 60, SystemClock())
    assert carry_out(target, Wishes(offers, _AllThere())).is_published  # noqa: S101  # a figure of nothing


def move(store: Store) -> None:
    """Download, parse, serialise, upload."""
    for key in (str(GARDEN.apps), str(GARDEN.tools)):
        found = store.read(key)
        assert found is not None  # noqa: S101
        content = json.dumps(json.loads(found.content), indent=2, ensure_ascii=False).encode()
        store.replace(key, content, found.tag)


def measured(what: str) -> tuple[float, float, float]:
    """Seconds and peak megabytes of one run in a process of its own, and the megabytes of its imports."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ["XDG_STATE_HOME"] = f"{folder}/state"
        root = Path(folder, "store")
        root.mkdir()
        fill(DirectoryStore(root, MAX_BYTES))
        done = subprocess.run(
            [sys.executable, "-m", "scripts.bench.publish", what, str(root)],
            capture_output=True,
            text=True,
            check=True,
        )
    seconds, before, peak = map(float, done.stdout.split())
    return seconds, before, peak


def run_one(what: str, root: str) -> None:
    """Do it once, and print seconds, megabytes before and at most."""
    import boto3  # noqa: F401, PLC0415  # what a store over the network takes is in the memory

    store = DirectoryStore(Path(root), MAX_BYTES)
    before = _peak()
    begun = time.perf_counter()
    {"publish": publish, "move": move}[what](store)
    print(time.perf_counter() - begun, before, _peak())


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the table."""
    print("| what | ours | yardstick | ratio | goal |\n| --- | --- | --- | --- | --- |")
    runs = [(measured("publish"), measured("move")) for _ in range(RUNS)]
    ours, yardstick = (min(one[side][0] for one in runs) for side in (0, 1))
    memory, imports = max(one[0][2] for one in runs), runs[0][0][1]
    ratio = f"{ours:.2f} s | {yardstick:.2f} s | {ours / yardstick:.2f}x"
    print(f"| publish {LOCAL} into {REMOTE} | {ratio} | <= 2x |")
    print(f"| its memory | {memory:.0f} MB | {imports:.0f} MB of it imports | | <= 150 MB |")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run_one(sys.argv[1], sys.argv[2])
    else:
        main()
