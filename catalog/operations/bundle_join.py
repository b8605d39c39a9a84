"""Joins the parts of a file again, or only checks them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from catalog.bundle.companions import copy_companions, write_new
from catalog.bundle.joining import PartProblem, check, join
from catalog.bundle.part_list import find_list
from catalog.bundle.sidecar import sidecar, to_line
from catalog.errors import IntegrityError
from catalog.operations.result import PathField, Request, Result, StructField

if TYPE_CHECKING:
    from catalog.operations.progress import Progress


class JoinRequest(Request):
    """The list of parts, or a part, or the file; where that goes; and whether the parts are only checked."""

    given: Path
    out: Path | None = None
    check: bool = False


class JoinResult(Result):
    """What came of it: every part that is bad, and names that look like parts but are not listed.

    `file` is the joined file, None when there is none; `is_written` is false when it was there already.
    """

    REFUSED: ClassVar[int] = IntegrityError.exit_code

    file: PathField | None
    size: int
    sha256: str
    parts: int
    problems: tuple[StructField[PartProblem], ...]
    strays: tuple[str, ...]
    is_written: bool

    @property
    def exit_code(self) -> int:
        """4 when a part is bad."""
        return self.REFUSED if self.problems else self.DONE


def bundle_join(request: JoinRequest, progress: Progress) -> JoinResult:
    """Join the parts, and write the `.sha256` of the whole; nothing is written when a part is bad.

    Raises:
        UsageError, MissingError, IntegrityError: as `catalog.bundle.part_list.find_list`.
        MissingError, ConflictError: as `catalog.bundle.joining.join`.
    """
    listed = find_list(request.given)
    folder = request.given.parent
    target = (request.out or folder) / listed.file
    joined = (
        check(listed, folder, progress.transferred)
        if request.check
        else join(listed, folder, target, progress.transferred)
    )
    is_there = not joined.problems and not request.check
    if is_there:
        copy_companions(folder / listed.file, target)
        if not sidecar(target).exists():
            write_new(sidecar(target), to_line(joined.sha256, listed.file))
    return JoinResult(
        file=target if is_there else None,
        size=joined.size,
        sha256=joined.sha256,
        parts=len(listed.parts),
        problems=joined.problems,
        strays=joined.strays,
        is_written=joined.is_written,
    )
