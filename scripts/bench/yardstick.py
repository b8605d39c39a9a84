"""The yardstick: load the YAML and JSON files of a workspace with the C loaders, and do nothing with them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml


def main() -> None:
    """Load every manifest and compose file of the workspace that the first argument names."""
    for folder in sorted(Path(sys.argv[1], "apps").iterdir()):
        json.loads((folder / "kamiwaza.json").read_bytes())
        for name in ("docker-compose.yml", "docker-compose.appgarden.yml"):
            yaml.load((folder / name).read_bytes(), Loader=yaml.CSafeLoader)  # it is the safe one


if __name__ == "__main__":
    main()
