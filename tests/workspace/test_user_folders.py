"""The user's folders follow the XDG rules, and a user without a home is told what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.errors import MissingError
from catalog.workspace.user_folders import cache_home, state_home


def test_the_environment_names_the_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/a")
    monkeypatch.setenv("XDG_STATE_HOME", "/b")
    assert (cache_home(), state_home()) == (Path("/a"), Path("/b"))


def test_without_that_they_are_in_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert (cache_home(), state_home()) == (tmp_path / ".cache", tmp_path / ".local" / "state")


def test_a_user_whom_the_system_does_not_know_is_asked_for_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("os.getuid", lambda: 987_654)
    with pytest.raises(MissingError) as caught:
        cache_home()
    assert "HOME=/var/tmp/catalog" in caught.value.hint
