"""Provides the base images that the sample extensions' Dockerfiles name.

In: a running engine and its state folder. Out: the names that had to be made. A private engine gets local
stand-ins, built from Debian packages, because no image can be pulled on an isolated machine; they carry this
machine's package settings, so they are for development only and must not be pushed. Any other engine pulls
the real images: a stand-in there would deceive its owner.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.engine import machine
from scripts.engine.daemon import Engine, EngineFailedError, EngineUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RECIPES = Path(__file__).resolve().parent / "stand_ins"
# In this order, since some are made from those before them.
STAND_INS = {
    "python:3.11-slim": "python",
    "postgres:15-alpine": "postgres",
    "nginx:alpine": "nginx",
    "node:18-alpine": "node",
    "golang:1.19-alpine": "golang",
    "quay.io/coreos/etcd:v3.5.5": "etcd",
    "minio/minio:RELEASE.2023-03-20T20-16-18Z": "minio",
    "milvusdb/milvus:v2.3.9": "milvus",
}
DEBIAN = "catalog-engine/debian:12"
SUITE = "bookworm"
RECIPE_LABEL = "catalog.stand-in"
BUILD_SECONDS = 600.0
NOT_NEEDED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "var/cache/apt")
# Downloaded packages and apt's index would triple the size of an image.
APT_KEEPS_NOTHING = """\
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };
"""
DPKG_EXCLUDES = "".join(f"path-exclude /{folder}/*\n" for folder in NOT_NEEDED[:4])


def ensure(engine: Engine, state: Path) -> list[str]:
    """Makes the base images that are missing or whose recipe changed; returns their names.

    Raises:
        EngineUnavailableError: when images can neither be made nor pulled here, with the reason.
        EngineFailedError: when making one fails.
    """
    if not engine.is_private():
        return _pull(engine)
    settings = machine.files()
    recipe = _digest(settings)
    if not _outdated(engine, recipe):
        return []
    archive = state / f"base-images-{recipe}.tar"
    if archive.is_file():
        engine.docker("load", "--input", str(archive), seconds=BUILD_SECONDS)
    else:
        _build_all(engine, state, settings)
        _save(engine, archive)
    return list(STAND_INS)


def _pull(engine: Engine) -> list[str]:
    missing = [name for name in STAND_INS if _recipe_of(engine, name) is None]
    for name in missing:
        try:
            engine.docker("pull", "--quiet", name, seconds=BUILD_SECONDS)
        except EngineFailedError as error:
            raise EngineUnavailableError(f"The base image {name} cannot be pulled: {error}") from error
    return missing


def _outdated(engine: Engine, recipe: str) -> list[str]:
    # A real image, loaded by hand, has no label: it is better than a stand-in and stays.
    return [name for name in STAND_INS if _recipe_of(engine, name) not in {recipe, ""}]


def _recipe_of(engine: Engine, name: str) -> str | None:
    template = f'{{{{with .Config.Labels}}}}{{{{index . "{RECIPE_LABEL}"}}}}{{{{end}}}}'
    try:
        return engine.docker("image", "inspect", "--format", template, name).strip()
    except EngineFailedError:
        return None


def _digest(settings: Mapping[str, bytes]) -> str:
    recipes = (path for path in RECIPES.rglob("*") if path.is_file())
    contents = {str(path.relative_to(RECIPES)): path.read_bytes() for path in recipes} | dict(settings)
    contents["base_images"] = Path(__file__).read_bytes()
    parts = (name.encode() + b"\0" + content for name, content in sorted(contents.items()))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def _build_all(engine: Engine, state: Path, settings: Mapping[str, bytes]) -> None:
    recipe = _digest(settings)
    _import_debian(engine, state)
    for name, folder in STAND_INS.items():
        with _context(RECIPES / folder, settings) as context:
            label = f"{RECIPE_LABEL}={recipe}"
            # The private engine has no way out but the machine's own network.
            build = ["build", "--network", "host", "--label", label, "--tag", name, str(context)]
            engine.docker(*build, seconds=BUILD_SECONDS)


def _save(engine: Engine, archive: Path) -> None:
    for old in archive.parent.glob("base-images-*.tar"):
        old.unlink()
    draft = archive.with_suffix(".new")
    engine.docker("save", "--output", str(draft), *STAND_INS, seconds=BUILD_SECONDS)
    draft.replace(archive)


@contextmanager
def _context(recipe: Path, settings: Mapping[str, bytes]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="stand-in-") as folder:
        context = Path(folder) / "context"
        shutil.copytree(recipe, context)
        (context / "machine").mkdir()
        for name, content in settings.items():
            (context / "machine" / name).write_bytes(content)
        yield context


def _import_debian(engine: Engine, state: Path) -> None:
    if shutil.which("debootstrap") is None:
        raise EngineUnavailableError("Missing: debootstrap. On Debian: apt-get install debootstrap")
    with tempfile.TemporaryDirectory(prefix="debian-", dir=state) as folder:
        root, archive = Path(folder, "root"), Path(folder, "root.tar")
        _run(["debootstrap", "--variant=minbase", SUITE, str(root)])
        _slim(root)
        _run(["tar", "--directory", str(root), "--create", "--file", str(archive), "."])
        engine.docker("import", "--change", 'CMD ["sh"]', str(archive), DEBIAN, seconds=BUILD_SECONDS)


def _slim(root: Path) -> None:
    (root / "etc/dpkg/dpkg.cfg.d/slim").write_text(DPKG_EXCLUDES)
    (root / "etc/apt/apt.conf.d/slim").write_text(APT_KEEPS_NOTHING)
    # Packages would start their servers while an image is being built.
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    for folder in (*NOT_NEEDED, "var/lib/apt/lists"):
        for entry in (root / folder).iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=BUILD_SECONDS)
    except subprocess.CalledProcessError as error:
        raise EngineFailedError(f"{command[0]} failed:\n{error.stdout[-2000:]}{error.stderr}") from error
