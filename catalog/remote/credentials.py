"""Who somebody is to the platform: a token, or a name with a password."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the platform, such as a personal access token."""

    value: SecretStr


@dataclass(frozen=True, slots=True)
class Login:
    """A user with a password, for which the platform gives a token."""

    username: str
    password: SecretStr


Credentials = Token | Login
Ask = Callable[[str, str], Login | None]
"""Asks a person to log in to an address, proposing a user's name; None where nobody is there."""


def nobody(address: str, username: str) -> None:
    """Nobody is there to be asked."""
    del address, username


def secrets_of(credentials: Credentials | None) -> tuple[str, ...]:
    """What must never be shown."""
    match credentials:
        case Token(value):
            return (value.get_secret_value(),)
        case Login(_, password):
            return (password.get_secret_value(),)
        case _:
            return ()
