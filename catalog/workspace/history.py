"""Keeps `catalog-history.json` at the root of a workspace: since when there is which version.

People commit it. It changes only when a version appears or rises; the day of that is SOURCE_DATE_EPOCH, else
the day of the commit that the manifest is in, else today (all in UTC).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from catalog.errors import UsageError
from catalog.model.manifest import MANIFEST_NAME
from catalog.registry.history import NO_HISTORY, History, HistoryError
from catalog.workspace.git import GitError, git_answer
from catalog.workspace.source_date import source_date
from catalog.workspace.writing import write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path, PurePosixPath

HISTORY_FILE = "catalog-history.json"
_COMMIT = "commit "


def read_history(root: Path) -> History:
    """The history of the workspace at `root`; an empty one as long as there is no file.

    Raises:
        UsageError: the file cannot be read, or is damaged.
    """
    path = root / HISTORY_FILE
    try:
        return History.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return NO_HISTORY
    except (OSError, UnicodeDecodeError, HistoryError) as error:
        raise UsageError(
            f"{path} is damaged: {error}.",
            f"Correct it, or take the last good one back: git checkout -- {HISTORY_FILE}",
        ) from None


def brought_up_to_date(
    history: History,
    root: Path,
    versions: Mapping[str, str],
    directories: Mapping[str, PurePosixPath],
    changes: Callable[[frozenset[str]], Mapping[str, Sequence[str]]] = lambda _: {},
) -> History:
    """The history with what is new in the workspace at `root`: versions and directories by name.

    `changes` is asked what differs from the versions before, given the names of those that are new.

    Raises:
        UsageError: SOURCE_DATE_EPOCH is not a number of seconds.
    """
    new = history.lacks(versions)
    if not new:
        return history
    days = _days(root, {name: directories[name] for name in sorted(new)})
    return history.having(versions, days, changes(new))


def write_history(root: Path, history: History) -> None:
    """Write the file, in one step.

    Raises:
        MissingError: the disk refuses.
    """
    write_file(root / HISTORY_FILE, history.as_text().encode())


def _days(root: Path, directories: Mapping[str, PurePosixPath]) -> dict[str, str]:
    given = source_date()
    if given is not None:
        return dict.fromkeys(directories, _day(given))
    today = datetime.now(UTC).date().isoformat()
    committed = _commit_days(root)
    return {
        name: committed.get(f"{directory}/{MANIFEST_NAME}", today) for name, directory in directories.items()
    }


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _commit_days(root: Path) -> dict[str, str]:
    """The day of the last commit of every manifest that is as it was committed, by its path."""
    manifests = f":(glob)*/*/{MANIFEST_NAME}"
    try:
        told = git_answer(
            root,
            *("log", "--no-show-signature", "--no-renames", "--relative", "--name-only", "-z"),
            *(f"--format={_COMMIT}%ct", "--", manifests),
        )
        changed = git_answer(root, "diff", "--relative", "--name-only", "-z", "HEAD", "--", manifests)
    except GitError:
        return {}
    edited = set(changed.split("\0"))
    return {path: day for path, day in _last_commits(told) if path not in edited}


def _last_commits(told: str) -> Iterator[tuple[str, str]]:
    """Paths with the day of their newest commit, out of what git tells from the newest commit on."""
    day, seen = "", set()
    for field in told.split("\0"):
        word = field.strip("\n")
        if word.startswith(_COMMIT):
            day = _day(int(word.removeprefix(_COMMIT)))
        elif word and word not in seen:
            seen.add(word)
            yield word, day
