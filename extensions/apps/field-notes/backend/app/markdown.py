"""Writes notes as one Markdown document."""

from __future__ import annotations

from collections.abc import Iterable

from .notes import Note


def document(notes: Iterable[Note]) -> str:
    """Returns a document with one second-level section for each note."""
    return "\n".join(["# Field notes\n", *(_section(note) for note in notes)])


def _section(note: Note) -> str:
    facts = [note.created.strftime("%Y-%m-%d"), *(f"#{tag}" for tag in note.tags)]
    title = " ".join(note.title.split())
    return f"## {title}\n\n*{' '.join(facts)}*\n\n{note.body.strip()}\n"
