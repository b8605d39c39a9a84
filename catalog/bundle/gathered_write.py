"""Writes many pieces to a file with few calls, without joining them first."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Buffer

_MOST = 512  # pieces of one call; Linux takes 1,024


def write_pieces(descriptor: int, pieces: Sequence[Buffer]) -> int:
    """Write every byte of the pieces, in order, to the file behind `descriptor`; how many bytes that were.

    Raises:
        OSError: the disk refuses; some of the bytes may be written.
    """
    rest = [view for piece in pieces if (view := memoryview(piece)).nbytes]
    size = sum(view.nbytes for view in rest)
    while rest:
        done = os.writev(descriptor, rest[:_MOST])
        while rest and done >= rest[0].nbytes:
            done -= rest.pop(0).nbytes
        if done:
            rest[0] = rest[0][done:]
    return size
