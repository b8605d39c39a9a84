"""Who somebody is to the platform: a token, or a name with a password."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pydantic import SecretStr


class Token(Struct, frozen=True):
    """A token of the platform, such as a personal access token."""

    value: SecretStr


class Login(Struct, frozen=True):
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
