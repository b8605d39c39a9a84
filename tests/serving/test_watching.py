"""`catalog serve --watch` as a program: what it says, and how it ends."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.serving.served import Served, serving

pytestmark = pytest.mark.slow

MANIFEST = "apps/notes/kamiwaza.json"
AFTER = f"Building after a change of {MANIFEST} ..."


def edit(workspace: Path, before: str, after: str) -> None:
    path = workspace / MANIFEST
    path.write_text(path.read_text().replace(before, after))


def test_each_step_is_told_and_so_are_the_findings(workspace: Path) -> None:
    with serving(workspace, "--watch") as it:
        assert it.lines(2) == ["Building ...", "Built."]
        edit(workspace, "Keeps notes.", "Keeps pages.")
        assert it.lines(2) == [AFTER, "Built."]
        edit(workspace, '"risk_tier": 0', '"risk_tier": 9')
        begun, finding, end = it.lines(3)
        assert begun == AFTER
        assert finding.startswith(f"{MANIFEST}:5:3: error KZ102: ")
        assert end == "Not built: what was there before stays. Waiting for the next change."


def document(it: Served) -> dict[str, Any]:
    """The next JSON document."""
    text = ""
    while not text.endswith("\n}\n"):
        text += it.line()
    found: dict[str, Any] = json.loads(text)
    return found


def test_programs_get_a_stream_of_json(workspace: Path) -> None:
    with serving(workspace, "--watch", "--json") as it:
        opened, rest = json.JSONDecoder().raw_decode(it.said)
        assert (list(opened), it.said[rest:]) == (["url"], "\n")
        steps = [document(it) for _ in range(3)]
    assert [sorted(steps[0]), steps[1]["apps"], steps[2]] == [
        ["changed", "is_first"],
        1,
        {"build_exit_code": 0},
    ]


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [
        int(found)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for found in (task / "children").read_text().split()
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_in_order_and_leaves_nothing_running(workspace: Path, number: signal.Signals) -> None:
    with serving(workspace, "--watch") as it:
        it.lines(2)
        server = Path(f"/proc/{children(it.process.pid)[0]}")
        assert server.exists()
        assert it.stop(number) == 0
        assert not server.exists()
        assert it.log.read_text() == ""
