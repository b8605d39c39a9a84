"""`python -m scripts.bench [bundle]`: measures, and prints one table of ratios."""

from __future__ import annotations

import argparse

from scripts.bench import bundle, registry


def main() -> None:
    """Measure the registry's build, or the bundle's packing when that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    groups = parser.add_subparsers(dest="group")
    bundle.add_options(groups.add_parser("bundle", help="packing, checking and loading of a bundle"))
    options = parser.parse_args()
    if options.group == "bundle":
        bundle.main(options)
    else:
        registry.main()


if __name__ == "__main__":
    main()
