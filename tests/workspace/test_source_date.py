"""SOURCE_DATE_EPOCH is a number of seconds, or there is an error that says how to set it."""

from __future__ import annotations

import pytest

from catalog.errors import UsageError
from catalog.workspace.source_date import source_date


def test_a_number_of_seconds_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert source_date() is None
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert source_date() == 1_700_000_000


@pytest.mark.parametrize("given", ["", "-1", "1.5", "now", "٣", "²", "253402300800", "9" * 30])
def test_anything_else_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", given)
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH is"):
        source_date()
