"""The CI files of a new workspace call what there is, keep what that writes, and name no outside host."""

from __future__ import annotations

import re
import shlex
from typing import Any

import click
import pytest
import yaml

from catalog.cli.app import group
from catalog.scaffold.workspace import workspace_files

GITHUB = ".github/workflows/catalog.yml"
GITLAB = ".gitlab-ci.yml"
FILES = {
    str(file.path): file.content.decode()
    for file in workspace_files("Acme")
    if isinstance(file.content, bytes)
}


def commands(name: str) -> list[str]:
    """What the only job of the file runs, in order."""
    data: Any = yaml.safe_load(FILES[name])
    if name == GITHUB:
        return [step["run"] for step in data["jobs"]["catalog"]["steps"] if "run" in step]
    return [*data["catalog"]["before_script"], *data["catalog"]["script"]]


def given(name: str) -> dict[str, Any]:
    """The options of the file's `catalog ci`, as the command line understands them."""
    (line,) = (command for command in commands(name) if command.startswith("catalog "))
    _, word, *arguments = shlex.split(line)
    command = group.get_command(click.Context(group), word)
    assert command is not None
    return command.make_context(word, arguments, **group.context_settings).params


@pytest.mark.parametrize("name", [GITHUB, GITLAB])
def test_the_pipeline_is_run_whole_and_refuses_stale_files(name: str) -> None:
    assert (given(name)["first"], given(name)["check_compose"]) == ("libs", True)


@pytest.mark.parametrize("name", [GITHUB, GITLAB])
def test_the_reports_are_kept_and_not_committed(name: str) -> None:
    written = {
        str(path) for key, path in given(name).items() if key in {"report", "junit", "code_quality"} and path
    }
    assert {path.partition("/")[0] for path in written} == {"reports"}
    assert "/reports/" in FILES[".gitignore"].splitlines()
    assert "reports/" in FILES[name].replace("--report reports/", "").replace("--junit reports/", "")


def test_gitlab_reads_the_reports_that_are_written() -> None:
    artifacts = yaml.safe_load(FILES[GITLAB])["catalog"]["artifacts"]
    assert artifacts["when"] == "always"
    assert artifacts["reports"] == {
        "junit": str(given(GITLAB)["junit"]),
        "codequality": str(given(GITLAB)["code_quality"]),
    }


def test_github_may_only_read_the_repository() -> None:
    assert yaml.safe_load(FILES[GITHUB])["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("name", [GITHUB, GITLAB])
def test_no_host_is_named(name: str) -> None:
    assert re.findall(r"https?://|\b[a-z0-9-]+\.(?:io|com|org|dev|net)\b", FILES[name]) == []


def test_the_cache_of_a_gitlab_job_lies_in_its_folder_and_is_not_committed() -> None:
    job = yaml.safe_load(FILES[GITLAB])["catalog"]
    assert job["variables"]["XDG_CACHE_HOME"] == "$CI_PROJECT_DIR/.cache"
    assert job["cache"]["paths"] == [".cache/catalog/"]
    assert "/.cache/" in FILES[".gitignore"].splitlines()
