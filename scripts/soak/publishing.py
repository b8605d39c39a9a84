"""`python -m scripts.soak.publishing`: many publishers at one store at once, a fifth of them killed.

Each one publishes an app and a tool of its own, so that both files change. Those to be killed end themselves
with SIGKILL at a random request. Afterwards every survivor must be there, each of the others wholly or not at
all, nothing twice, and both files whole.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import secrets
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.errors import ConflictError
from catalog.model.names import Kind
from catalog.operations.offer import Offer
from catalog.operations.publication import Wishes, carry_out
from catalog.operations.remote_target import Target
from catalog.registry.layout import RepositoryVersion
from catalog.registry.registry import Entry
from catalog.remote.clock import SystemClock
from catalog.remote.open_store import open_store
from catalog.workspace.publish_settings import PublishSettings
from scripts.soak.killing import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from catalog.remote.store import Store, Stored

LAST_REQUEST = 19
"""A whole publication asks the store at least so many times; the last one frees the lock."""
ATTEMPTS = 5
LOCK_SECONDS = 5.0


@dataclass(frozen=True)
class Herd:
    """How many publish, how many of them are killed, where, and how long a lock outlives its holder."""

    publishers: int
    killed: int
    settings: PublishSettings
    seconds: float
    wait: float
    seed: int


class MortalStore:
    """Hands requests on, and kills this process at the request with number `at`."""

    def __init__(self, store: Store, at: int | None) -> None:
        """Never kill if `at` is None."""
        self._store = store
        self._left = at

    @property
    def address(self) -> str:
        """The store's own."""
        return self._store.address

    def read(self, key: str, known: Stored | None = None) -> Stored | None:
        """Read, or die."""
        self._live()
        return self._store.read(key, known)

    def create(self, key: str, content: bytes) -> str:
        """Create, or die before that."""
        self._live()
        return self._store.create(key, content)

    def replace(self, key: str, content: bytes, tag: str) -> str:
        """Replace, or die before that."""
        self._live()
        return self._store.replace(key, content, tag)

    def keys(self, prefix: str) -> Iterator[str]:
        """The store's own."""
        return self._store.keys(prefix)

    def _live(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


class _AllThere:
    """Images are not what is tried here."""

    def missing(self, refs: Sequence[str]) -> Mapping[str, str]:
        """None."""
        del refs
        return {}


def main() -> int:
    """Let a herd publish; 0 if nothing was lost."""
    parser = argparse.ArgumentParser(prog="python -m scripts.soak.publishing", description=__doc__)
    parser.add_argument("--publishers", type=int, default=500, help="how many (%(default)s)")
    parser.add_argument("--store", help="s3:// or file:// (default: a folder of its own)")
    parser.add_argument("--endpoint", default="", help="of an S3-compatible store")
    parser.add_argument("--seconds", type=float, default=LOCK_SECONDS, help="life of a lock (%(default)s)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 31), help="default: another one")
    options = parser.parse_args()
    with _own_folder() as folder:
        settings = _settings(options.store or folder.as_uri(), options.endpoint)
        herd = Herd(
            options.publishers, options.publishers // 5, settings, options.seconds, 3600, options.seed
        )
        problems, seconds, killed = let_publish(herd)
    print(f"| publishing | {herd.publishers} | {killed} | {seconds:.0f} | {herd.seed} |", end=" ")
    print(f"{'; '.join(problems) or 'held'} |")
    return int(bool(problems))


def record(publishers: int, seed: int) -> Record:
    """What came of so many publishers at a folder, a fifth of them killed."""
    with _own_folder() as folder:
        settings = _settings(folder.as_uri(), "")
        herd = Herd(publishers, publishers // 5, settings, LOCK_SECONDS, 3600, seed)
        problems, seconds, killed = let_publish(herd)
    return Record("publishing", publishers, tuple(problems), seconds, killed, seed)


@contextmanager
def _own_folder() -> Iterator[Path]:
    """A store of its own for a while; what publishers remember lies beside it."""
    with tempfile.TemporaryDirectory(prefix="publishing-") as folder:
        os.environ["XDG_STATE_HOME"] = f"{folder}/state"
        Path(folder, "store").mkdir()
        yield Path(folder, "store")


def _settings(store: str, endpoint: str) -> PublishSettings:
    return PublishSettings(store=store, endpoint=endpoint, region="us-east-1")


def let_publish(herd: Herd) -> tuple[list[str], float, int]:
    """What did not hold, how long it took in seconds, and how many really were killed."""
    chance = random.Random(herd.seed)  # noqa: S311  # a seed makes it the same again
    doomed = set(chance.sample(range(herd.publishers), herd.killed))
    deaths = [chance.randint(1, LAST_REQUEST) if n in doomed else None for n in range(herd.publishers)]
    context = multiprocessing.get_context("fork")
    begun = time.monotonic()
    processes = [context.Process(target=_publish, args=(herd, n, death)) for n, death in enumerate(deaths)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    seconds = time.monotonic() - begun
    codes = [process.exitcode for process in processes]
    return list(_problems(herd, codes)), seconds, codes.count(-signal.SIGKILL)


def _publish(herd: Herd, number: int, death: int | None) -> None:
    """One publisher; a lock that was lost to a slow machine is taken again, as people are told to."""
    store = MortalStore(open_store(herd.settings), death)
    target = Target(store, RepositoryVersion.V1, "registry.lock", herd.seconds, SystemClock())
    offers = [Offer(_entry(f"app-{number}", Kind.APP)), Offer(_entry(f"tool-{number}", Kind.TOOL))]
    for attempt in range(ATTEMPTS):
        try:
            outcome = carry_out(target, Wishes(offers, _AllThere(), wait=herd.wait))
        except ConflictError:
            if attempt == ATTEMPTS - 1:
                raise
        else:
            sys.exit(0 if outcome.is_published or not outcome.plan.written else 1)


def _entry(name: str, kind: Kind) -> Entry:
    data = {"name": name, "version": "1.0.0", "template_type": kind.value, "description": "x" * 500}
    return Entry(name, kind, data)


def _problems(herd: Herd, codes: Sequence[int | None]) -> Iterator[str]:
    target = Target(
        open_store(herd.settings), RepositoryVersion.V1, "registry.lock", herd.seconds, SystemClock()
    )
    contents = target.catalog.read().contents()
    apps, tools = ([one["name"] for one in json.loads(content or b"[]")] for content in contents)
    for names, word in ((apps, "app"), (tools, "tool")):
        if len(set(names)) != len(names):
            yield f"{len(names) - len(set(names))} {word}s are there twice"
        lost = [n for n, code in enumerate(codes) if code == 0 and f"{word}-{n}" not in names]
        if lost:
            yield f"{len(lost)} {word}s of survivors are lost"
    halves = {name.partition("-")[2] for name in apps} ^ {name.partition("-")[2] for name in tools}
    if halves:
        yield f"{len(halves)} releases are there by half"
    failed = [code for code in codes if code not in {0, -signal.SIGKILL}]
    if failed:
        yield f"{len(failed)} survivors failed"


if __name__ == "__main__":
    sys.exit(main())
