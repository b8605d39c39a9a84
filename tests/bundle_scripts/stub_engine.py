"""A program that answers as `docker` does, keeps names and IDs in a file, and writes down each call."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """#!{python} -IS
import io, json, sys, tarfile, time
path = {state!r}
state = json.load(open(path))
words = sys.argv[1:]

def leave(code, said=""):
    state["calls"].append(" ".join(words))
    json.dump(state, open(path, "w"))
    print(said, file=sys.stderr if code else sys.stdout)
    sys.exit(code)

if words == ["--version"]:
    leave(0, "Docker version 24.0.7")
if words[0] == "version":
    leave(0, "24.0.7 " + state["platform"])
if words[0] == "info":
    leave(0, state["root"])
if words[:2] == ["image", "inspect"]:
    leave(*((0, state["images"][words[4]]) if words[4] in state["images"] else (1, "No such image")))
if words == ["load"]:
    data = sys.stdin.buffer.read()
    tar = tarfile.open(fileobj=io.BytesIO(data))
    item = json.load(tar.extractfile("manifest.json"))[0]
    ref = item["RepoTags"][0]
    state["streamed"].append([ref, sorted(tar.getnames())])
    if ref in state["slow"]:
        state["calls"].append("load " + ref)
        json.dump(state, open(path, "w"))
        time.sleep(50)
    if ref in state["broken"]:
        leave(1, "write /layer: no space left on device")
    digest = "sha256:" + item["Config"].rpartition("/")[2]
    state["images"][ref] = "sha256:" + "0" * 64 if ref in state["lies"] else digest
    leave(0, "Loaded image: " + ref)
if words[0] == "tag":
    state["images"][words[2]] = state["images"][words[1]]
    leave(0)
if words[0] == "push" and state["refusal"]:
    leave(1, state["refusal"])
if words[0] == "push":
    leave(0, "pushed")
if words[0] == "rmi":
    if words[1] in state["used"]:
        leave(1, "conflict: image is being used")
    del state["images"][words[1]]
    leave(0, "Untagged")
leave(2, "unknown: " + " ".join(words))
"""


@dataclass(frozen=True)
class StubEngine:
    """The program and its state."""

    program: Path

    @property
    def _state(self) -> Path:
        return self.program.with_name("state.json")

    def read(self) -> dict[str, object]:
        """The whole state."""
        state: dict[str, object] = json.loads(self._state.read_text())
        return state

    def change(self, **what: object) -> None:
        """Put other values into the state."""
        self._state.write_text(json.dumps(self.read() | what))

    @property
    def images(self) -> dict[str, str]:
        """Image IDs by reference."""
        images = self.read()["images"]
        assert isinstance(images, dict)
        return images

    def calls(self, word: str) -> list[str]:
        """The calls that begin with `word`."""
        calls = self.read()["calls"]
        assert isinstance(calls, list)
        return [call for call in calls if call.startswith(word)]

    def streamed(self) -> dict[str, list[str]]:
        """What was loaded: the names of the files by reference."""
        streamed = self.read()["streamed"]
        assert isinstance(streamed, list)
        return dict(streamed)


def stub_engine(folder: Path) -> StubEngine:
    """A new engine without images; the program is called `docker` and lies in `folder`."""
    folder.mkdir(parents=True)
    engine = StubEngine(folder / "docker")
    state = folder / "state.json"
    empty = {
        "images": {},
        "calls": [],
        "streamed": [],
        "broken": [],
        "slow": [],
        "lies": [],
        "used": [],
        "refusal": "",
        "platform": "linux/amd64",
        "root": str(folder),
    }
    state.write_text(json.dumps(empty))
    engine.program.write_text(
        PROGRAM.replace("{python}", sys.executable).replace("{state!r}", repr(str(state)))
    )
    engine.program.chmod(0o755)
    return engine
