"""Answers like nerdctl 1.7, with images kept in a file.

The forms are written down from nerdctl's source, not recorded from a run: nerdctl itself was not to be had.
"""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.errors import CatalogError, MissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.support.fake_engine import FakeEngine

VERSION = {
    "Client": {"Version": "v1.7.6", "GitCommit": "845e989", "Os": "linux", "Arch": "amd64"},
    "Server": {"Components": [{"Name": "containerd", "Version": "v1.7.16"}]},
}


def main(state: str, arguments: Sequence[str]) -> int:
    """One call of the program; its exit code."""
    path = Path(state)
    before = path.read_bytes()
    engine = pickle.loads(before)  # noqa: S301  the test wrote it
    words = [word for word in arguments if word != "--"]
    try:
        code = COMMANDS[words[0]](engine, words[1:])
    except CatalogError as error:
        print(f'time="2026-01-02T03:04:05Z" level=fatal msg="{error.message}"', file=sys.stderr)
        code = 1
    engine.calls.clear()
    after = pickle.dumps(engine)
    if after != before:
        path.write_bytes(after)
    return code


def _version(_: FakeEngine, words: Sequence[str]) -> int:
    print(json.dumps(VERSION) if words else "")
    return 0


def _image(engine: FakeEngine, words: Sequence[str]) -> int:
    if words[0] == "rm":
        engine.remove(words[1])
        return 0
    refs = words[1:]
    found = engine.inspect(refs)
    documents = [
        {
            "Id": image.image_id,
            "RepoTags": [image.ref],
            "Os": image.platform.split("/")[0],
            "Architecture": image.platform.split("/")[1],
            "RootFS": {"Type": "layers", "Layers": list(image.diff_ids)},
            "Size": image.size,
            "Created": image.created,
        }
        for image in found.values()
    ]
    if documents:
        print(json.dumps(documents))
    missing = [f"no such object: {ref}" for ref in refs if ref not in found]
    if missing:
        said = f"{len(missing)} errors: [{' '.join(missing)}]"
        print(f'time="2026-01-02T03:04:05Z" level=fatal msg="{said}"', file=sys.stderr)
    return int(bool(missing))


def _save(engine: FakeEngine, words: Sequence[str]) -> int:
    platform = words[1] if words[0] == "--platform" else None
    with engine.save(words[2:] if platform else words, platform) as stream:
        while chunk := stream.read(65536):
            sys.stdout.buffer.write(chunk)
    return 0


def _load(engine: FakeEngine, _: Sequence[str]) -> int:
    for ref in engine.load(iter([sys.stdin.buffer.read()])):
        print(f"unpacking {ref} (sha256:{'0' * 64})...\nLoaded image: {ref}")
    return 0


def _pull(engine: FakeEngine, words: Sequence[str]) -> int:
    platform = words[1] if words[0] == "--platform" else None
    try:
        engine.pull(words[-1], platform)
    except MissingError:
        said = f'failed to resolve reference \\"{words[-1]}\\": {words[-1]}: not found'
        print(f'time="2026-01-02T03:04:05Z" level=fatal msg="{said}"', file=sys.stderr)
        return 1
    return 0


def _tag(engine: FakeEngine, words: Sequence[str]) -> int:
    engine.tag(words[0], words[1])
    return 0


def _push(engine: FakeEngine, words: Sequence[str]) -> int:
    engine.push(words[0])
    return 0


def _say_version(_: FakeEngine, __: Sequence[str]) -> int:
    print("nerdctl version 1.7.6")
    return 0


COMMANDS: dict[str, Callable[[FakeEngine, Sequence[str]], int]] = {
    "--version": _say_version,
    "version": _version,
    "image": _image,
    "save": _save,
    "load": _load,
    "pull": _pull,
    "tag": _tag,
    "push": _push,
}
