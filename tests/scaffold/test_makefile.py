"""The workspace's Makefile, run by make: every target hands over exactly what it was given."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from catalog.scaffold.workspace import workspace_files

if TYPE_CHECKING:
    from pathlib import Path

RECORDER = "import json, sys\nprint(json.dumps(sys.argv[1:]))\n"
TARGETS = {
    "help",
    "new",
    "list",
    "list-apps",
    "list-services",
    "list-tools",
    "show",
    "bump",
    "sync-compose",
    "check-compose",
    "validate",
    "package-libs",
    "install-libs",
    "build",
    "build-all",
    "build-no-cache",
    "test",
    "test-all",
    "build-registry",
    "package-registry",
    "serve-registry",
    "serve",
    "show-registry",
    "publish",
    "publish-dry-run",
    "verify-images",
    "verify-images-registry",
    "verify-images-all",
    "publish-images",
    "publish-images-dry-run",
    "publish-images-single-arch",
    "push",
    "export-images",
    "publish-registry",
    "publish-registry-dry-run",
    "publish-registry-force",
    "unpublish",
    "list-published",
    "download-registry",
    "remove-publish-lock",
    "kamiwaza-push",
    "kamiwaza-list",
    "ci-pipeline",
    "clean",
    "clean-deps",
    "clean-all",
    "distclean",
}
ODD_VALUES = [
    "two words",
    "it's",
    'a "quoted" name',
    "$HOME",
    "$(HOME)",
    "$(shell touch made)",
    "$(touch made)",
    "`touch made`",
    "a; touch made",
    "a' ; touch made ; '",
    "a#b",
    "a\\b",
    "a,b)c",
    "*",
    "naïve",
]
Make = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Runs make in a workspace whose `catalog` prints its arguments as JSON."""
    for file in workspace_files("Acme"):
        path = tmp_path / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        assert isinstance(file.content, bytes)
        path.write_bytes(file.content)
    (tmp_path / "recorder.py").write_text(RECORDER)

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", f"CATALOG={sys.executable} recorder.py", *arguments],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def handed_over(result: subprocess.CompletedProcess[str]) -> list[list[str]]:
    """The arguments of every command that ran."""
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("new TYPE=app NAME=notes", ["new", "app", "notes"]),
        ("list", ["list"]),
        ("list TYPE=tool FORMAT=json", ["list", "--type", "tool", "--json"]),
        ("list-apps", ["list", "--type", "app"]),
        ("list-services", ["list", "--type", "service"]),
        ("list-tools FORMAT=json", ["list", "--type", "tool", "--json"]),
        ("show NAME=notes", ["show", "notes"]),
        ("show NAME=notes TYPE=app", ["show", "notes", "--type", "app"]),
        ("bump NAME=notes LEVEL=minor", ["bump", "notes", "minor"]),
        ("bump NAME=notes LEVEL=PATCH TYPE=app", ["bump", "notes", "patch", "--type", "app"]),
        ("sync-compose", ["sync-compose"]),
        ("sync-compose NAME=notes TYPE=app", ["sync-compose", "notes", "--type", "app"]),
        ("check-compose", ["sync-compose", "--check"]),
        ("check-compose TYPE=app", ["sync-compose", "--type", "app", "--check"]),
        ("validate", ["validate"]),
        ("validate TYPE=service NAME=service-x", ["validate", "service-x", "--type", "service"]),
        ("package-libs", ["libs", "build"]),
        ("package-libs PYTHON_ONLY=1 CLEAN=1", ["libs", "build", "--python-only", "--clean"]),
        ("package-libs TS_ONLY=1", ["libs", "build", "--ts-only"]),
        ("install-libs", ["libs", "install"]),
        (
            "install-libs NAME=a TYPE=app PYTHON_ONLY=1 LIBS=kamiwaza_auth",
            ["libs", "install", "a", "--type", "app", "--python-only", "--lib", "kamiwaza_auth"],
        ),
        (
            "install-libs PY_PATH=api TS_PATH=web",
            ["libs", "install", "--py-path", "api", "--ts-path", "web"],
        ),
        ("ci-pipeline", ["ci"]),
        (
            "ci-pipeline STAGE=prod NETWORK=host FROM=validate",
            ["ci", "--stage", "prod", "--network", "host", "--from", "validate"],
        ),
        ("build TYPE=app NAME=a", ["images", "build", "a", "--type", "app"]),
        (
            "build NAME=a STAGE=dev NETWORK=host",
            ["images", "build", "a", "--stage", "dev", "--network", "host"],
        ),
        ("build-all", ["images", "build"]),
        ("build-no-cache TYPE=tool", ["images", "build", "--type", "tool", "--no-cache"]),
        ("test TYPE=app NAME=a", ["images", "test", "a", "--type", "app"]),
        ("test-all NETWORK=host", ["images", "test", "--network", "host"]),
        ("build-registry", ["build"]),
        ("build-registry STAGE=prod", ["build", "--stage", "prod"]),
        ("build-registry REPO_VERSION=v1,v2", ["build", "--repo-version", "v1,v2"]),
        (
            "show-registry NAME=notes TYPE=app STAGE=prod",
            ["show", "notes", "--type", "app", "--entry", "--stage", "prod"],
        ),
        ("verify-images", ["images", "verify"]),
        (
            "verify-images-registry NAME=a STAGE=prod PLATFORMS=linux/amd64",
            ["images", "verify", "a", "--stage", "prod", "--platforms", "linux/amd64", "--remote"],
        ),
        ("publish-images TYPE=app NAME=a", ["images", "publish", "a", "--type", "app"]),
        ("publish-images-dry-run STAGE=stage", ["images", "publish", "--stage", "stage", "--dry-run"]),
        ("publish-images-single-arch", ["images", "publish", "--single-arch"]),
        ("push NAME=a STAGE=dev DRY_RUN=1", ["images", "push", "a", "--stage", "dev", "--dry-run"]),
        ("export-images STAGE=prod", ["package", "--stage", "prod"]),
        ("publish-registry", ["publish"]),
        (
            "publish-registry STAGE=prod REPO_VERSION=v2",
            ["publish", "--stage", "prod", "--repo-version", "v2"],
        ),
        ("publish-registry-dry-run STAGE=prod", ["publish", "--stage", "prod", "--dry-run"]),
        ("publish-registry-force NAME=notes", ["publish", "--force", "notes"]),
        ("unpublish NAME=notes STAGE=stage", ["remote", "remove", "notes", "--stage", "stage"]),
        (
            "list-published STAGE=dev TYPE=tool FORMAT=json",
            ["remote", "list", "--stage", "dev", "--type", "tool", "--json"],
        ),
        ("download-registry STAGE=prod", ["remote", "download", "--stage", "prod"]),
        ("remove-publish-lock", ["remote", "unlock"]),
        ("unpublish NAME=notes YES=1", ["remote", "remove", "notes", "--yes"]),
        ("package-registry STAGE=prod", ["package", "--stage", "prod"]),
        ("clean", ["clean"]),
        ("clean-deps", ["clean", "--deps"]),
        ("clean-all", ["clean", "--all"]),
        ("distclean", ["clean", "--dist"]),
        (
            "kamiwaza-push NAME=notes TYPE=app STAGE=dev TEMPLATE_ID=42",
            ["kamiwaza", "push", "notes", "--type", "app", "--stage", "dev", "--template-id", "42"],
        ),
        ("kamiwaza-list FORMAT=json", ["kamiwaza", "list", "--json"]),
    ],
)
def test_a_target_runs_its_command_with_what_was_given(make: Make, given: str, expected: list[str]) -> None:
    assert handed_over(make(*given.split())) == [expected]


