"""`python -m scripts.bench [bundle | website | browsing]`: measures, and prints one table of ratios."""

from __future__ import annotations

import argparse

from scripts.bench import browsing, bundle, registry, website


def main() -> None:
    """Measure the registry's build, or what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    groups = parser.add_subparsers(dest="group")
    bundle.add_options(groups.add_parser("bundle", help="packing, checking and loading of a bundle"))
    website.add_options(groups.add_parser("website", help="the website against mkdocs-material and Hugo"))
    browsing.add_options(groups.add_parser("browsing", help="the live list in a slowed browser"))
    options = parser.parse_args()
    if options.group == "bundle":
        bundle.main(options)
    elif options.group == "website":
        website.main(options)
    elif options.group == "browsing":
        browsing.main(options)
    else:
        registry.main()


if __name__ == "__main__":
    main()
