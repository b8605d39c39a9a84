"""serve-registry.py proves who it is with a local authority that clients trust once."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.bundle_scripts.server_process import SERVER, RunningServer, hide_cryptography, outcome, running

ADDRESSES = [("127.0.0.1", "localhost"), ("127.0.0.1", "127.0.0.1"), ("::1", "::1")]


def openssl(*arguments: str | Path) -> str:
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=True).stdout


def fingerprint(certificate: Path) -> str:
    return openssl("x509", "-noout", "-fingerprint", "-sha256", "-in", certificate).strip().partition("=")[2]


def a_pair(folder: Path, name: str, *more: str) -> tuple[Path, Path]:
    """Make a self-signed certificate for `name`, as a site might bring it; returns certificate and key."""
    certificate, key = folder / "site.crt", folder / "site.key"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", *(more or ["-nodes"]),
            "-subj", "/CN=site", "-addext", f"subjectAltName=DNS:{name}",
            "-keyout", key, "-out", certificate)  # fmt: skip
    return certificate, key


def sign(state: Path, name: str, days: int, out: Path) -> None:
    """Sign the server's key for `name` with the authority in `state`, as one who stole both could."""
    request, extensions = state / "test.csr", state / "test.cnf"
    openssl("req", "-new", "-key", state / "server.key", "-subj", "/CN=test", "-out", request)
    extensions.write_text(f"subjectAltName=DNS:{name}\nauthorityKeyIdentifier=keyid\n")
    openssl("x509", "-req", "-in", request, "-CA", state / "ca.crt", "-CAkey", state / "ca.key",
            "-set_serial", "7", "-days", str(days), "-extfile", extensions, "-out", out)  # fmt: skip


@pytest.mark.parametrize(("address", "name"), ADDRESSES)
def test_a_client_that_trusts_the_authority_trusts_the_server(
    server: RunningServer, address: str, name: str
) -> None:
    with server.connect(address, name) as connection:
        assert connection.version() in {"TLSv1.2", "TLSv1.3"}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed: its trust is not tested")
def test_curl_reads_the_catalog(server: RunningServer, host: str) -> None:
    url = f"https://{host}:{server.port}/garden/default/apps.json"
    command: list[str | Path] = ["curl", "-sS", "--noproxy", "*", "--cacert", server.state / "ca.crt", url]
    read = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (read.stdout, read.stderr) == ('[{"name": "notes"}]', "")


def test_a_name_outside_the_certificate_is_refused(server: RunningServer) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for 'outside\.test'"):
        server.connect(name="outside.test")


def test_a_client_that_does_not_know_the_authority_refuses(server: RunningServer) -> None:
    stranger = ssl.create_default_context()
    with (
        server.dial() as plain,
        pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"),
    ):
        stranger.wrap_socket(plain, server_hostname="localhost")


def test_the_authority_cannot_vouch_for_a_name_of_others(server: RunningServer, tmp_path: Path) -> None:
    state = Path(shutil.copytree(server.state, tmp_path / "state"))
    sign(state, "bank.test", 30, tmp_path / "forged.crt")
    check: list[str | Path] = ["openssl", "verify", "-CAfile", state / "ca.crt", tmp_path / "forged.crt"]
    verified = subprocess.run(check, capture_output=True, text=True, check=False)
    assert verified.returncode != 0
    assert "permitted subtree violation" in verified.stderr


def test_private_keys_can_be_read_by_their_owner_only(server: RunningServer) -> None:
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in server.state.glob("*.key")} == {
        "ca.key": "0o600",
        "server.key": "0o600",
    }
    assert server.state.stat().st_mode & 0o777 == 0o700


def test_plain_http_gets_nothing_but_a_hint(server: RunningServer) -> None:
    with server.dial() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(1000), b""))
    assert answer.startswith(b"HTTP/1.0 400 ")
    assert answer.endswith(b"\r\n\r\nThis server speaks HTTPS only.\n")
    assert "refused: the client spoke plain HTTP" in server.logged("plain HTTP")


def test_the_announcement_has_the_lines_for_kamiwaza_and_both_fingerprints(
    registry: Path, tmp_path: Path
) -> None:
    with running(registry, tmp_path, "--san", "Registry.Example") as server:
        said = server.output.read_text()
    root = f"https://registry.example:{server.port}"
    assert "  export KAMIWAZA_EXTENSION_STAGE=LOCAL\n" in said
    assert f'  export KAMIWAZA_EXTENSION_LOCAL_STAGE_URL="{root}"\n' in said
    assert f"website        {root}/\n" in said
    assert fingerprint(server.state / "server.crt") in said
    assert fingerprint(server.state / "ca.crt") in said
    assert "update-ca-trust" in said
    assert "update-ca-certificates" in said


def test_no_website_is_announced_where_there_is_none(registry: Path, tmp_path: Path) -> None:
    catalogs = tmp_path / "relocated"
    shutil.copytree(registry / "garden/v2", catalogs / "garden/v2")
    with running(catalogs, tmp_path) as server:
        said = server.output.read_text()
        assert server.get("/").status == 404
    assert ("\n  registry root " in said, "\n  website " in said) == (True, False)


def test_an_added_name_is_on_the_certificate(registry: Path, tmp_path: Path) -> None:
    with running(registry, tmp_path, "--san", "registry.example", "--san", "192.0.2.7") as server:
        server.connect(name="registry.example").close()
        server.connect(name="192.0.2.7").close()


