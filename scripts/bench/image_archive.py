"""Puts images together from layers and hands them to an engine, as an archive in the form of `docker save`.

In: written layers, and configs that name them by diff ID. Out: images in the engine under the given names.
Configs carry a fixed time, so the same layers give the same image IDs.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
from typing import TYPE_CHECKING, Any

from scripts.engine.daemon import Engine, EngineFailedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scripts.bench.image_layers import Layer

CREATED = "2026-01-01T00:00:00Z"


def image_config(engine: Engine, diff_ids: Sequence[str], labels: Mapping[str, str]) -> bytes:
    """The config of an image for the engine's own platform, with these layers from the base up."""
    document = {
        "architecture": engine.docker("version", "--format", "{{.Server.Arch}}").strip(),
        "config": {"Cmd": ["/bin/sh"], "Env": ["PATH=/usr/bin"], "Labels": dict(labels)},
        "created": CREATED,
        "history": [{"created": CREATED, "created_by": "benchmark"} for _ in diff_ids],
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": list(diff_ids)},
    }
    return json.dumps(document, sort_keys=True).encode()


def load(engine: Engine, layers: Iterable[Layer], configs: Mapping[str, bytes]) -> None:
    """Load images, given as reference to config.

    A layer that is not given must be in the engine: it reads a layer only when it lacks it.

    Raises:
        EngineFailedError: the engine refuses the archive.
    """
    with subprocess.Popen(
        ["docker", "load", "--quiet"],
        env=engine.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as process:
        assert process.stdin  # noqa: S101  it was asked for
        with process.stdin, tarfile.open(fileobj=process.stdin, mode="w|") as archive:
            for layer in layers:
                archive.add(layer.path, arcname=_file_of(layer.diff_id))
            for config in configs.values():
                _add(archive, _name_of(config), config)
            _add(archive, "manifest.json", json.dumps(_manifest(configs)).encode())
    if process.returncode:
        raise EngineFailedError(f"docker load refused {', '.join(configs)}")


def diff_ids(engine: Engine, ref: str) -> list[str]:
    """The digests of an image's unpacked layers, from the base up."""
    found: list[str] = json.loads(
        engine.docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", ref)
    )
    return found


def image_id(engine: Engine, ref: str) -> str | None:
    """The image's ID, or None when it is not there."""
    try:
        return engine.docker("image", "inspect", "--format", "{{.Id}}", ref).strip()
    except EngineFailedError:
        return None


def label(engine: Engine, ref: str, name: str) -> str | None:
    """What an image's label says; None when the image is not there."""
    template = f'{{{{with .Config.Labels}}}}{{{{index . "{name}"}}}}{{{{end}}}}'
    try:
        return engine.docker("image", "inspect", "--format", template, ref).strip()
    except EngineFailedError:
        return None


def remove(engine: Engine, refs: Iterable[str]) -> None:
    """Take images away; those that are not there do not matter."""
    for ref in refs:
        if image_id(engine, ref) is not None:
            engine.docker("image", "rm", ref)


def _manifest(configs: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [
        {
            "Config": _name_of(config),
            "RepoTags": [ref],
            "Layers": [_file_of(diff_id) for diff_id in json.loads(config)["rootfs"]["diff_ids"]],
        }
        for ref, config in configs.items()
    ]


def _name_of(config: bytes) -> str:
    return f"{hashlib.sha256(config).hexdigest()}.json"


def _file_of(diff_id: str) -> str:
    return diff_id.removeprefix("sha256:") + "/layer.tar"


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
