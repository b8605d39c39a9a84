"""Logins are found where `docker login` and `podman login` have put them, and never shown."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from catalog.errors import CatalogError, MissingError, UsageError
from catalog.remote.credentials import Login, Token
from catalog.remote.docker_logins import DockerLogins
from tests.support.stub_program import shell_program

if TYPE_CHECKING:
    from pathlib import Path

HOST = "registry.acme.test:5000"
SECRET = "pa55:wörd-secret"


def auth(name: str = "ada", password: str = SECRET) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{name}:{password}".encode()).decode()}


def logins(folder: Path, config: Any = None, **files: Any) -> DockerLogins:
    (folder / ".docker").mkdir(exist_ok=True)
    if config is not None:
        (folder / ".docker/config.json").write_text(json.dumps(config))
    environment = {"HOME": str(folder), "PATH": f"{folder}/bin:/usr/bin:/bin"}
    for variable, content in files.items():
        path = folder / f"{variable}.json"
        path.write_text(json.dumps(content))
        environment[variable] = str(path)
    return DockerLogins(environment)


def known(found: object) -> tuple[str, str]:
    assert isinstance(found, Login)
    return found.username, found.password.get_secret_value()


@pytest.mark.parametrize("key", [HOST, f"https://{HOST}", f"https://{HOST}/v1/", f"http://{HOST}"])
def test_a_login_in_the_file_is_found_however_the_registry_is_called(tmp_path: Path, key: str) -> None:
    assert known(logins(tmp_path, {"auths": {key: auth()}}).login(HOST)) == ("ada", SECRET)


def test_docker_hub_has_an_old_name(tmp_path: Path) -> None:
    found = logins(tmp_path, {"auths": {"https://index.docker.io/v1/": auth()}})
    assert known(found.login("docker.io"))[0] == "ada"
    assert found.login(HOST) is None


def test_nobody_is_logged_in_without_files(tmp_path: Path) -> None:
    assert logins(tmp_path).login(HOST) is None
    assert logins(tmp_path, {"auths": {HOST: {}}, "credHelpers": 5}).login(HOST) is None


def test_an_identity_token_goes_before_a_password(tmp_path: Path) -> None:
    found = logins(tmp_path, {"auths": {HOST: {**auth(), "identitytoken": "t0ken"}}}).login(HOST)
    assert isinstance(found, Token)
    assert found.value.get_secret_value() == "t0ken"


def test_podmans_file_counts_too(tmp_path: Path) -> None:
    found = logins(tmp_path, {"auths": {}}, REGISTRY_AUTH_FILE={"auths": {HOST: auth("bob")}})
    assert known(found.login(HOST)) == ("bob", SECRET)


def helper(folder: Path, script: str) -> None:
    shell_program(folder / "bin/docker-credential-vault", script)


@pytest.mark.parametrize("config", [{"credsStore": "vault"}, {"credHelpers": {HOST: "vault"}}])
def test_a_helper_is_asked_for_the_host(tmp_path: Path, config: dict[str, Any]) -> None:
    helper(tmp_path, 'read host || true; printf \'{"Username":"eve","Secret":"%s"}\' "$host" | tr -d "\\n"')
    assert known(logins(tmp_path, config).login(HOST)) == ("eve", HOST)


def test_a_helper_may_have_a_token_or_nothing(tmp_path: Path) -> None:
    helper(tmp_path, 'echo \'{"Username":"<token>","Secret":"t0ken"}\'')
    assert isinstance(logins(tmp_path, {"credsStore": "vault"}).login(HOST), Token)
    helper(tmp_path, "echo 'credentials not found in native keychain'; exit 1")
    assert logins(tmp_path, {"credsStore": "vault"}).login(HOST) is None
    both = {"credsStore": "vault", "auths": {HOST: auth()}}
    assert known(logins(tmp_path, both).login(HOST)) == ("ada", SECRET)


@pytest.mark.parametrize(
    "script",
    ["exit 2", f"echo {SECRET} >&2; exit 1", "echo no json", 'echo \'{"Username": 5, "Secret": 6}\''],
)
def test_a_helper_that_fails_is_named(tmp_path: Path, script: str) -> None:
    helper(tmp_path, script)
    with pytest.raises(MissingError, match="docker-credential-vault") as caught:
        logins(tmp_path, {"credsStore": "vault"}).login(HOST)
    assert SECRET not in caught.value.message


def test_a_helper_is_a_name_and_no_path(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        logins(tmp_path, {"credsStore": "../../bin/sh"}).login(HOST)


@pytest.mark.parametrize(
    "config", [[], "text", {"auths": {HOST: {"auth": "%%%"}}}, {"auths": {HOST: {"auth": "YWRh"}}}]
)
def test_a_damaged_file_is_named_but_not_repeated(tmp_path: Path, config: Any) -> None:
    with pytest.raises(CatalogError, match="damaged") as caught:
        logins(tmp_path, config).login(HOST)
    assert "%%%" not in caught.value.message


def test_a_file_that_is_no_json_or_too_large_is_damaged(tmp_path: Path) -> None:
    found = logins(tmp_path, {})
    for content in ("{", "[" * 100_000, " " * 5_000_000):
        (tmp_path / ".docker/config.json").write_text(content)
        with pytest.raises(UsageError):
            found.login(HOST)
