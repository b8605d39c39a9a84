"""Takes the sample extensions' preview pictures again, from the extensions as they run.

In: the samples with the shared libraries that they install, a container engine and Chromium. Out:
`preview.png` in each sample's folder, 1280 by 800 pixels, `preview-dark.png` where the catalog shows it, and
`page.png` where the preview is drawn (`scripts/draw_previews.py`). Run it as `python -m
scripts.take_previews`, for some samples with their folders behind it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.engine import base_images, daemon
from scripts.engine.samples import build_and_up

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(__file__).resolve().parent / "previews"
SIZE = "1280,800"
# Nothing leaves the machine, and nothing of an earlier run is remembered.
CHROMIUM = [
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--virtual-time-budget=4000",
    f"--window-size={SIZE}",
]


def fill_field_notes(url: str) -> None:
    """Writes the sample notes, the oldest first."""
    for note in json.loads((DATA / "field-notes.json").read_text(encoding="utf-8")):
        _send("POST", f"{url}api/notes", note)


def fill_embeddings(url: str) -> None:
    """Stores a few collections of made-up texts."""
    subjects = {"manuals": 184, "tickets": 96, "meeting-notes": 41, "recipes": 12}
    for collection, count in subjects.items():
        items = [{"id": f"{n:03d}", "text": f"{collection} text {n}"} for n in range(count)]
        _send("PUT", f"{url}v1/collections/{collection}/items", {"items": items})


def fill_nothing(_: str) -> None:
    """Leaves a sample as it is: its logs come with it."""


# Sample folder, how to fill it, and the pictures to take: file name to page.
PREVIEWS: list[tuple[str, Callable[[str], None], dict[str, str]]] = [
    ("apps/field-notes", fill_field_notes, {"preview.png": "", "preview-dark.png": "?q=samples"}),
    ("services/service-embeddings", fill_embeddings, {"preview.png": ""}),
    ("tools/tool-log-search", fill_nothing, {"preview.png": ""}),
    ("apps/subnet-planner", fill_nothing, {"page.png": ""}),
]


def main() -> int:
    """Starts each sample, fills it and takes its pictures."""
    engine = daemon.start(daemon.DEFAULT_STATE)
    base_images.ensure(engine, daemon.DEFAULT_STATE)
    chosen = set(sys.argv[1:])
    for folder, fill, pictures in PREVIEWS:
        if chosen and folder not in chosen:
            continue
        extension = ROOT / "extensions" / folder
        with build_and_up(engine, extension) as sample:
            sample.wait_until_healthy()
            fill(sample.url())
            for name, page in pictures.items():
                _photograph(f"{sample.url()}{page}", extension / name)
                print(f"took {extension.relative_to(ROOT) / name}")
    return 0


def _photograph(url: str, picture: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="chromium-") as profile:
        arguments = [*CHROMIUM, f"--user-data-dir={profile}", f"--screenshot={picture}"]
        if picture.stem.endswith("-dark"):
            arguments.append("--blink-settings=preferredColorScheme=0")
        subprocess.run([*arguments, url], check=True, capture_output=True, timeout=60)


def _send(method: str, url: str, body: Any) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)  # noqa: S310  loopback
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310  loopback
        pass


if __name__ == "__main__":
    sys.exit(main())
