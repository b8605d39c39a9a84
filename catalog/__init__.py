"""catalog: registry, website and airgap bundles from a folder of container extensions."""

__version__ = "0.1.0"