def test_publishing_pushes_the_images_first(make: Make) -> None:
    images = ["images", "publish", "--stage", "prod", "--platforms", "linux/amd64"]
    catalog = ["publish", "--stage", "prod"]
    assert handed_over(make("publish", "STAGE=prod", "PLATFORMS=linux/amd64")) == [images, catalog]
    foreseen = [[*images, "--dry-run"], [*catalog, "--dry-run", "--images-first"]]
    assert handed_over(make("publish-dry-run", "STAGE=prod", "PLATFORMS=linux/amd64")) == foreseen


@pytest.mark.parametrize("target", ["serve-registry", "serve"])
@pytest.mark.parametrize(("given", "port"), [((), "58888"), (("PORT=9000",), "9000")])
def test_serving_builds_first(make: Make, target: str, given: tuple[str, ...], port: str) -> None:
    assert handed_over(make(target, *given)) == [["build"], ["serve", "--port", port]]


@pytest.mark.parametrize("value", ODD_VALUES)
def test_an_odd_value_arrives_as_one_argument_and_runs_nothing(
    make: Make, tmp_path: Path, value: str
) -> None:
    given = make("validate", f"NAME={value}", f"TYPE={value}")
    assert handed_over(given) == [["validate", value, "--type", value]]
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("target", ["new", "bump", "build-registry", "serve-registry"])
def test_no_target_lets_a_value_out_of_its_quotes(make: Make, tmp_path: Path, target: str) -> None:
    value = "x' \"; touch made; $(shell touch made) `touch made`"
    names = ("TYPE", "NAME", "LEVEL", "STAGE", "REPO_VERSION", "PORT")
    arguments = handed_over(make(target, *(f"{name}={value}" for name in names)))
    assert value in arguments[-1]
    assert not (tmp_path / "made").exists()


def test_the_stage_may_come_from_the_environment(make: Make) -> None:
    assert handed_over(make("build-registry", STAGE="prod")) == [["build", "--stage", "prod"]]


def test_the_name_of_the_machine_is_not_taken_for_that_of_an_extension(make: Make) -> None:
    assert handed_over(make("validate", NAME="desktop-1")) == [["validate"]]


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("new NAME=notes", "TYPE"),
        ("new TYPE=app", "NAME"),
        ("show", "NAME"),
        ("bump LEVEL=minor", "NAME"),
        ("bump NAME=notes", "LEVEL"),
        ("kamiwaza-push", "NAME"),
    ],
)
def test_a_missing_variable_is_named_with_an_example(make: Make, given: str, missing: str) -> None:
    result = make(*given.split())
    assert result.returncode == 2
    assert f"{missing} is missing. Example: make {given.split(maxsplit=1)[0]} " in result.stderr
    assert result.stdout == ""


def test_make_alone_lists_every_target_with_a_line_of_help(make: Make) -> None:
    result = make()
    assert result.returncode == 0
    listed = dict(re.findall(r"^  ([a-z-]+) +(\S.*)$", result.stdout, re.MULTILINE))
    assert set(listed) == TARGETS
    assert result.stdout == make("help").stdout


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_a_dry_run_shows_the_command_and_runs_nothing(make: Make, tmp_path: Path, target: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    result = make("-n", target, "CATALOG=echo", "TYPE=app", "NAME=two words", "LEVEL=patch")
    assert result.returncode == 0
    assert "echo" in result.stdout
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_called_as_a_target_does_not_stop_it(make: Make, tmp_path: Path) -> None:
    (tmp_path / "clean").touch()
    assert handed_over(make("clean")) == [["clean"]]
