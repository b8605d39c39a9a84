"""`python -m scripts.bench [bundle | website | browsing | …]`: measures, and prints a table of ratios."""

from __future__ import annotations

import argparse
import os

from scripts.bench import browsing, bundle, desk, images_build, publish, registry, serve, website


def main() -> None:
    """Measure the registry's build, or what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    groups = parser.add_subparsers(dest="group")
    bundle.add_options(groups.add_parser("bundle", help="packing, checking and loading of a bundle"))
    website.add_options(groups.add_parser("website", help="the website against mkdocs-material and Hugo"))
    browsing.add_options(groups.add_parser("browsing", help="the live list in a slowed browser"))
    desk.add_options(groups.add_parser("desk", help="sync, validate and build against plain scripts"))
    serve.add_options(groups.add_parser("serve", help="the HTTPS server against nginx and Python's own"))
    groups.add_parser("publish", help="publishing 500 extensions into a catalog of 5,000")
    images_build.add_options(
        groups.add_parser("images-build", help="building images again with nothing changed")
    )
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    if options.group == "bundle":
        bundle.main(options)
    elif options.group == "website":
        website.main(options)
    elif options.group == "browsing":
        browsing.main(options)
    elif options.group == "desk":
        desk.main(options)
    elif options.group == "serve":
        serve.main(options)
    elif options.group == "publish":
        publish.main()
    elif options.group == "images-build":
        images_build.main(options)
    else:
        registry.main()


if __name__ == "__main__":
    main()
