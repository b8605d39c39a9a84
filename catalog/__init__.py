"""catalog: a registry and a website from a folder of container extensions, for places without internet."""

__version__ = "0.1.0"
