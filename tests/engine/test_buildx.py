"""Images for several platforms: what docker buildx is told, and what its answers mean; it is a stub here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.engine.building import BuildRecipe, Listener
from catalog.engine.buildx import find_buildx
from catalog.engine.find import find_engine
from catalog.errors import CatalogError, FindingsError, MissingError
from tests.support.stub_program import docker_program, shell_program

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.engine.buildx import Buildx

DIGEST = f"sha256:{'a' * 64}"
PLATFORMS = ("linux/amd64", "linux/arm64")


def stub(tmp_path: Path, script: str) -> Buildx:
    said = tmp_path / "said"
    program = docker_program(
        tmp_path / "bin/docker",
        f"""[ "$*" = "buildx version" ] && {{ echo github.com/docker/buildx v0.17.1; exit 0; }}
printf '%s\\n' "$@" >> {said}
for word; do case $word in --metadata-file=*) note=${{word#*=}} ;; esac; done
{script}""",
    )
    found = find_buildx(str(program))
    assert found
    return found


def push(buildx: Buildx, tmp_path: Path) -> tuple[str, list[str]]:
    recipe = BuildRecipe(tmp_path, tmp_path / "Dockerfile", ("never:used",), {"A": "1"}, {"l": "x"}, "final")
    heard: list[str] = []
    digest = buildx.push(recipe, "registry.acme.test/acme/web", PLATFORMS, Listener(heard.append))
    return digest, heard


def test_an_image_is_pushed_by_its_digest_without_a_tag(tmp_path: Path) -> None:
    buildx = stub(
        tmp_path, f'echo "#1 a step" >&2; echo \'{{"containerimage.digest":"{DIGEST}"}}\' > "$note"'
    )
    digest, heard = push(buildx, tmp_path)
    assert (digest, heard) == (DIGEST, ["#1 a step"])
    words = (tmp_path / "said").read_text().splitlines()
    assert words[:2] == ["buildx", "build"]
    assert "--platform=linux/amd64,linux/arm64" in words
    name = "name=registry.acme.test/acme/web"
    assert f"--output=type=image,{name},push-by-digest=true,name-canonical=true,push=true" in words
    assert "--provenance=false" in words
    assert not {"--tag", "never:used"} & set(words)
    assert words[-2:] == ["--", str(tmp_path)]


def test_a_tag_comes_with_a_second_command(tmp_path: Path) -> None:
    stub(tmp_path, "").tag("registry.acme.test/acme/web", DIGEST, "registry.acme.test/acme/web:1.0.0")
    assert (tmp_path / "said").read_text().split() == [
        "buildx",
        "imagetools",
        "create",
        "--tag",
        "registry.acme.test/acme/web:1.0.0",
        f"registry.acme.test/acme/web@{DIGEST}",
    ]


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (
            "ERROR: Multiple platforms feature is currently not supported for docker driver",
            MissingError,
            "builder",
        ),
        (
            "ERROR: failed to solve: process /bin/sh -c false did not complete",
            FindingsError,
            "does not build",
        ),
        ("ERROR: failed to push registry.acme.test/acme/web: 401 Unauthorized", MissingError, "refuses"),
        ("ERROR: write /tmp: no space left on device", MissingError, "no room"),
    ],
)
def test_every_failure_of_a_build_has_its_own_words(
    tmp_path: Path, said: str, kind: type[CatalogError], words: str
) -> None:
    with pytest.raises(CatalogError, match=words) as caught:
        push(stub(tmp_path, f"echo '{said}' >&2; exit 1"), tmp_path)
    assert type(caught.value) is kind


@pytest.mark.parametrize("note", ["", "{", "[]", "{}", '{"containerimage.digest": "latest"}'])
def test_a_build_that_does_not_say_its_digest_is_no_success(tmp_path: Path, note: str) -> None:
    with pytest.raises(MissingError, match="does not say which digest"):
        push(stub(tmp_path, f"printf '%s' '{note}' > \"$note\""), tmp_path)


def test_a_tag_that_is_refused_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="refuses"):
        stub(tmp_path, "echo 'unauthorized: authentication required' >&2; exit 1").tag("a/b", DIGEST, "a/b:1")


def test_there_is_no_buildx_without_docker_or_its_plugin(tmp_path: Path) -> None:
    assert find_buildx(None, {"PATH": str(tmp_path)}) is None
    without = docker_program(tmp_path / "docker", "echo \"docker: 'buildx' is not a command\" >&2; exit 1")
    assert find_buildx(str(without)) is None
    assert find_buildx(str(shell_program(tmp_path / "podman", "echo podman version 4.3.1"))) is None


def test_who_chooses_podman_for_all_commands_gets_no_buildx(tmp_path: Path) -> None:
    docker_program(tmp_path / "docker", "exit 0")
    shell_program(tmp_path / "podman", "echo podman version 4.3.1")
    environment = {"PATH": str(tmp_path)}
    assert find_buildx(None, environment)
    assert find_buildx(None, {**environment, "CATALOG_ENGINE": "podman"}) is None
    assert find_buildx("docker", {**environment, "CATALOG_ENGINE": "podman"})


@pytest.mark.parametrize(
    ("host", "options"),
    [
        ("localhost:5000", "--tls-verify=false "),
        ("127.0.0.1:5000", "--tls-verify=false "),
        ("registry.acme.test", ""),
        ("localhost.acme.test:5000", ""),
    ],
)
def test_podman_lets_only_a_registry_on_this_machine_do_without_tls(
    tmp_path: Path, host: str, options: str
) -> None:
    facts = '{"host":{"os":"linux","arch":"amd64"},"version":{"Version":"4.3.1"}}'
    program = shell_program(
        tmp_path / "podman",
        f"""case "$1" in
--version) echo 'podman version 4.3.1' ;;
info) echo '{facts}' ;;
*) echo "$*" > {tmp_path}/said ;;
esac""",
    )
    find_engine(str(program)).push(f"{host}/acme/web:1")
    assert (tmp_path / "said").read_text() == f"push {options}-- {host}/acme/web:1\n"