def test_a_second_start_keeps_both_certificates(registry: Path, tmp_path: Path) -> None:
    with running(registry, tmp_path) as first:
        before = [fingerprint(first.state / name) for name in ("ca.crt", "server.crt")]
    with running(registry, tmp_path) as second:
        assert [fingerprint(second.state / name) for name in ("ca.crt", "server.crt")] == before
        assert "Made a new certificate authority" not in second.output.read_text()


def test_a_name_less_renews_the_certificate_and_keeps_the_authority(registry: Path, tmp_path: Path) -> None:
    with running(registry, tmp_path, "--san", "registry.example") as first:
        trusting = first.trusting()
    with running(registry, tmp_path) as second, second.dial() as plain:
        trusting.wrap_socket(plain, server_hostname="localhost").close()
        assert "registry.example" not in openssl(
            "x509", "-noout", "-text", "-in", second.state / "server.crt"
        )


def test_a_new_name_makes_a_new_authority_and_says_so(registry: Path, tmp_path: Path) -> None:
    with running(registry, tmp_path) as first:
        old = fingerprint(first.state / "ca.crt")
    with running(registry, tmp_path, "--san", "registry.example") as second:
        assert fingerprint(second.state / "ca.crt") != old
        assert "Made a new certificate authority" in second.output.read_text()
        second.connect(name="registry.example").close()


def test_a_certificate_about_to_expire_is_renewed_without_new_trust(registry: Path, tmp_path: Path) -> None:
    with running(registry, tmp_path) as first:
        trusting = first.trusting()
    sign(first.state, "localhost", 29, first.state / "server.crt")
    old = fingerprint(first.state / "server.crt")
    with running(registry, tmp_path) as second, second.dial() as plain:
        trusting.wrap_socket(plain, server_hostname="localhost").close()
        assert fingerprint(second.state / "server.crt") != old


def test_an_interrupted_first_start_is_repaired(registry: Path, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/ca.key").write_text("half a key")
    (tmp_path / "state/ca.key").chmod(0o600)
    with running(registry, tmp_path) as server:
        assert server.get("/healthz").status == 200


def test_servers_that_start_at_once_share_one_authority(registry: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"

    def start(number: int) -> str:
        place = tmp_path / str(number)
        place.mkdir()
        with running(registry, place, "--state", state) as server, server.dial() as plain:
            trusting = ssl.create_default_context(cafile=str(state / "ca.crt"))
            trusting.wrap_socket(plain, server_hostname="localhost").close()
            return server.output.read_text()

    with ThreadPoolExecutor() as pool:
        said = list(pool.map(start, range(3)))
    assert sum("Made a new certificate authority" in text for text in said) == 1


def test_a_certificate_of_the_sites_own_is_used_and_none_is_made(registry: Path, tmp_path: Path) -> None:
    certificate, key = a_pair(tmp_path, "site.test")
    with running(registry, tmp_path, "--cert", certificate, "--key", key) as server, server.dial() as plain:
        trusting = ssl.create_default_context(cafile=str(certificate))
        trusting.wrap_socket(plain, server_hostname="site.test").close()
        assert not server.state.exists()


def test_half_a_pair_is_refused(registry: Path) -> None:
    refused = outcome("--root", registry, "--cert", "site.crt")
    assert (refused.returncode, "belong together" in refused.stderr) == (2, True)


def test_a_key_with_a_passphrase_is_refused_instead_of_asking(registry: Path, tmp_path: Path) -> None:
    certificate, key = a_pair(tmp_path, "site.test", "-passout", "pass:made up")
    refused = outcome("--root", registry, "--cert", certificate, "--key", key)
    assert (refused.returncode, "passphrase" in refused.stderr) == (2, True)


def test_private_keys_are_refused_below_the_served_folder(registry: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere"
    link.symlink_to(registry / "site")
    below: list[list[str | Path]] = [
        ["--state", registry],
        ["--state", link / "state"],
        ["--cert", "site.crt", "--key", link / "site.key"],
    ]
    for place in below:
        refused = outcome("--root", registry, *place)
        assert (refused.returncode, "lies in the served folder" in refused.stderr) == (2, True)
    assert not (registry / "site/state").exists()


def test_without_openssl_the_server_says_what_to_do(registry: Path, tmp_path: Path) -> None:
    without = hide_cryptography(tmp_path)
    refused = outcome("--root", registry, "--state", tmp_path / "state", PATH=str(tmp_path), **without)
    assert refused.returncode == 3
    assert "openssl is not installed" in refused.stderr
    assert "--cert FILE --key FILE" in refused.stderr


def test_a_state_folder_that_cannot_be_written_is_named(registry: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    refused = outcome("--root", registry, "--state", tmp_path / "file/state")
    assert refused.returncode == 3
    assert f"cannot write {tmp_path}/file/state" in refused.stderr


def test_the_default_state_is_in_the_home_of_the_user(registry: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [sys.executable, SERVER, "--root", registry, "--port", "0"]
    environment = {**os.environ, "HOME": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as it:
        assert it.stdout
        announced = next((line for line in it.stdout if line.startswith(b"Certificate")), b"none at all")
        it.terminate()
    assert announced.split()[1] == bytes(tmp_path / ".local/state/kamiwaza-registry/server.crt")
