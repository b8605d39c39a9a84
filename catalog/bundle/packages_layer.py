"""The packages of a layer, found once in its life: what was found is kept under the layer's diff ID."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pydantic import ValidationError

from catalog.bundle.output import disk_errors
from catalog.bundle.packages_scan import read_layer
from catalog.bundle.packages_value import Record
from catalog.workspace.writing import write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from catalog.bundle.packages_value import LayerPackages
    from catalog.bundle.packed import Layer

RECORDS = "packages"
"""The folder of the records within the cache."""
_REVISION = "3"  # to be raised with every change to what is found, or to how it is kept
_MAX_RECORD = 256 * 1024 * 1024


def scan_layer(layer: Layer, cache_folder: Path) -> LayerPackages:
    """The packages of a layer, out of the cache when it has been scanned before.

    Args:
        layer: whose blob is stored.
        cache_folder: where the records go, into the folder RECORDS; it need not exist.

    Raises:
        IntegrityError: the stored blob is damaged.
        MissingError: it cannot be read, or the record cannot be written.
    """
    path = cache_folder / RECORDS / _REVISION / f"{layer.diff_id.removeprefix('sha256:')}.json"
    known = _recorded(path, layer.diff_id)
    if known is not None:
        return known
    found = read_layer(layer)
    record = Record(blob=layer.blob.digest, found=found)
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, record.model_dump_json(exclude_defaults=True).encode())
    return found


def scan_layers(layers: Iterable[Layer], cache_folder: Path) -> Iterator[LayerPackages]:
    """The packages of each layer, in the order given, on all cores; errors as `scan_layer`."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(lambda layer: scan_layer(layer, cache_folder), layers)


def _recorded(path: Path, diff_id: str) -> LayerPackages | None:
    try:
        if path.stat().st_size > _MAX_RECORD:
            return None
        found = Record.model_validate_json(path.read_bytes()).found
    except (OSError, ValidationError):
        return None
    return found if found.diff_id == diff_id else None
