"""Reads one text file that somebody wrote: its text, or the finding that says why not."""

from __future__ import annotations

import os
import stat
from typing import IO, TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from catalog.model import codes
from catalog.model.extension import SourceDocument
from catalog.model.yaml_text import MAX_CHARACTERS, DocumentError, DocumentTooLargeError, DuplicateKeyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path, PurePosixPath

    from catalog.model.finding import Finding

_BYTE_ORDER_MARK = "\ufeff"
_FILL = "Write into it what it should say, or delete it."
_CORRECT = "Correct that place, or what stands just before it."
_CORRECT_SOMEWHERE = "Look for it in the file, and correct it."
_JSON_TOP = 'Put everything in braces, with keys: {"name": "my-app", "version": "1.0.0"}.'
_YAML_TOP = "Begin with a key, such as: services:"
_PIECE = 64 * 1024
_MAX_BYTES = 4 * MAX_CHARACTERS  # no UTF-8 character is longer than four bytes


class Reading(Struct, frozen=True):
    """What reading a file gave: the document, or None with an error among the findings."""

    document: SourceDocument | None
    findings: tuple[Finding, ...] = ()


def read_document(path: Path, name: PurePosixPath, parse: Callable[[str], Any]) -> Reading:
    """Read `path`, which findings call `name`, and parse it; the document must be a mapping."""
    content = _bytes(path, name)
    if not isinstance(content, bytes):
        return Reading(None, (content,))
    text = _text(content, name)
    if not isinstance(text, str):
        return Reading(None, (text,))
    findings: tuple[Finding, ...] = ()
    if text.startswith(_BYTE_ORDER_MARK):
        text = text.removeprefix(_BYTE_ORDER_MARK)
        hint = "Save it as UTF-8 without a byte-order mark."
        findings = (codes.BYTE_ORDER_MARK.at(name, f"{name.name} starts with a byte-order mark.", hint=hint),)
    reading = _parsed(text, name, parse)
    return Reading(reading.document, findings + reading.findings)


def read_prose(path: Path, name: PurePosixPath) -> SourceDocument | None:
    """Read a README or changelog for display; undecodable bytes are replaced, an unreadable file is None."""
    content = _bytes(path, name)
    if not isinstance(content, bytes):
        return None
    text = content.decode(errors="replace").removeprefix(_BYTE_ORDER_MARK)
    return SourceDocument(name, text, None)


def _pieces(file: IO[bytes], most: int) -> Iterator[bytes]:
    """The first `most` bytes of a file: asked for at once, a short file would get as much memory."""
    while most > 0 and (piece := file.read(min(most, _PIECE))):
        yield piece
        most -= len(piece)


def _bytes(path: Path, name: PurePosixPath) -> bytes | Finding:
    try:
        # without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return codes.FILE_UNREADABLE.at(name, f"{name.name} is not a regular file.")
            content = b"".join(_pieces(file, _MAX_BYTES + 1))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return codes.FILE_UNREADABLE.at(
            name, f"{name.name} cannot be read: {reason}.", hint="Check its permissions."
        )
    if len(content) > _MAX_BYTES:
        return codes.TOO_LARGE.at(name, f"{name.name} is larger than {_MAX_BYTES:,} bytes.")
    return content


def _text(content: bytes, name: PurePosixPath) -> str | Finding:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"{name.name} is not UTF-8 text: byte 0x{content[error.start]:02x} in line {line}."
        return codes.NOT_UTF8.at(name, message, hint="Save it as UTF-8.")


def _parsed(text: str, name: PurePosixPath, parse: Callable[[str], Any]) -> Reading:
    if not text.strip():
        return Reading(None, (codes.FILE_EMPTY.at(name, f"{name.name} is empty.", hint=_FILL),))
    try:
        data = parse(text)
    except DocumentError as error:
        return Reading(None, (_syntax_finding(error, name),))
    if not isinstance(data, dict):
        message = f"{name.name} must hold a mapping at its top, not {_kind_of(data)}."
        hint = _JSON_TOP if name.suffix == ".json" else _YAML_TOP
        return Reading(None, (codes.NOT_A_MAPPING.at(name, message, hint=hint),))
    return Reading(SourceDocument(name, text, data))


def _syntax_finding(error: DocumentError, name: PurePosixPath) -> Finding:
    code, hint = codes.SYNTAX, _CORRECT if error.line else _CORRECT_SOMEWHERE
    if isinstance(error, DuplicateKeyError):
        code, hint = codes.DUPLICATE_KEY, "Keep one of the two."
    elif isinstance(error, DocumentTooLargeError):
        code, hint = codes.TOO_LARGE, ""
    finding = code.at(name, f"{name.name} cannot be used: {error.message}.", hint=error.hint or hint)
    return replace(finding, line=error.line, column=error.column)


def _kind_of(data: Any) -> str:
    if data is None:
        return "nothing"
    return "a list" if isinstance(data, list) else "a single value"
