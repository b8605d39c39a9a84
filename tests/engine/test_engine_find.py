"""Which container engine is used: the one asked for, else the first that is there and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.engine.find import find_engine
from catalog.errors import MissingError, UsageError
from tests.support.stub_program import docker_program, nerdctl_program, shell_program

if TYPE_CHECKING:
    from pathlib import Path

PODMAN_FACTS = '{"host":{"os":"linux","arch":"arm64"},"version":{"Version":"5.2.0"}}'
PODMAN = f"""case "$1" in
--version) echo 'podman version 5.2.0' ;;
info) echo '{PODMAN_FACTS}' ;;
*) exit 125 ;;
esac"""
DEAD = """test "$1" = --version && echo 'Docker version 28.0.1, build 068a01e' && exit 0
echo 'Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?' >&2; exit 1"""


def path_of(folder: Path) -> dict[str, str]:
    return {"PATH": str(folder)}


def test_docker_is_taken_first(tmp_path: Path) -> None:
    docker_program(tmp_path / "docker", "exit 1")
    shell_program(tmp_path / "podman", PODMAN)
    info = find_engine(None, path_of(tmp_path)).info()
    assert (info.name, info.version, info.platform) == ("docker", "28.0.1", "linux/amd64")


def test_an_engine_that_does_not_answer_is_passed_over(tmp_path: Path) -> None:
    shell_program(tmp_path / "docker", DEAD)
    shell_program(tmp_path / "podman", PODMAN)
    info = find_engine(None, path_of(tmp_path)).info()
    assert (info.name, info.version, info.platform) == ("podman", "5.2.0", "linux/arm64")


def test_nerdctl_is_taken_when_nothing_else_is_there(tmp_path: Path) -> None:
    nerdctl_program(tmp_path / "nerdctl", {})
    info = find_engine(None, path_of(tmp_path)).info()
    assert (info.name, info.version, info.platform) == ("nerdctl", "1.7.16", "linux/amd64")


def test_when_none_answers_the_reason_of_each_is_told(tmp_path: Path) -> None:
    shell_program(tmp_path / "docker", DEAD)
    shell_program(
        tmp_path / "podman",
        'test "$1" = --version && echo "podman version 5.2.0" && exit 0\n'
        'echo "Error: cannot find newuidmap" >&2; exit 125',
    )
    with pytest.raises(MissingError) as raised:
        find_engine(None, path_of(tmp_path))
    assert raised.value.exit_code == 3
    assert "docker is installed but does not answer" in raised.value.message
    assert "newuidmap" in raised.value.message
    assert "systemctl start docker" in raised.value.hint


@pytest.mark.parametrize("environment", [{"PATH": "/nonexistent"}, {"PATH": ""}])
def test_when_none_is_installed_all_three_are_named(environment: dict[str, str]) -> None:
    with pytest.raises(MissingError, match="none of docker, podman, nerdctl is on PATH"):
        find_engine(None, environment)


@pytest.mark.parametrize("name", ["docker", "podman", "nerdctl", "/nonexistent/docker"])
def test_an_engine_that_was_asked_for_and_is_not_installed_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingError, match=f"{name} is not installed"):
        find_engine(name, path_of(tmp_path))


def test_an_engine_that_was_asked_for_is_not_replaced_by_another(tmp_path: Path) -> None:
    shell_program(tmp_path / "docker", DEAD)
    shell_program(tmp_path / "podman", PODMAN)
    with pytest.raises(MissingError, match="does not answer"):
        find_engine("docker", path_of(tmp_path))


def test_the_environment_may_choose_and_an_option_wins_over_it(tmp_path: Path) -> None:
    docker_program(tmp_path / "docker", "exit 1")
    shell_program(tmp_path / "podman", PODMAN)
    environment = path_of(tmp_path) | {"CATALOG_ENGINE": "podman"}
    assert find_engine(None, environment).info().name == "podman"
    assert find_engine("docker", environment).info().name == "docker"
    assert find_engine(None, path_of(tmp_path) | {"CATALOG_ENGINE": ""}).info().name == "docker"


def test_a_docker_that_is_podmans_shim_is_podman(tmp_path: Path) -> None:
    shell_program(tmp_path / "docker", f"echo 'Emulate Docker CLI using podman.' >&2\n{PODMAN}")
    engine = find_engine("docker", path_of(tmp_path))
    assert engine.info().name == "podman"
    with pytest.raises(MissingError) as raised:
        engine.remove("a:1")
    assert "Emulate" not in raised.value.message


def test_a_program_elsewhere_is_known_by_what_it_says(tmp_path: Path) -> None:
    program = shell_program(tmp_path / "my engines" / "podman-5", PODMAN)
    assert find_engine(str(program), path_of(tmp_path)).info().name == "podman"


def test_a_name_that_is_no_engine_is_refused_with_the_choices(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        find_engine("cri-o", path_of(tmp_path))
    assert raised.value.hint == "Choose docker, podman or nerdctl, or a path to one of them"


@pytest.mark.parametrize("said", ["git version 2.47", ""])
def test_a_program_that_is_no_engine_is_refused(tmp_path: Path, said: str) -> None:
    program = shell_program(tmp_path / "git", f"echo '{said}'")
    with pytest.raises(UsageError, match="is no container engine"):
        find_engine(str(program), path_of(tmp_path))
