"""Shared libraries become packages: at the guide's places, and with the same bytes each time."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

import catalog
from catalog.errors import FindingsError, MissingError
from catalog.operations.libs_build import LibsBuildRequest, LibsBuildResult, libs_build
from catalog.workspace.shared_libraries import Language
from catalog.workspace.workspace import open_workspace
from tests.support.trees import tree

SAMPLES = Path(catalog.__file__).parent.parent / "extensions"
PYPROJECT = """\
[build-system]
requires = ["flit_core"]
build-backend = "flit_core.buildapi"
[project]
name = "acme-auth"
version = "0.1.0"
requires-python = ">=3.10"
description = "Says who asks."
"""
PYTHON: dict[str, Any] = {
    "apps": None,
    "shared/python/acme/pyproject.toml": PYPROJECT,
    "shared/python/acme/acme_auth/__init__.py": "WHO = 1\n",
}
WHEEL = "shared/python/dist/acme_auth-0.1.0-py3-none-any.whl"
# A stand-in for npm that notes how it was called, and packs as npm does.
NPM = """#!{python}
import json, pathlib, sys, tarfile
log = pathlib.Path(__file__).with_name("npm.log")
log.open("a").write(" ".join(sys.argv[1:]).replace(sys.argv[2], "F").replace(sys.argv[-1], "F") + "\\n")
if sys.argv[1] == "pack":
    folder = pathlib.Path(sys.argv[2])
    package = json.loads((folder / "package.json").read_text())
    name = package["name"].lstrip("@").replace("/", "-")
    with tarfile.open(folder / f"{{name}}-{{package['version']}}.tgz", "w:gz") as archive:
        archive.add(folder / "package.json", "package/package.json")
