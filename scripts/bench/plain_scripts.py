"""What a folder of extensions is usually kept in order with: three scripts on PyYAML, here in one file.

`python plain_scripts.py sync|validate|build WORKSPACE`. Each step is a process of its own that reads what it
needs again, with `yaml.safe_load` and `yaml.dump`, as such scripts do. They do what is asked for, and no
more: no lines in messages, no second kind of spelling, no website.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

VERSION = re.compile(r"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$")
IMAGE = re.compile(r"^[\w\-./]+(:\w[\w\-.]*)?(@sha256:[a-f0-9]{64})?$")
LIMITS = {"postgres": ("0.5", "512M"), "redis": ("0.25", "256M"), "frontend": ("0.5", "512M")}
REQUIRED = ("name", "version", "source_type", "risk_tier")
GATEWAY = "host.docker.internal:host-gateway"


def extensions(root: Path) -> list[Path]:
    """The folder of every app."""
    return sorted(path for path in (root / "apps").iterdir() if (path / "kamiwaza.json").exists())


def sync(root: Path) -> None:
    """Write each App Garden file from the development file."""
    for folder in extensions(root):
        manifest = json.loads((folder / "kamiwaza.json").read_text())
        compose = yaml.safe_load((folder / "docker-compose.yml").read_text())
        volumes = dict(compose.get("volumes") or {})
        for name, service in compose["services"].items():
            deployed(name, service, manifest, volumes)
        if volumes:
            compose["volumes"] = volumes
        with (folder / "docker-compose.appgarden.yml").open("w") as file:
            yaml.dump(compose, file, default_flow_style=False, sort_keys=False)


def deployed(name: str, service: dict[str, Any], manifest: dict[str, Any], volumes: dict[str, Any]) -> None:
    """Change a service to what is deployed."""
    image = service.get("image") or f"kamiwazaai/{manifest['name']}-{name}"
    if service.pop("build", None) is not None:
        service["image"] = f"{image.split(':')[0]}:v{manifest['version']}"
    if "ports" in service:
        service["ports"] = [str(port).split(":")[-1] for port in service["ports"]]
    mounts = []
    for mount in service.get("volumes") or []:
        source, _, target = mount.partition(":")
        if source.startswith(("./", "../", "/")):
            source = f"{name}_{Path(source).name}"
            volumes[source] = None
        mounts.append(f"{source}:{target}")
    if mounts:
        service["volumes"] = mounts
    service.setdefault("extra_hosts", [GATEWAY])
    known = next((limits for word, limits in LIMITS.items() if word in service["image"]), ("1.0", "1G"))
    limits = {"cpus": known[0], "memory": known[1]}
    service.setdefault("deploy", {}).setdefault("resources", {}).setdefault("limits", limits)


def validate(root: Path) -> None:
    """Print what is wrong; exit code 1 if anything is."""
    problems = []
    for folder in extensions(root):
        manifest = json.loads((folder / "kamiwaza.json").read_text())
        problems += [f"{folder.name}: {field} is missing" for field in REQUIRED if field not in manifest]
        if not VERSION.match(str(manifest.get("version", ""))):
            problems.append(f"{folder.name}: the version is not semantic")
        if manifest.get("risk_tier") not in {0, 1, 2}:
            problems.append(f"{folder.name}: risk_tier is not 0, 1 or 2")
        compose = yaml.safe_load((folder / "docker-compose.appgarden.yml").read_text())
        for name, service in compose["services"].items():
            problems += [f"{folder.name}: {name}: {problem}" for problem in wrong(service)]
    for problem in problems:
        print(problem)
    sys.exit(bool(problems))


def wrong(service: dict[str, Any]) -> list[str]:
    """What a deployed service must not be."""
    problems = []
    if "build" in service:
        problems.append("it is built")
    if not IMAGE.match(service.get("image", "")):
        problems.append("its image does not parse")
    if any(":" in str(port) for port in service.get("ports") or []):
        problems.append("it publishes a host port")
    if any(str(mount).startswith(("./", "../", "/")) for mount in service.get("volumes") or []):
        problems.append("it mounts a host path")
    if not service.get("deploy", {}).get("resources", {}).get("limits"):
        problems.append("it has no limits")
    return problems


def build(root: Path) -> None:
    """Write apps.json and tools.json afresh."""
    entries = []
    for folder in extensions(root):
        entry = json.loads((folder / "kamiwaza.json").read_text())
        text = (folder / "docker-compose.appgarden.yml").read_text()
        compose = yaml.safe_load(text)
        entry["compose_yml"] = text
        entry["docker_images"] = [service["image"] for service in compose["services"].values()]
        entries.append(entry)
    garden = root / "build" / "kamiwaza-extension-registry" / "garden" / "default"
    shutil.rmtree(root / "build", ignore_errors=True)
    garden.mkdir(parents=True)
    (garden / "apps.json").write_text(json.dumps(entries, indent=2))
    (garden / "tools.json").write_text("[]")


if __name__ == "__main__":
    {"sync": sync, "validate": validate, "build": build}[sys.argv[1]](Path(sys.argv[2]))
