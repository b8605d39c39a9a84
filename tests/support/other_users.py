"""Other users of this machine, whom root can act as, and folders that they share."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="ONLY ROOT CAN ACT AS SOMEBODY ELSE, so this was not tested"
)
"""Marks a test that acts as other users."""


@dataclass(frozen=True)
class User:
    """Somebody with a number, and the group that they are in."""

    number: int
    group: int


SOMEBODY = User(61_001, 61_000)
SOMEBODY_ELSE = User(61_002, 61_000)


@contextmanager
def shared_folder(mode: int, group: int = 0) -> Iterator[Path]:
    """A folder with this mode that every user can get to, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="catalog-shared-") as name:
        os.chown(name, 0, group)
        Path(name).chmod(mode)
        yield Path(name)


@contextmanager
def acting_as(user: User, umask: int = 0o022) -> Iterator[None]:
    """Have the rights of `user`, and nothing of root's, for the block."""
    groups, before = os.getgroups(), os.umask(umask)
    os.setgroups([])
    os.setegid(user.group)
    os.seteuid(user.number)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)
        os.umask(before)
