"""The tutorial of the complete workflow runs from top to bottom, with a real engine, registry and git."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import urllib.request
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import catalog
from tests.support import kamiwaza_stand_in
from tests.support.stub_program import shell_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.engine import daemon

pytestmark = pytest.mark.engine

PAGE = Path(catalog.__file__).parent.parent / "docs/tutorials/complete-workflow.md"
APP = "my-awesome-app"
SERVER = "make serve-registry\n"
SECONDS = 600
# What somebody does in an editor. A private engine has no network of its own, so builds use the machine's.
EDITOR = """
import json, pathlib, sys
path = pathlib.Path(sys.argv[1])
text = path.read_text()
if path.name == "kamiwaza.json":
    data = json.loads(text)
    data["description"] = "Does something awesome."
    text = json.dumps(data, indent=2) + "\\n"
else:
    text = text.replace("8080:8080", sys.argv[2] + ":8080")
    text = text.replace("build: ./backend", "build: {context: ./backend, network: host}")
path.write_text(text)
"""


def blocks() -> list[str]:
    """The commands of the page, in its order."""
    return re.findall(r"^```bash\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Terminal:
    """One terminal in which blocks are typed; folder and variables stay from one to the next."""

    folder: Path
    environment: dict[str, str]

    def type(self, block: str) -> str:
        """What the commands of the block print; every one of them must succeed."""
        state = self.folder / "state"
        before = f". {state}\n" if state.exists() else ""
        script = f"set -euo pipefail\n{before}{block}\n{{ export -p; echo cd \"'$PWD'\"; }} > {state}\n"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout[-6000:]}"
        return done.stdout

    @contextmanager
    def left_running(self, block: str) -> Iterator[subprocess.Popen[str]]:
        """The block in a second terminal, until the end of the `with`."""
        script = f"set -e\n. {self.folder / 'state'}\n{block}"
        with subprocess.Popen(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        ) as process:
            try:
                yield process
            finally:
                os.killpg(process.pid, 2)
                process.wait(30)


@pytest.fixture
def terminal(base_image_engine: daemon.Engine, tmp_path: Path) -> Iterator[Terminal]:
    bare = tmp_path / "origin.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(bare)], check=True)
    shell_program(tmp_path / "bin/catalog", f'exec {sys.executable} -m catalog "$@"')
    (tmp_path / "editor.py").write_text(EDITOR)
    port = free_port()
    shell_program(tmp_path / "bin/vim", f'exec {sys.executable} {tmp_path}/editor.py "$1" {port}')
    (tmp_path / "store").mkdir()
    git = {
        "init.defaultBranch": "main",
        "push.autoSetupRemote": "true",
        "remote.origin.url": str(bare),
        "user.name": "Tester",
        "user.email": "tester@acme.test",
    }
    configuration = {"GIT_CONFIG_COUNT": str(len(git))}
    for number, (key, value) in enumerate(git.items()):
        configuration |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    environment = {
        **base_image_engine.environment(),
        **configuration,
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "HOME": str(tmp_path / "home"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_STATE_HOME": str(tmp_path / "state-home"),
        "PORT": str(free_port()),
        "NETWORK": "host",
        "HTTP_PORT": str(port),
    }
    (tmp_path / "home").mkdir()
    yield Terminal(tmp_path, environment)
    images = base_image_engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    for name in images:
        if APP in name:
            base_image_engine.docker("rmi", "--force", name)


def served(terminal: Terminal, process: subprocess.Popen[str]) -> bytes:
    """The catalog of apps as the server hands it out, once it says that it serves."""
    assert process.stdout is not None
    for line in process.stdout:
        if "STAGE_URL" in line and "https://" in line:
            break
    else:
        raise AssertionError("the server ended")
    (authority,) = terminal.folder.rglob("ca.crt")
    context = ssl.create_default_context(cafile=str(authority))
    url = f"https://localhost:{terminal.environment['PORT']}/garden/default/apps.json"
    with urllib.request.urlopen(url, context=context, timeout=30) as reply:
        return bytes(reply.read())


def test_the_page_has_every_step_of_the_guides_example() -> None:
    text = "".join(blocks())
    assert [target for target in GUIDE if f"make {target}" not in text] == []


GUIDE = (
    "new TYPE=app NAME=my-awesome-app",
    "build TYPE=app NAME=my-awesome-app",
    "test TYPE=app NAME=my-awesome-app",
    "sync-compose",
    "validate",
    "build-registry",
    "serve-registry",
    "kamiwaza-push TYPE=app NAME=my-awesome-app",
    "publish STAGE=prod",
    "ci-pipeline",
)


def test_the_complete_workflow_runs_from_top_to_bottom(
    terminal: Terminal, base_image_engine: daemon.Engine
) -> None:
    said, entry = {}, {}
    namespace = f"{base_image_engine.registry}/workflow-{uuid.uuid4().hex[:8]}"
    with kamiwaza_stand_in.running(kamiwaza_stand_in.StandIn()) as platform:
        terminal.environment |= {
            "KAMIWAZA_API_URL": platform.url,
            "KAMIWAZA_API_TOKEN": kamiwaza_stand_in.TOKEN,
        }
        for block in blocks():
            if block == SERVER:
                with terminal.left_running(block) as process:
                    (entry,) = json.loads(served(terminal, process))
                continue
            typed = block.replace("localhost:8080", f"localhost:{terminal.environment['HTTP_PORT']}")
            typed = typed.replace("file:///srv/registry", (terminal.folder / "store").as_uri())
            typed = typed.replace("registry.acme.test/acme", namespace)
            said[block] = terminal.type(typed)
        assert platform.named(APP)["description"] == "Does something awesome."
    assert entry["name"] == APP
    workspace = terminal.folder / "my-extensions"
    assert list((workspace / "dist").glob("kamiwaza-registry-*.tar.gz"))
    assert not (workspace / "build").exists()
    (published,) = json.loads((terminal.folder / "store/garden/default/apps.json").read_text())
    assert set(published["docker_images"]) == {
        f"{namespace}/{APP}-{one}:0.1.0" for one in ("frontend", "backend")
    }
    assert (
        APP
        in said["make publish-dry-run STAGE=prod\nmake publish STAGE=prod\nmake list-published STAGE=prod\n"]
    )
    pushed = ["git", "--git-dir", str(terminal.folder / "origin.git"), "ls-tree", "-r", "--name-only", "main"]
    listed = subprocess.run(pushed, capture_output=True, text=True, check=True).stdout.splitlines()
    assert f"apps/{APP}/docker-compose.appgarden.yml" in listed
    assert not [name for name in listed if name.startswith(("build/", "dist/"))]
    shutil.rmtree(workspace)
