"""Reading an extension folder never fails: whatever is in it becomes a value or a finding."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from catalog.errors import UsageError
from catalog.model.names import Kind
from catalog.workspace.extensions import read_extension, select_folders
from tests.support.trees import COMPOSE, MANIFEST, app, tree

if TYPE_CHECKING:
    from catalog.model.extension import Extension


def read(root: Path, name: str = "notes") -> Extension:
    (folder,) = select_folders(root, (name,))
    return read_extension(root, folder)


def codes_of(extension: Extension) -> list[str]:
    return [finding.code.id for finding in extension.findings]


def test_a_sound_extension_is_read_whole(tmp_path: Path) -> None:
    extension = read(
        tree(tmp_path, {**app(), "apps/notes/Dockerfile": "FROM x\n", "apps/notes/CHANGELOG.md": "c"})
    )
    assert extension.kind is Kind.APP
    assert extension.version == "1.0.0"
    assert extension.description == "Keeps notes."
    assert extension.findings == ()
    assert extension.kamiwaza is not None
    assert extension.kamiwaza.development is not None
    assert list(extension.kamiwaza.development.data["services"]) == ["web", "db"]
    assert extension.kamiwaza.dockerfiles == {PurePosixPath("Dockerfile"): "FROM x\n"}
    assert extension.readme is not None
    assert extension.changelog is not None
    assert extension.files[PurePosixPath("Dockerfile")] == len("FROM x\n")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "KZ002"),
        ("", "KZ005"),
        ("  \n", "KZ005"),
        (b"\xff\xfe{}", "KZ003"),
        ("[1]", "KZ007"),
        ("null", "KZ007"),
        ('"text"', "KZ007"),
        ('{"a": 1, "a": 2}', "KZ008"),
        ('{"a": }', "KZ006"),
        ("[" * 100_000, "KZ009"),
        (b" " * (4 * 1024 * 1024 + 1), "KZ009"),
    ],
)
def test_an_unusable_manifest_is_one_finding(tmp_path: Path, content: Any, code: str) -> None:
    extension = read(tree(tmp_path, {"apps/notes/kamiwaza.json": content}))
    assert codes_of(extension) == [code]
    assert extension.kamiwaza is None
    assert extension.version == ""
    assert extension.description == ""
    assert extension.texts() == {}


def test_a_folder_without_a_manifest_is_a_finding_that_says_what_to_do(tmp_path: Path) -> None:
    extension = read(tree(tmp_path, {"apps/notes/README.md": "x"}))
    assert codes_of(extension) == ["KZ001"]
    assert "kamiwaza.json" in extension.findings[0].hint


def test_a_byte_order_mark_is_a_warning_and_the_file_is_read(tmp_path: Path) -> None:
    files = app()
    files["apps/notes/docker-compose.yml"] = "\ufeff" + COMPOSE
    extension = read(tree(tmp_path, files))
    assert codes_of(extension) == ["KZ004"]
    assert extension.kamiwaza is not None
    assert extension.kamiwaza.development is not None


@pytest.mark.parametrize(
    ("compose", "code", "line"),
    [
        ("services:\n  a: 1\n  a: 2\n", "KZ008", 3),
        ("services: [", "KZ006", 2),
        ("a: &a [x,x]\n" + "".join(f"{n}: &{n} [*a]\n" for n in range(3)) + "[" * 100, "KZ006", 6),
        ("[" * 1000, "KZ009", 1),
        ("text", "KZ007", None),
    ],
)
def test_an_unusable_compose_file_is_a_finding_with_its_line(
    tmp_path: Path, compose: str, code: str, line: int | None
) -> None:
    extension = read(tree(tmp_path, app(compose=compose)))
    assert codes_of(extension) == [code]
    assert extension.findings[0].line == line


@pytest.mark.parametrize(
    ("content", "code", "hint"),
    [
        ("", "KZ005", "or delete it"),
        ('{"a": }', "KZ006", "Correct that place"),
        ('{"a": 1,\n}', "KZ006", "Take that comma away."),
        ('{"a": NaN}', "KZ006", "Write a number there"),
        ("[1]", "KZ007", '{"name": "my-app"'),
        ('{"a": 1, "a": 2}', "KZ008", "Keep one"),
    ],
)
def test_a_manifest_that_cannot_be_used_comes_with_what_to_do(
    tmp_path: Path, content: str, code: str, hint: str
) -> None:
    (finding,) = read(tree(tmp_path, {"apps/notes/kamiwaza.json": content})).findings
    assert finding.code.id == code
    assert hint in finding.hint


@pytest.mark.parametrize(
    ("compose", "hint"),
    [("", "or delete it"), ("services: [", "Correct that place"), ("- web", "such as: services:")],
)
def test_a_compose_file_that_cannot_be_used_comes_with_what_to_do(
    tmp_path: Path, compose: str, hint: str
) -> None:
    (finding,) = read(tree(tmp_path, app(compose=compose))).findings
    assert hint in finding.hint


def test_a_pipe_in_the_place_of_a_file_does_not_block(tmp_path: Path) -> None:
    tree(tmp_path, app())
    os.mkfifo(tmp_path / "apps/notes/docker-compose.appgarden.yml")
    assert codes_of(read(tmp_path)) == ["KZ002"]


def test_a_file_that_cannot_be_opened_is_a_finding(tmp_path: Path) -> None:
    tree(tmp_path, {"apps/notes/kamiwaza.json": Path("kamiwaza.json")})  # a link to itself
    assert codes_of(read(tmp_path)) == ["KZ002"]


def test_a_link_out_of_the_workspace_is_a_finding_and_is_not_followed(tmp_path: Path) -> None:
    tree(tmp_path, {"secret.json": MANIFEST, "secret.yml": COMPOSE})
    files = {
        "apps/notes/kamiwaza.json": tmp_path / "secret.json",
        "apps/notes/docker-compose.yml": tmp_path / "secret.yml",
    }
    extension = read(tree(tmp_path / "ws", files))
    assert codes_of(extension) == ["KZ010", "KZ010"]
    assert extension.kamiwaza is None


def test_a_folder_that_is_a_link_out_of_the_workspace_is_not_read(tmp_path: Path) -> None:
    tree(tmp_path, app("notes"))
    extension = read(tree(tmp_path / "ws", {"apps/notes": tmp_path / "apps/notes"}))
    assert codes_of(extension) == ["KZ010"]
    assert extension.files == {}


def test_a_link_within_the_workspace_is_followed(tmp_path: Path) -> None:
    tree(tmp_path, {**app(), "shared/README.md": "shared"})
    (tmp_path / "apps/notes/README.md").unlink()
    (tmp_path / "apps/notes/README.md").symlink_to("../../shared/README.md")
    extension = read(tmp_path)
    assert extension.findings == ()
    assert extension.readme is not None
    assert extension.readme.text == "shared"


def test_a_dangling_link_counts_as_absent(tmp_path: Path) -> None:
    extension = read(tree(tmp_path, {**app(), "apps/notes/.#lock": tmp_path / "gone"}))
    assert extension.findings == ()


def test_dependency_folders_are_not_the_extensions(tmp_path: Path) -> None:
    files = {**app(), "apps/notes/web/node_modules/x/kamiwaza.json": "{}", "apps/notes/.venv/a": "x"}
    assert all("node_modules" not in path.parts for path in read(tree(tmp_path, files)).files)


@pytest.mark.parametrize("name", ["docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"])
def test_every_usual_name_of_a_compose_file_is_read(tmp_path: Path, name: str) -> None:
    source = read(
        tree(tmp_path, {"apps/notes/kamiwaza.json": MANIFEST, f"apps/notes/{name}": COMPOSE})
    ).kamiwaza
    assert source is not None
    assert source.development is not None
    assert source.development.path.name == name


def test_files_that_extends_and_include_name_are_read_in_turn(tmp_path: Path) -> None:
    files = app(
        compose="services:\n  web:\n    extends: {file: base/a.yml, service: x}\ninclude:\n  - b.yml\n"
    )
    files["apps/notes/base/a.yml"] = "services:\n  x:\n    extends: {file: ../c.yml, service: y}\n"
    files["apps/notes/b.yml"] = "include:\n  - path: [./d.yml]\n"
    files |= {"apps/notes/c.yml": "services: {y: {image: z}}\n", "apps/notes/d.yml": "services: {}\n"}
    source = read(tree(tmp_path, files)).kamiwaza
    assert source is not None
    assert set(map(str, source.included)) == {"base/a.yml", "b.yml", "c.yml", "d.yml"}


def test_dockerfiles_of_included_services_are_read_where_they_lie(tmp_path: Path) -> None:
    files = app(compose="include: [sub/a.yml]\nservices: {web: {build: ./web}}\n")
    files |= {"apps/notes/sub/a.yml": "services: {x: {build: {context: ../x, dockerfile: D}}}\n"}
    files |= {"apps/notes/x/D": "FROM a\n", "apps/notes/web/Dockerfile": "FROM b\n"}
    source = read(tree(tmp_path, files)).kamiwaza
    assert source is not None
    assert source.dockerfiles == {
        PurePosixPath("web/Dockerfile"): "FROM b\n",
        PurePosixPath("x/D"): "FROM a\n",
    }


def test_the_dockerfile_of_a_service_that_extends_another_is_read_where_that_builds(tmp_path: Path) -> None:
    compose = "services: {a: {build: ./api}, b: {extends: a, build: {dockerfile: Other}}}\n"
    files = app(compose=compose) | {"apps/notes/api/Other": "FROM a\n"}
    source = read(tree(tmp_path, files)).kamiwaza
    assert source is not None
    assert source.dockerfiles == {PurePosixPath("api/Other"): "FROM a\n"}


@pytest.mark.parametrize("name", ["a b", "Ünïcode", "a.b", "..notes", "UPPER"])
def test_odd_directory_names_are_read_like_any_other(tmp_path: Path, name: str) -> None:
    tree(tmp_path, {f"apps/{name}/kamiwaza.json": MANIFEST})
    if name.startswith("."):
        assert select_folders(tmp_path) == []
    else:
        assert read(tmp_path, name).name == name


def test_an_unknown_name_tells_the_nearest_ones(tmp_path: Path) -> None:
    tree(tmp_path, app("field-notes"))
    with pytest.raises(UsageError) as caught:
        select_folders(tmp_path, ("feild-notes",))
    assert "field-notes" in caught.value.hint


def test_an_unknown_name_without_a_near_one_points_to_the_list(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tool called 'x'") as caught:
        select_folders(tmp_path, ("x",), Kind.TOOL)
    assert "catalog list" in caught.value.hint
