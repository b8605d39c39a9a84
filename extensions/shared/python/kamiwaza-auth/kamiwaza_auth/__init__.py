"""Tells a FastAPI backend who asks, from the headers that the platform's login sets."""

from .identity import Identity, get_identity, require_auth

__all__ = ["Identity", "get_identity", "require_auth"]
