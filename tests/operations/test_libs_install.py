"""Packages of shared libraries reach the extensions that name them, and those name what was copied."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import FindingsError, MissingError, UsageError
from catalog.operations.images_build import ImagesBuildRequest, images_build
from catalog.operations.libs_install import LibsInstallRequest, LibsInstallResult, libs_install
from catalog.workspace.library_references import named, references, renamed
from catalog.workspace.shared_libraries import Language, Library
from catalog.workspace.workspace import open_workspace
from tests.support.fake_engine import FakeEngine
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from pathlib import Path

WHEEL, TARBALL = "acme_auth-0.2.0-py3-none-any.whl", "acme-auth-0.2.0.tgz"
LIBRARIES: dict[str, Any] = {
    "shared/python/acme/pyproject.toml": '[project]\nname = "acme-auth"\nversion = "0.2.0"\n',
    f"shared/python/dist/{WHEEL}": b"a wheel",
    "shared/typescript/auth/package.json": {"name": "@acme/auth", "version": "0.2.0"},
    f"shared/typescript/auth/{TARBALL}": b"a tarball",
}
BACKEND, FRONTEND = "apps/notes/backend/", "apps/notes/frontend/"
REQUIREMENTS = "# ours\n./acme_auth-0.1.0-py3-none-any.whl\nfastapi==1\n"
PACKAGE = '{\n\t"dependencies": { "@acme/auth": "file:./acme-auth-0.1.0.tgz", "next": "^14" }\n}'
USER: dict[str, Any] = {
    **app("notes"),
    f"{BACKEND}requirements.txt": REQUIREMENTS,
    f"{FRONTEND}package.json": PACKAGE,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tree(tmp_path, {**LIBRARIES, **USER, **app("maps")})


def install(root: Path, *names: str, **request: Any) -> LibsInstallResult:
    return libs_install(open_workspace(root, root), LibsInstallRequest(names=names, **request))


def files(root: Path) -> dict[str, bytes]:
    apps = (path for path in (root / "apps").rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in apps}


def test_a_package_is_copied_beside_the_file_that_names_it(root: Path) -> None:
    result = install(root)
    assert [(copy.extension, copy.library, copy.is_new) for copy in result.installed] == [
        ("notes", "acme-auth", True),
        ("notes", "@acme/auth", True),
    ]
    assert (root / BACKEND / WHEEL).read_bytes() == b"a wheel"
    assert (root / FRONTEND / TARBALL).read_bytes() == b"a tarball"


def test_the_new_version_is_named_and_no_other_byte_changes(root: Path) -> None:
    install(root)
    assert (root / BACKEND / "requirements.txt").read_text() == REQUIREMENTS.replace("0.1.0", "0.2.0")
    assert (root / FRONTEND / "package.json").read_text() == PACKAGE.replace("0.1.0", "0.2.0")


def test_copies_of_older_versions_go(root: Path) -> None:
    old = root / BACKEND / "acme_auth-0.1.0-py3-none-any.whl"
    foreign = root / BACKEND / "acme_auth_more-0.1.0-py3-none-any.whl"
    old.touch()
    foreign.touch()
    assert install(root).installed[0].removed == (old,)
    assert (old.exists(), foreign.exists()) == (False, True)


def test_libraries_that_one_file_names_are_all_installed(root: Path) -> None:
    tree(
        root,
        {
            "shared/python/more/pyproject.toml": '[project]\nname = "acme-more"\nversion = "2.0.0"\n',
            "shared/python/dist/acme_more-2.0.0-py3-none-any.whl": b"more",
            "shared/typescript/more/package.json": {"name": "@acme/more", "version": "2.0.0"},
            "shared/typescript/more/acme-more-2.0.0.tgz": b"more",
            f"{BACKEND}requirements.txt": f"{REQUIREMENTS}./acme_more-1.0.0-py3-none-any.whl\n",
            f"{BACKEND}acme_more-1.0.0-py3-none-any.whl": b"old",
            f"{FRONTEND}package.json": PACKAGE.replace(
                ' "next"', ' "@acme/more": "file:acme-more-1.0.0.tgz", "next"'
            ),
            f"{FRONTEND}acme-more-1.0.0.tgz": b"old",
        },
    )
    planned = install(root, dry_run=True)
    assert install(root).installed == planned.installed
    requirements = (root / BACKEND / "requirements.txt").read_text()
    assert f"./{WHEEL}\n" in requirements
    assert "./acme_more-2.0.0-py3-none-any.whl\n" in requirements
    package = json.loads((root / FRONTEND / "package.json").read_text())["dependencies"]
    assert package["@acme/auth"] == f"file:./{TARBALL}"
    assert package["@acme/more"] == "file:acme-more-2.0.0.tgz"
    packages = {path.name for path in (root / "apps/notes").rglob("*") if path.suffix in {".whl", ".tgz"}}
    assert packages == {WHEEL, TARBALL, "acme_more-2.0.0-py3-none-any.whl", "acme-more-2.0.0.tgz"}


def test_a_package_whose_name_goes_on_with_digits_is_another_one(root: Path) -> None:
    other = "acme-auth-2fa-0.1.0.tgz"
    line = f'"@acme/auth-2fa": "file:./{other}", "next"'
    tree(root, {f"{FRONTEND}package.json": PACKAGE.replace('"next"', line), f"{FRONTEND}{other}": b"other"})
    (copy,) = install(root, languages=frozenset({Language.TYPESCRIPT})).installed
    assert (copy.library, copy.removed) == ("@acme/auth", ())
    assert (root / FRONTEND / other).is_file()
    assert f"file:./{other}" in (root / FRONTEND / "package.json").read_text()


def test_a_preliminary_package_is_not_taken_for_the_version_itself(root: Path) -> None:
    folder = root / "shared/typescript/auth"
    (folder / TARBALL).rename(folder / "acme-auth-0.2.0-beta.1.tgz")
    with pytest.raises(MissingError, match=r"@acme/auth 0\.2\.0 has not been built"):
        install(root)


def test_a_preliminary_package_is_an_older_version(root: Path) -> None:
    old = root / FRONTEND / "acme-auth-0.2.0-beta.1.tgz"
    old.touch()
    tree(root, {f"{FRONTEND}package.json": PACKAGE.replace("0.1.0", "0.2.0-beta.1")})
    assert install(root).installed[1].removed == (old,)
    assert (root / FRONTEND / "package.json").read_text() == PACKAGE.replace("0.1.0", "0.2.0")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("frontend/requirements.txt", "../backend/acme_auth-0.1.0-py3-none-any.whl"),
        ("backend/Dockerfile", "COPY acme_auth-0.1.0-py3-none-any.whl ./"),
    ],
)
def test_a_package_that_another_file_still_names_stays(root: Path, name: str, line: str) -> None:
    old = root / BACKEND / "acme_auth-0.1.0-py3-none-any.whl"
    old.touch()
    tree(root, {f"apps/notes/{name}": f"{line}\n"})
    assert install(root).installed[0].removed == ()
    assert old.exists()
    assert (root / "apps/notes" / name).read_text() == f"{line}\n"


def test_two_files_that_name_one_package_are_both_changed(root: Path) -> None:
    old = root / BACKEND / "acme_auth-0.1.0-py3-none-any.whl"
    old.touch()
    tree(root, {f"{BACKEND}requirements-dev.txt": REQUIREMENTS})
    install(root)
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert (root / BACKEND / name).read_text() == REQUIREMENTS.replace("0.1.0", "0.2.0")
    assert not old.exists()


def test_what_leaves_the_folder_is_not_renamed_beside_what_stays_in_it(root: Path) -> None:
    line = "../other/acme_auth-0.1.0-py3-none-any.whl\n"
    (root / BACKEND / "requirements.txt").write_text(f"{REQUIREMENTS}{line}")
    install(root)
    assert (root / BACKEND / "requirements.txt").read_text().endswith(line)


def test_a_second_time_changes_nothing(root: Path) -> None:
    install(root)
    before = files(root)
    assert [(copy.is_new, copy.is_renamed) for copy in install(root).installed] == [(False, False)] * 2
    assert files(root) == before


def test_a_dry_run_tells_the_same_and_touches_nothing(root: Path) -> None:
    before = files(root)
    planned = install(root, dry_run=True)
    assert files(root) == before
    assert planned.installed == install(root).installed


def test_a_package_in_a_subfolder_stays_in_it(root: Path) -> None:
    (root / BACKEND / "requirements.txt").write_text(
        "vendor/acme_auth-0.1.0-py3-none-any.whl ; python_version>'3'\n"
    )
    (root / BACKEND / "vendor").mkdir()
    install(root, languages=frozenset({Language.PYTHON}))
    assert (root / BACKEND / "vendor" / WHEEL).is_file()
    assert (root / BACKEND / "requirements.txt").read_text().startswith(f"vendor/{WHEEL} ;")


@pytest.mark.parametrize(
    "line",
    [
        "# ./acme_auth-0.1.0-py3-none-any.whl",
        "acme_auth==0.1.0",
        "../../../acme_auth-0.1.0-py3-none-any.whl",
        "./acme_auth_more-0.1.0-py3-none-any.whl",
        "https://files.acme.test/acme_auth-0.1.0-py3-none-any.whl",
    ],
)
def test_what_does_not_name_a_file_of_the_extension_is_left_alone(root: Path, line: str) -> None:
    (root / BACKEND / "requirements.txt").write_text(f"{line}\n")
    before = files(root)
    assert install(root, languages=frozenset({Language.PYTHON})).installed == ()
    assert files(root) == before


def test_some_extensions_languages_and_libraries_can_be_chosen(root: Path) -> None:
    assert install(root, "maps").installed == ()
    chosen = install(root, "notes", languages=frozenset({Language.TYPESCRIPT})).installed
    assert [copy.library for copy in chosen] == ["@acme/auth"]
    assert [copy.library for copy in install(root, libraries=("acme-auth",)).installed] == ["acme-auth"]


def test_an_extension_that_names_none_can_be_given_one(root: Path) -> None:
    tree(
        root,
        {"apps/maps/backend/requirements.txt": "fastapi\n", "apps/maps/web/package.json": '{"name": "w"}'},
    )
    install(root, "maps", py_path="backend", ts_path="web")
    assert (root / "apps/maps/backend/requirements.txt").read_text() == f"./{WHEEL}\nfastapi\n"
    package = json.loads((root / "apps/maps/web/package.json").read_text())
    assert package == {"name": "w", "dependencies": {"@acme/auth": f"file:./{TARBALL}"}}
    before = files(root)
    install(root, "maps", py_path="backend", ts_path="web")
    assert files(root) == before


def test_a_folder_that_a_link_leads_to_has_one_copy(root: Path) -> None:
    (root / "apps/notes/api").symlink_to("backend")
    python = frozenset({Language.PYTHON})
    (copy,) = install(root, "notes", py_path="api", languages=python).installed
    assert copy.package == root / BACKEND / WHEEL
    assert (root / BACKEND / "requirements.txt").read_text() == REQUIREMENTS.replace("0.1.0", "0.2.0")


def test_a_folder_whose_file_names_a_package_below_it_has_that_one_copy(root: Path) -> None:
    tree(root, {f"{BACKEND}requirements.txt": "vendor/acme_auth-0.1.0-py3-none-any.whl\n"})
    tree(root, {f"{BACKEND}vendor": None})
    python = frozenset({Language.PYTHON})
    (copy,) = install(root, "notes", py_path="backend", languages=python).installed
    assert copy.package == root / BACKEND / "vendor" / WHEEL


def test_a_folder_without_requirements_gets_some(root: Path) -> None:
    tree(root, {"apps/maps/backend": None})
    install(root, "maps", py_path="backend")
    assert (root / "apps/maps/backend/requirements.txt").read_text() == f"./{WHEEL}\n"


@pytest.mark.parametrize(
    ("names", "request_", "said"),
    [
        (("none",), {}, "none"),
        ((), {"libraries": ("other",)}, "no shared library 'other'"),
        ((), {"py_path": "backend"}, "belongs to one extension"),
        (("notes",), {"py_path": "nowhere"}, "no folder 'nowhere'"),
        (("notes",), {"py_path": "../maps"}, "no folder"),
        (("notes",), {"ts_path": "backend"}, r"package\.json is not there"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_before_anything_is_copied(
    root: Path, names: tuple[str, ...], request_: dict[str, Any], said: str
) -> None:
    before = files(root)
    with pytest.raises(UsageError, match=said):
        install(root, *names, **request_)
    assert files(root) == before


@pytest.mark.parametrize("text", ["{", "[]", '{"dependencies": 1}', '{"a": NaN}'])
def test_a_package_json_that_cannot_be_read_is_left_as_it_is(root: Path, text: str) -> None:
    (root / FRONTEND / "package.json").write_text(text)
    with pytest.raises(FindingsError, match=r"package\.json"):
        install(root, "notes", ts_path="frontend")
    assert (root / FRONTEND / "package.json").read_text() == text


def test_a_package_that_was_not_built_is_named_with_the_next_command(root: Path) -> None:
    (root / "shared/typescript/auth" / TARBALL).rename(root / "shared/typescript/auth/acme-auth-0.1.0.tgz")
    before = files(root)
    with pytest.raises(MissingError, match=r"@acme/auth 0\.2\.0 has not been built") as caught:
        install(root)
    assert caught.value.hint == "Build it: catalog libs build"
    assert files(root) == before


def test_an_image_is_not_built_without_the_packages_that_its_sources_name(root: Path) -> None:
    compose = "services:\n  web:\n    build: ./backend\n"
    tree(root, {**app("notes", compose=compose), f"{BACKEND}Dockerfile": "FROM scratch\n"})
    result = images_build(
        open_workspace(root, root), ImagesBuildRequest(names=("notes",)), engine=FakeEngine({})
    )
    (image,) = result.images
    assert image.message == (
        "apps/notes/backend/requirements.txt names acme_auth-0.1.0-py3-none-any.whl, which is not there"
    )
    assert image.hint == "Run: catalog libs build && catalog libs install notes"
    install(root)
    again = images_build(
        open_workspace(root, root), ImagesBuildRequest(names=("notes",)), engine=FakeEngine({})
    )
    assert [image.message for image in again.images] == [""]


def test_broken_libraries_keep_no_other_image_from_being_built(root: Path) -> None:
    tree(root, {"shared/typescript/broken/package.json": "{"})
    result = images_build(
        open_workspace(root, root), ImagesBuildRequest(names=("maps",)), engine=FakeEngine({})
    )
    assert [image.message for image in result.images] == [""]


@given(st.text(max_size=80), st.sampled_from(["requirements.txt", "package.json", "requirements/dev.txt"]))
def test_any_text_is_read_and_renaming_to_the_same_name_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, text: str, name: str
) -> None:
    folder = tmp_path_factory.mktemp("reference")
    library = Library("acme-auth", "0.2.0", Language.PYTHON, folder, folder, {})
    known = f"./{WHEEL}\n{text}"
    tree(folder, {name: known.encode("utf-8", "replace")})
    for reference in references(folder, [PurePosixPath(name)], [library]):
        if set(reference.names) == {PurePosixPath(WHEEL)}:
            assert named(known, library) == reference.names
            assert renamed(known, library, WHEEL) == known
