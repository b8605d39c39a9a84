"""What a command says, called as people call it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.cli.app import run

if TYPE_CHECKING:
    import pytest


def said(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    """All that the command prints; it must end with `code`, and without a traceback."""
    assert run([str(one) for one in arguments]) == code
    out = capsys.readouterr()
    assert "Traceback" not in out.err
    return out.out + out.err
