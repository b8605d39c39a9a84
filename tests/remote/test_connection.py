"""Options go before the environment, that before the workspace, that before the file; logins stay at home."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.errors import UsageError
from catalog.remote.config_file import config_path, is_open_to_others, read_config
from catalog.remote.connection import Connection, Wishes, find_connection
from catalog.remote.credentials import Login, Token, secrets_of
from catalog.remote.trust import tls_context


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / ".kamiwaza" / "config.yaml"
    path.parent.mkdir()
    path.write_text("url: https://home.test\nusername: ada\npassword: hunter2\nother: [1]\n")
    path.chmod(0o600)
    return path


def found(config: Path, environment: dict[str, str] | None = None, **wishes: object) -> Connection:
    return find_connection(Wishes(**wishes), environment or {}, config)  # type: ignore[arg-type]


def login(connection: Connection) -> tuple[str, ...]:
    match connection.credentials:
        case Login(username, password):
            return (username, password.get_secret_value())
        case Token(value):
            return (value.get_secret_value(),)
        case None:
            return ()


def test_without_anything_it_is_this_machine(tmp_path: Path) -> None:
    connection = found(tmp_path / "config.yaml")
    assert str(connection.address) == "http://localhost/api"
    assert connection == Connection(connection.address)


def test_an_option_beats_the_environment_beats_the_workspace_beats_the_file(config: Path) -> None:
    environment = {"KAMIWAZA_BASE_URL": "https://b.test", "KAMIWAZA_API_URL": "https://env.test/api"}
    wishes = {"url": "https://option.test", "workspace_url": "https://workspace.test"}
    assert str(found(config, environment, **wishes).address) == "https://option.test/api"
    del wishes["url"]
    assert str(found(config, environment, **wishes).address) == "https://env.test/api"
    assert str(found(config, {}, **wishes).address) == "https://workspace.test/api"
    assert str(found(config).address) == "https://home.test/api"


def test_the_login_of_the_file_is_for_the_address_of_the_file_alone(config: Path) -> None:
    assert login(found(config)) == ("ada", "hunter2")
    assert login(found(config, workspace_url="https://home.test/api")) == ("ada", "hunter2")
    for url in ("https://elsewhere.test", "http://home.test", "https://home.test:8443"):
        assert found(config, workspace_url=url).credentials is None
        assert found(config, url=url).username == ""


@pytest.mark.parametrize("name", ["KAMIWAZA_API_KEY", "KAMIWAZA_API_TOKEN", "KAMIWAZA_PASSWORD"])
def test_the_environments_login_goes_to_no_address_that_only_the_workspace_names(
    config: Path, name: str
) -> None:
    with pytest.raises(UsageError, match=f"{name} is not sent to https://workspace.test") as caught:
        found(config, {name: "secret"}, workspace_url="https://workspace.test/api")
    assert caught.value.hint.startswith("If it is yours, name it yourself: --url https://workspace.test")
    assert "secret" not in f"{caught.value.message} {caught.value.hint}"
    named = {name: "secret", "KAMIWAZA_USERNAME": "ada"}
    assert found(config, named, url="https://option.test", workspace_url="https://x.test").credentials
    assert found(config, named, workspace_url="https://home.test").credentials


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"KAMIWAZA_API_TOKEN": "t"}, ("t",)),
        ({"KAMIWAZA_API_TOKEN": "t", "KAMIWAZA_API_KEY": "k"}, ("k",)),
        ({"KAMIWAZA_API_KEY": "k", "KAMIWAZA_USERNAME": "u", "KAMIWAZA_PASSWORD": "p"}, ("k",)),
        ({"KAMIWAZA_USERNAME": "u", "KAMIWAZA_PASSWORD": "p"}, ("u", "p")),
        ({"KAMIWAZA_PASSWORD": "p"}, ("ada", "p")),
        ({"KAMIWAZA_USERNAME": "u"}, ()),  # ada's password is not u's
        ({"KAMIWAZA_USERNAME": "ada"}, ("ada", "hunter2")),
        ({"KAMIWAZA_API_TOKEN": ""}, ("ada", "hunter2")),
    ],
)
def test_the_environments_login_goes_first(
    config: Path, environment: dict[str, str], expected: tuple[str, ...]
) -> None:
    assert login(found(config, environment)) == expected


def test_a_token_in_the_file_goes_before_a_password(config: Path) -> None:
    config.write_text("api_key: abc\nusername: ada\npassword: x\n")
    assert login(found(config)) == ("abc",)
    assert login(found(config, {"KAMIWAZA_USERNAME": "u", "KAMIWAZA_PASSWORD": "p"})) == ("u", "p")


@pytest.mark.parametrize("word", ["false", "0", "no", "OFF "])
def test_certificates_unchecked_is_said_loudly(tmp_path: Path, word: str) -> None:
    connection = found(tmp_path / "none", {"KAMIWAZA_VERIFY_SSL": word}, url="https://a.test")
    assert not connection.verify
    assert connection.warnings[0].startswith("CERTIFICATES ARE NOT CHECKED (KAMIWAZA_VERIFY_SSL=")
    assert found(tmp_path / "none", {"KAMIWAZA_VERIFY_SSL": "true"}).verify
    assert found(tmp_path / "none", insecure=True, url="https://a.test").warnings[0].count("--insecure")


def test_an_authority_that_is_named_is_checked_whatever_the_environment_says(tmp_path: Path) -> None:
    connection = found(tmp_path / "none", {"KAMIWAZA_VERIFY_SSL": "0"}, ca=tmp_path / "ca.pem")
    assert connection.verify
    assert connection.warnings == ()
    with pytest.raises(UsageError, match="--ca and --insecure contradict each other"):
        found(tmp_path / "none", ca=tmp_path / "ca.pem", insecure=True)


def test_trust_of_the_file_is_for_the_address_of_the_file_alone(config: Path) -> None:
    config.write_text("url: https://home.test\nverify_ssl: false\nca: /etc/ca.pem\n")
    assert (found(config).verify, found(config).ca) == (False, Path("/etc/ca.pem"))
    elsewhere = found(config, url="https://elsewhere.test")
    assert (elsewhere.verify, elsewhere.ca) == (True, None)


def test_a_login_that_others_can_read_is_warned_of(config: Path) -> None:
    assert found(config).warnings == ()
    config.chmod(0o644)
    assert found(config).warnings == (
        f"{config} has a login and can be read by others. Close it: chmod 600 {config}",
    )
    config.write_text("url: https://home.test\n")
    assert found(config).warnings == ()
    assert not is_open_to_others(config.parent / "none")


@pytest.mark.parametrize(
    "content",
    [
        b"password: *hunter2",
        b"password: {hunter2",
        b"password: 'hunter2",
        b"hunter2",
        b"- hunter2",
        b"password: [hunter2]",
        b"hunter2: 1\nhunter2: 2",
        b"verify_ssl: hunter2",
        b"password: !!python/object:hunter2 {}",
        b"\xff hunter2",
        b"[" * 100_000,
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_nothing_of_it_is_repeated(
    config: Path, content: bytes
) -> None:
    config.write_bytes(content)
    with pytest.raises(UsageError) as refusal:
        read_config(config)
    assert str(config) in refusal.value.message
    assert "hunter2" not in refusal.value.message + refusal.value.hint + repr(refusal.value.__cause__)


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        read_config(tmp_path)


def test_an_empty_file_says_nothing(config: Path) -> None:
    config.write_text("")
    assert read_config(config).url is None


def test_the_file_lies_in_the_home_folder() -> None:
    assert config_path({"HOME": "/home/user"}) == Path("/home/user/.kamiwaza/config.yaml")
    assert config_path({}) == Path.home() / ".kamiwaza" / "config.yaml"


def test_a_login_does_not_show_its_secret(config: Path) -> None:
    connection = found(config, {"KAMIWAZA_PASSWORD": "other-hunter2"})
    assert "hunter2" not in repr(connection) + str(connection.credentials)
    assert secrets_of(connection.credentials) == ("other-hunter2",)
    assert secrets_of(found(config, {"KAMIWAZA_API_KEY": "k"}).credentials) == ("k",)
    assert secrets_of(None) == ()


def test_a_file_without_a_certificate_is_no_authority(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(UsageError, match="has no certificate in PEM form"):
        tls_context(tmp_path / "ca.pem", verify=True)
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        tls_context(tmp_path / "none.pem", verify=True)