"""
TYPESCRIPT: dict[str, Any] = {
    "apps": None,
    "shared/typescript/auth/package.json": {"name": "@acme/auth", "version": "0.2.0"},
}
TARBALL = "shared/typescript/auth/acme-auth-0.2.0.tgz"


def built(root: Path, **request: Any) -> LibsBuildResult:
    return libs_build(open_workspace(root, root), LibsBuildRequest(**request))


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The log of a stand-in for npm, which is the only program on the path."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "npm").write_text(NPM.format(python=sys.executable))
    (folder / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return folder / "npm.log"


def test_a_wheel_lies_where_the_guide_says(tmp_path: Path) -> None:
    (library,) = built(tree(tmp_path, PYTHON)).libraries
    assert library.package == tmp_path / WHEEL
    assert (library.name, library.version, library.language) == ("acme-auth", "0.1.0", Language.PYTHON)
    assert "acme_auth/__init__.py" in zipfile.ZipFile(library.package).namelist()


@pytest.mark.parametrize("name", ["build.py", "build/__init__.py"])
def test_what_is_called_build_in_the_current_folder_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    tree(tmp_path, {**PYTHON, f"here/{name}": "raise SystemExit('run from the current folder')\n"})
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.syspath_prepend("")
    (library,) = built(tmp_path).libraries
    assert library.package == tmp_path / WHEEL


def test_without_the_package_build_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "python").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr("catalog.operations.libs_build._PYTHON", (str(tmp_path / "python"),))
    with pytest.raises(MissingError, match="needs the package 'build'"):
        built(tree(tmp_path, PYTHON))


@pytest.mark.slow
def test_the_same_sources_make_the_same_wheel(tmp_path: Path) -> None:
    first = built(tree(tmp_path, PYTHON)).libraries[0].package.read_bytes()
    os.utime(tmp_path / "shared/python/acme/acme_auth/__init__.py", (1, 1_700_000_000))
    assert built(tmp_path, clean=True).libraries[0].package.read_bytes() == first


def test_an_npm_package_lies_in_its_librarys_folder(tmp_path: Path, npm: Path) -> None:
    (library,) = built(tree(tmp_path, TYPESCRIPT)).libraries
    assert library.package == tmp_path / TARBALL
    with tarfile.open(library.package) as archive:
        assert archive.getnames() == ["package/package.json"]
    assert npm.read_text() == "pack F --pack-destination F\n"


@pytest.mark.parametrize(
    ("package", "extra", "calls"),
    [
        ({"scripts": {"build": "tsc"}}, {}, ["--prefix F run F", "pack F --pack-destination F"]),
        ({"devDependencies": {"a": "1"}}, {}, ["install", "pack"]),
        ({"devDependencies": {"a": "1"}}, {"package-lock.json": "{}"}, ["ci", "pack"]),
        ({"devDependencies": {"a": "1"}}, {"node_modules": None}, ["pack"]),
    ],
)
def test_a_library_that_has_to_be_compiled_is_prepared_first(
    tmp_path: Path, npm: Path, package: dict[str, Any], extra: dict[str, Any], calls: list[str]
) -> None:
    files = {**TYPESCRIPT, **{f"shared/typescript/auth/{name}": text for name, text in extra.items()}}
    files["shared/typescript/auth/package.json"] = {"name": "@acme/auth", "version": "0.2.0", **package}
    built(tree(tmp_path, files))
    said = npm.read_text().splitlines()
    assert len(said) == len(calls)
    assert all(call in line for call, line in zip(calls, said, strict=True))


@pytest.mark.slow
def test_one_language_can_be_built_alone(tmp_path: Path, npm: Path) -> None:
    tree(tmp_path, {**PYTHON, **TYPESCRIPT})
    python = built(tmp_path, languages=frozenset({Language.PYTHON})).libraries
    assert [library.language for library in python] == [Language.PYTHON]
    assert not npm.exists()
    typescript = built(tmp_path, languages=frozenset({Language.TYPESCRIPT})).libraries
    assert [library.language for library in typescript] == [Language.TYPESCRIPT]


def test_clean_removes_packages_of_older_versions_and_nothing_else(tmp_path: Path, npm: Path) -> None:
    assert npm.parent.is_dir()
    folder = "shared/typescript/auth"
    old, foreign = f"{folder}/acme-auth-0.1.0.tgz", f"{folder}/acme-auth-extra-1.0.tgz"
    result = built(tree(tmp_path, {**TYPESCRIPT, old: b"", foreign: b"", TARBALL: b""}), clean=True)
    assert result.removed == (tmp_path / old, tmp_path / TARBALL)
    assert not (tmp_path / old).exists()
    assert (tmp_path / foreign).is_file()
    assert (tmp_path / TARBALL).stat().st_size


@pytest.mark.slow
def test_clean_removes_the_working_folders_of_python_builds(tmp_path: Path) -> None:
    work, info = "shared/python/acme/build", "shared/python/acme/acme_auth.egg-info"
    result = built(tree(tmp_path, {**PYTHON, f"{work}/x.py": "", f"{info}/PKG-INFO": ""}), clean=True)
    assert result.removed == (tmp_path / work, tmp_path / info)
    assert (tmp_path / WHEEL).is_file()


def test_without_clean_packages_of_older_versions_stay(tmp_path: Path, npm: Path) -> None:
    assert npm.parent.is_dir()
    old = "shared/typescript/auth/acme-auth-0.1.0.tgz"
    assert built(tree(tmp_path, {**TYPESCRIPT, old: b""})).removed == ()
    assert (tmp_path / old).is_file()


def test_a_workspace_without_libraries_is_no_failure(tmp_path: Path) -> None:
    assert built(tree(tmp_path, {"apps": None, "shared/python/notes.txt": ""})).libraries == ()


def test_a_library_that_does_not_build_is_told_with_what_was_said(tmp_path: Path, npm: Path) -> None:
    npm.with_name("npm").write_text(f"#!{sys.executable}\nraise SystemExit('no such file: index.js')\n")
    with pytest.raises(FindingsError, match=r"(?s)@acme/auth does not build.*no such file: index\.js"):
        built(tree(tmp_path, TYPESCRIPT))


def test_a_package_of_another_version_than_the_sources_say_is_told(tmp_path: Path, npm: Path) -> None:
    tree(tmp_path, TYPESCRIPT)
    npm.with_name("npm").write_text(f"#!{sys.executable}\n")
    with pytest.raises(FindingsError, match=r"made no package of version 0\.2\.0"):
        built(tmp_path)


@pytest.mark.slow
def test_npm_is_only_missed_where_it_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    tree(tmp_path, {**PYTHON, **TYPESCRIPT})
    with pytest.raises(MissingError) as caught:
        built(tmp_path)
    assert "--python-only" in caught.value.hint
    assert built(tmp_path, languages=frozenset({Language.PYTHON})).libraries


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("python/a/pyproject.toml", "[project", "cannot be read"),
        ("python/a/pyproject.toml", b"\xff", "cannot be read"),
        ("python/a/pyproject.toml", "[project]\nversion = '1'", "no name"),
        ("python/a/pyproject.toml", "[project]\nname = 'a'\ndynamic = ['version']", "no version"),
        ("python/pyproject.toml", "project = 1", "no name"),
        ("typescript/a/package.json", "{", "cannot be read"),
        ("typescript/a/package.json", "[]", "no name"),
        ("typescript/a/package.json", '{"name": "../a b", "version": "1.0.0"}', "no name"),
        ("typescript/a/package.json", '{"name": "a", "version": "latest/.."}', "no version"),
    ],
)
def test_settings_that_say_too_little_name_the_file(
    tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    with pytest.raises(FindingsError, match=said) as caught:
        built(tree(tmp_path, {"apps": None, f"shared/{name}": content}))
    assert str(tmp_path / "shared" / name) in caught.value.message


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("npm") is None, reason="NO NPM, so the samples' npm package was not tried")
def test_the_samples_libraries_build_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:1/")
    shutil.copytree(SAMPLES / "shared", tmp_path / "shared", ignore=shutil.ignore_patterns("dist", "*.tgz"))
    tree(tmp_path, {"apps": None})
    assert [str(library.package.relative_to(tmp_path)) for library in built(tmp_path).libraries] == [
        "shared/python/dist/kamiwaza_auth-0.1.0-py3-none-any.whl",
        "shared/typescript/kamiwaza-auth/kamiwaza-auth-0.1.0.tgz",
    ]
