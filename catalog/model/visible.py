"""Writes out what cannot be printed, so that no text of a file steers the terminal."""

from __future__ import annotations


def visible(text: str, *, but: str = "") -> str:
    r"""The text with what cannot be printed as `\x1b` or `\u202e`, except for the characters in `but`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in but else _escaped(ord(char)) for char in text)


def _escaped(number: int) -> str:
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"  # noqa: PLR2004  as Python writes them
