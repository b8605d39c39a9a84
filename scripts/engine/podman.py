"""Gives podman a place of its own, so that no image of this machine is seen or changed.

In: the state folder of the development engine. Out: the environment in which `podman` keeps all that it
has in `<state>/podman`; podman needs no daemon.
"""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

from scripts.engine.daemon import EngineUnavailableError

if TYPE_CHECKING:
    from pathlib import Path


def environment(state: Path, registry: str) -> dict[str, str]:
    """Writes podman's settings below `state`; returns this process's environment with them chosen.

    Args:
        state: the folder of the development engine.
        registry: `host:port` of a registry that speaks plain HTTP.

    Raises:
        EngineUnavailableError: when podman is missing.
    """
    if shutil.which("podman") is None:
        raise EngineUnavailableError("Missing: podman. On Debian: apt-get install podman uidmap crun")
    own = state / "podman"
    settings = {
        "CONTAINERS_STORAGE_CONF": ("storage.conf", _storage(own)),
        "CONTAINERS_REGISTRIES_CONF": ("registries.conf", _registries(registry)),
        "CONTAINERS_CONF": ("containers.conf", f"[engine]\ntmp_dir = {json.dumps(str(own / 'tmp'))}\n"),
    }
    own.mkdir(parents=True, exist_ok=True)
    for name, text in settings.values():
        (own / name).write_text(text)
    return os.environ | {variable: str(own / name) for variable, (name, _) in settings.items()}


def _storage(own: Path) -> str:
    # vfs works inside of containers too, where overlay file systems may not be stacked.
    places = {"driver": "vfs", "graphroot": str(own / "root"), "runroot": str(own / "run")}
    return "[storage]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in places.items())


def _registries(registry: str) -> str:
    return f"[[registry]]\nlocation = {json.dumps(registry)}\ninsecure = true\n"
