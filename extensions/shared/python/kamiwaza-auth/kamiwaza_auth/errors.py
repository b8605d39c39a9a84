"""What can be wrong with a login."""


class AuthenticationError(Exception):
    """Nobody is logged in, or a token cannot be read."""


class SessionExpiredError(AuthenticationError):
    """The session is over; the user has to log in again."""
