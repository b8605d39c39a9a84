"""One reading of a catalog's files, and what they hold once an unfinished change is finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.remote.commit_note import digest

if TYPE_CHECKING:
    from catalog.remote.commit_note import CommitNote
    from catalog.remote.store import Stored


class State(Struct, frozen=True):
    """The files of a catalog as they were read; `note` is a change that may be unfinished."""

    apps_key: str
    tools_key: str
    apps: Stored | None
    tools: Stored | None
    note_file: Stored | None = None
    note: CommitNote | None = None

    def file(self, key: str) -> Stored | None:
        """The file at one of the two keys."""
        return self.apps if key == self.apps_key else self.tools

    def is_made(self, note: CommitNote) -> bool:
        """Whether the change in `note` is made: its first file is the new one."""
        return digest(content_of(self.file(note.first))) == note.first_new

    def contents(self) -> tuple[bytes | None, bytes | None]:
        """What apps.json and tools.json hold once the change in `note` is finished."""
        contents = {key: content_of(self.file(key)) for key in (self.apps_key, self.tools_key)}
        if self.note and self.is_made(self.note):
            contents |= {key: text.encode() for key, text in self.note.texts.items()}
        return contents[self.apps_key], contents[self.tools_key]


def content_of(file: Stored | None) -> bytes | None:
    """What a file holds; None where there is none."""
    return file.content if file else None
