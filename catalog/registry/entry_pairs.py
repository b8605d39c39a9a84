"""Pairs the entries that two registries have under one name, of which later generations have several."""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import TYPE_CHECKING

from catalog.registry.merge_rules import range_of, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from catalog.registry.registry import Entry


def paired(old: Sequence[Entry], new: Sequence[Entry]) -> Iterator[tuple[Entry | None, Entry | None]]:
    """Each entry with the one that it is held against, None for those that come or go.

    What is the same goes first, then what is for the same platforms, then what has the same version.
    """
    before, after = list(old), list(new)
    for is_pair in (is_same, _is_for_same_platforms, _has_same_version):
        for entry in tuple(before):
            other = next((one for one in after if is_pair(entry, one)), None)
            if other is not None:
                before.remove(entry)
                after.remove(other)
                yield entry, other
    yield from zip_longest(before, after)


def is_same(old: Entry, new: Entry) -> bool:
    """Whether both say the same, in whatever order their fields stand."""
    return old.kind is new.kind and _canonical(old) == _canonical(new)


def _is_for_same_platforms(old: Entry, new: Entry) -> bool:
    return range_of(old.data) == range_of(new.data)


def _has_same_version(old: Entry, new: Entry) -> bool:
    return version_of(old.data) == version_of(new.data)


def _canonical(entry: Entry) -> str:
    return json.dumps(dict(entry.data), sort_keys=True)
