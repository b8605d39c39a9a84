"""The command line: one file a command, each five lines of work around an operation."""

from catalog.cli.app import main

__all__ = ["main"]
