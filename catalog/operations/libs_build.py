"""Builds the packages of a workspace's shared libraries: wheels with `build`, npm packages with npm."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import TYPE_CHECKING

from catalog.engine.program import Command, run
from catalog.errors import FindingsError, MissingError
from catalog.operations.progress import Silence
from catalog.operations.result import PathField, Request, Result
from catalog.workspace.shared_libraries import Language, Library, shared_libraries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from catalog.operations.progress import Progress
    from catalog.workspace.workspace import Workspace

_SECONDS = 600.0
_SHOWN = 2000
_LEFT_BY_BUILDS = ("build", "dist")
# Not what lies in the current folder, which may well have a build.py or a build/.
_PYTHON = (sys.executable, "-P")
_NO_BUILD = 3
_LOOK = f"""\
import sys
try:
    from build import check_dependency
except ImportError:
    sys.exit({_NO_BUILD})
sys.exit(any(True for wanted in sys.argv[1:] for _ in check_dependency(wanted)))
"""
# A package is the same wherever and whenever it is made; zip knows no earlier time.
_FIRST_MOMENT = "315532800"


class LibsBuildRequest(Request):
    """Which languages, and whether packages of earlier builds go first."""

    languages: frozenset[Language] = frozenset(Language)
    clean: bool = False


class BuiltLibrary(Result):
    """One library and its package."""

    name: str
    version: str
    language: Language
    package: PathField
    bytes: int
    seconds: float


class LibsBuildResult(Result):
    """The libraries, Python first, and what was removed before."""

    libraries: tuple[BuiltLibrary, ...]
    removed: tuple[PathField, ...] = ()


def libs_build(
    workspace: Workspace, request: LibsBuildRequest, progress: Progress | None = None
) -> LibsBuildResult:
    """Build the packages; one that fails ends the command, those before it stay.

    Raises:
        FindingsError: a library's settings are wrong, or it does not build.
        MissingError: npm or `build` is not there.
    """
    chosen = [lib for lib in shared_libraries(workspace.root) if lib.language in request.languages]
    removed = tuple(_left_over(chosen)) if request.clean else ()
    for path in removed:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    teller, built = progress or Silence(), []
    for done, library in enumerate(chosen):
        teller.advance("Building libraries", done, len(chosen))
        built.append(_build(library))
    teller.advance("Building libraries", len(chosen), len(chosen))
    return LibsBuildResult(libraries=tuple(built), removed=removed)


def _left_over(libraries: Iterable[Library]) -> Iterator[Path]:
    """What earlier builds have left: packages of every version, and their working folders."""
    for library in libraries:
        yield from library.all_packages(library.packages)
        if library.language is Language.PYTHON:
            folders = [library.folder / name for name in _LEFT_BY_BUILDS]
            folders += sorted(library.folder.glob("*.egg-info"))
            yield from (path for path in folders if path.is_dir() and path != library.packages)


def _build(library: Library) -> BuiltLibrary:
    begun = time.monotonic()
    library.packages.mkdir(parents=True, exist_ok=True)
    for command in _python(library) if library.language is Language.PYTHON else _typescript(library):
        _ran(library, command)
    package = library.package
    if package is None:
        raise FindingsError(
            f"Building {library.name} made no package of version {library.version} in {library.packages}.",
            f"Look whether {library.folder} makes a package of another version.",
        )
    return BuiltLibrary(
        name=library.name,
        version=library.version,
        language=library.language,
        package=package,
        bytes=package.stat().st_size,
        seconds=round(time.monotonic() - begun, 3),
    )


def _python(library: Library) -> Iterator[Command]:
    # Without isolation nothing is downloaded; it takes a backend that is installed beside us.
    isolation = () if _lacks_backend(library) else ("--no-isolation",)
    arguments = (*_PYTHON, "-m", "build", "--wheel", *isolation, "--outdir", str(library.packages))
    yield Command((*arguments, str(library.folder)), _environment())


def _lacks_backend(library: Library) -> bool:
    """Whether something that builds the library is not installed beside us."""
    section = library.settings.get("build-system")
    requires = section.get("requires") if isinstance(section, dict) else None
    wanted = requires if isinstance(requires, list) else ["setuptools"]
    code = run(Command((*_PYTHON, "-c", _LOOK, *map(str, wanted))), _SECONDS).exit_code
    if code == _NO_BUILD:
        raise MissingError(
            "Building Python libraries needs the package 'build'.",
            "Install it: pip install build flit-core",
        )
    return bool(code)


def _typescript(library: Library) -> Iterator[Command]:
    if shutil.which("npm") is None:
        raise MissingError(
            "Building TypeScript libraries needs npm, which is not there.",
            "Install Node, or leave them out: catalog libs build --python-only",
        )
    folder, environment = str(library.folder), _environment()
    if (
        _mapping(library, "devDependencies", "dependencies")
        and not (library.folder / "node_modules").is_dir()
    ):
        verb = "ci" if (library.folder / "package-lock.json").is_file() else "install"
        quiet = ("--no-audit", "--no-fund")
        yield Command(("npm", "--prefix", folder, verb, *quiet), environment)
    if "build" in _mapping(library, "scripts"):
        yield Command(("npm", "--prefix", folder, "run", "build"), environment)
    yield Command(("npm", "pack", folder, "--pack-destination", folder), environment)


def _mapping(library: Library, *keys: str) -> dict[str, object]:
    sections = (library.settings.get(key) for key in keys)
    return {key: value for section in sections if isinstance(section, dict) for key, value in section.items()}


def _environment() -> Mapping[str, str]:
    return {"SOURCE_DATE_EPOCH": _FIRST_MOMENT, "npm_config_update_notifier": "false", **os.environ}


def _ran(library: Library, command: Command) -> None:
    finished = run(command, _SECONDS)
    if finished.exit_code:
        said = (finished.stderr.strip() or finished.stdout.decode("utf-8", "replace").strip())[-_SHOWN:]
        raise FindingsError(
            f"{library.name} does not build ({' '.join(command.arguments[:4])} …):\n{said}",
            f"Look into {library.folder}; tools that are not installed come from a package index.",
        )
