"""What we ship is exactly what we mean to ship, and it works away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import catalog
from tests.support.trees import app, tree

ROOT = Path(catalog.__file__).parent.parent
SHIPPED = ("bundle", "site_templates", "docs/reference/findings.md")


def tracked(*folders: str) -> set[str]:
    """The files of these folders that a commit would hold."""
    command = ["git", "ls-files", "-co", "--exclude-standard", *folders]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that is built from it."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return out


def test_the_wheel_has_the_package_and_the_shipped_folders_and_nothing_else(distributions: Path) -> None:
    (wheel,) = distributions.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = tracked("catalog") | {f"catalog/_data/{name}" for name in tracked(*SHIPPED)}
    assert names == expected


def test_the_sdist_has_what_the_wheel_is_made_from_and_nothing_else(distributions: Path) -> None:
    (sdist,) = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    top = {
        "hatch_build.py",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "pyproject.toml",
        "PKG-INFO",
        ".gitignore",
    }
    assert names == tracked("catalog", *SHIPPED) | top


def shown(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_an_installed_wheel_makes_the_same_bytes_as_the_checkout(distributions: Path, tmp_path: Path) -> None:
    """The wheel goes into an empty environment that sees this one's dependencies, but not the checkout."""
    workspace = tree(tmp_path / "ws", {**app("notes"), "catalog.toml": '[catalog]\ntitle = "Ä workspace"\n'})
    (wheel,) = distributions.glob("*.whl")
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=False)
    target = next((environment / "lib").glob("python3*/site-packages"))
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(target),
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True, timeout=120)
    (target / "dependencies.pth").write_text(
        "\n".join(path for path in sys.path if path.endswith("site-packages"))
    )
    installed = [str(environment / "bin" / "python"), "-I", "-m", "catalog"]
    clean = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    where = subprocess.run(
        [*installed[:2], "-c", "import catalog; print(catalog.__file__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(target) in where.stdout
    for program, out in ((installed, "a"), ([sys.executable, "-m", "catalog"], "b")):
        for command in (["sync-compose"], ["build", "--out", str(tmp_path / out)]):
            call = [*program, "--workspace", str(workspace), *command]
            cwd = "/" if program is installed else ROOT
            subprocess.run(call, check=True, cwd=cwd, env=clean, timeout=120, capture_output=True)
    assert shown(tmp_path / "a") == shown(tmp_path / "b")
