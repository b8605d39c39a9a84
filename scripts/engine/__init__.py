"""A container engine for development and tests: `python -m scripts.engine start`."""
