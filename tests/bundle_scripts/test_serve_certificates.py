"""The certificates of serve-registry.py are accepted by each kind of client, for its names only."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.bundle_scripts.server_process import BUNDLE, RunningServer, hide_cryptography, outcome, running
from tests.bundle_scripts.test_serve_process import PYTHON_3_9
from tests.bundle_scripts.test_serve_trust import a_pair, fingerprint, openssl, sign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Playwright

pytestmark = pytest.mark.slow
MAKERS = ("cryptography", "openssl")
NAMES = ("localhost", "127.0.0.1", "::1", "registry.example", "192.0.2.7")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NODE_CLIENT = """
const [port, ca, name, address] = process.argv.slice(1);
const options = { host: address, port, ca: require("fs").readFileSync(ca), path: "/garden/default/tools.json",
                  servername: require("net").isIP(name) ? "" : name,
                  checkServerIdentity: (_, seen) => require("tls").checkServerIdentity(name, seen) };
require("https").get(options, (answer) => answer.pipe(process.stdout))
  .on("error", (error) => { console.error(error.code); process.exitCode = 1; });
"""


@pytest.fixture(scope="module", params=MAKERS)
def made(
    request: pytest.FixtureRequest, registry: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server with two names more, whose certificates were made in either way."""
    place = tmp_path_factory.mktemp(request.param)
    environment = hide_cryptography(place) if request.param == "openssl" else {}
    with running(registry, place, "--san", "registry.example", "--san", "192.0.2.7", **environment) as server:
        yield server


def url(server: RunningServer, name: str) -> str:
    return f"https://{f'[{name}]' if ':' in name else name}:{server.port}/garden/default/tools.json"


def where(name: str) -> str:
    """The address at which the server is reached by `name` in a test."""
    return "::1" if name == "::1" else "127.0.0.1"


@pytest.mark.parametrize("name", NAMES)
def test_python_accepts_each_name(made: RunningServer, name: str) -> None:
    with made.connect(where(name), name) as connection:
        assert connection.version() == "TLSv1.3"


@pytest.mark.parametrize("name", NAMES)
def test_openssl_accepts_each_name(made: RunningServer, name: str) -> None:
    kind = "ip" if name[-1].isdigit() else "hostname"
    checks = ["-x509_strict", "-purpose", "sslserver", f"-verify_{kind}", name]
    assert openssl("verify", *checks, "-CAfile", made.state / "ca.crt", made.state / "server.crt").endswith(
        "OK\n"
    )


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed: its trust is not tested")
@pytest.mark.parametrize("name", NAMES)
def test_curl_accepts_each_name(made: RunningServer, name: str) -> None:
    at = f"::{where(name)}:{made.port}" if ":" not in where(name) else f"::[{where(name)}]:{made.port}"
    command: list[str | Path] = ["curl", "-sS", "--noproxy", "*", "--cacert", made.state / "ca.crt"]
    read = subprocess.run(
        [*command, "--connect-to", at, url(made, name)], capture_output=True, text=True, check=False
    )
    assert (read.stdout, read.stderr) == ("[]", "")


@pytest.mark.skipif(not shutil.which("node"), reason="NODE IS NOT INSTALLED: its trust is not tested")
@pytest.mark.parametrize("name", [*NAMES, "outside.test"])
def test_node_accepts_each_name_and_no_other(made: RunningServer, name: str) -> None:
    arguments: list[str | Path] = [str(made.port), made.state / "ca.crt", name, where(name)]
    command: list[str | Path] = ["node", "-e", NODE_CLIENT, *arguments]
    read = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    refusal = "ERR_TLS_CERT_ALTNAME_INVALID\n"
    assert (read.stdout, read.stderr) == (("", refusal) if name == "outside.test" else ("[]", ""))


@pytest.mark.browser
@pytest.mark.skipif(
    not (CHROMIUM and shutil.which("certutil")),
    reason="CHROMIUM OR CERTUTIL IS MISSING: its trust is not tested",
)
def test_chromium_accepts_each_name_and_no_other(
    made: RunningServer, playwright: Playwright, tmp_path: Path
) -> None:
    from playwright.sync_api import Error  # noqa: PLC0415  # comes with the browser tests

    database = tmp_path / ".pki/nssdb"
    database.mkdir(parents=True)
    for command in (
        ["-N", "--empty-password"],
        ["-A", "-n", "registry", "-t", "C,,", "-i", made.state / "ca.crt"],
    ):
        subprocess.run(["certutil", "-d", f"sql:{database}", *command], check=True)
    rules = "MAP registry.example 127.0.0.1,MAP 192.0.2.7 127.0.0.1,MAP outside.test 127.0.0.1"
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM,
        args=[
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            f"--host-resolver-rules={rules}",
        ],
        env={**os.environ, "HOME": str(tmp_path)},
    )
    page = browser.new_page()
    for name in (name for name in NAMES if name != "192.0.2.7"):
        answer = page.goto(url(made, name))
        assert answer is not None
        assert answer.text() == "[]"
    with pytest.raises(Error, match="ERR_CERT_COMMON_NAME_INVALID"):
        page.goto(url(made, "outside.test"))
    browser.close()


@pytest.mark.parametrize("name", ["bank.test", "localhost.bank.test", "xregistry.example"])
def test_what_the_authority_signs_for_another_name_is_refused(
    made: RunningServer, tmp_path: Path, name: str
) -> None:
    state = Path(shutil.copytree(made.state, tmp_path / "state"))
    sign(state, name, 30, tmp_path / "forged.crt")
    command: list[str | Path] = ["openssl", "verify", "-CAfile", state / "ca.crt", tmp_path / "forged.crt"]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "permitted subtree violation" in verified.stderr


def test_both_ways_make_the_same_certificates(registry: Path, tmp_path: Path) -> None:
    contents = {}
    for maker in MAKERS:
        place = tmp_path / maker
        place.mkdir()
        environment = hide_cryptography(place) if maker == "openssl" else {}
        with running(
            registry, place, "--san", "registry.example", "--san", "2001:db8::7", **environment
        ) as server:
            contents[maker] = [content_of(server.state / name) for name in ("ca.crt", "server.crt")]
    assert contents["cryptography"] == contents["openssl"]


def content_of(file: Path) -> dict[str, object]:
    """What a certificate says, apart from what differs by chance."""
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    extensions = {
        extension.oid._name: (extension.critical, extension.value) for extension in certificate.extensions
    }
    for by_chance in ("subjectKeyIdentifier", "authorityKeyIdentifier"):
        extensions.pop(by_chance, None)
    algorithm = certificate.signature_hash_algorithm
    return {
        "extensions": extensions,
        "subject": certificate.subject.rfc4514_string()[:30],
        "days": (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days,
        "since": (datetime.now(UTC) - certificate.not_valid_before_utc).days,
        "signature": algorithm.name if algorithm else None,
        "key size": getattr(certificate.public_key(), "key_size", None),
        "version": certificate.version,
    }


def test_a_server_certificate_lives_397_days_and_the_authority_signs_no_other(made: RunningServer) -> None:
    leaf, authority = (
        x509.load_pem_x509_certificate((made.state / name).read_bytes()) for name in ("server.crt", "ca.crt")
    )
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days == 397
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    assert authority.extensions.get_extension_for_class(x509.NameConstraints).critical


@pytest.mark.parametrize("maker", MAKERS)
def test_clients_whose_clock_is_hours_behind_accept_a_new_certificate(
    registry: Path, tmp_path: Path, maker: str
) -> None:
    environment = hide_cryptography(tmp_path) if maker == "openssl" else {}
    with running(registry, tmp_path, **environment) as server:
        then = str(int(time.time()) - 23 * 3600)
        state = server.state
        command: list[str | Path] = ["openssl", "verify", "-attime", then, "-CAfile", state / "ca.crt"]
        verified = subprocess.run(
            [*command, state / "server.crt"], capture_output=True, text=True, check=False
        )
    assert verified.returncode == 0, verified.stderr


@pytest.mark.parametrize("maker", MAKERS)
def test_a_broken_file_in_the_state_folder_is_made_anew(registry: Path, tmp_path: Path, maker: str) -> None:
    environment = hide_cryptography(tmp_path) if maker == "openssl" else {}
    with running(registry, tmp_path, **environment) as first:
        authority = fingerprint(first.state / "ca.crt")
        (first.state / "server.key").write_text("")
    with running(registry, tmp_path, **environment) as second:
        second.connect().close()
        assert fingerprint(second.state / "ca.crt") == authority
        (second.state / "ca.key").write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n")
        (second.state / "server.crt").write_text("broken")
    with running(registry, tmp_path, **environment) as third:
        third.connect().close()
        assert fingerprint(third.state / "ca.crt") != authority


def test_a_clock_that_was_set_back_replaces_no_authority(registry: Path, tmp_path: Path) -> None:
    with running(registry, tmp_path) as server:
        authority = server.state / "ca.crt"
    seen = x509.load_pem_x509_certificate(authority.read_bytes())
    key = serialization.load_pem_private_key((server.state / "ca.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    later = x509.CertificateBuilder(seen.issuer, seen.subject, key.public_key(), seen.serial_number)
    later = later.not_valid_before(datetime.now(UTC) + timedelta(30)).not_valid_after(
        seen.not_valid_after_utc
    )
    for extension in seen.extensions:
        later = later.add_extension(extension.value, extension.critical)
    authority.write_bytes(later.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    before = fingerprint(authority)
    refused = outcome("--root", registry, "--state", server.state)
    assert (refused.returncode, "Set the clock" in refused.stderr) == (3, True), refused.stderr
    assert fingerprint(authority) == before


def test_a_key_of_the_state_folder_that_others_may_read_is_refused(registry: Path, tmp_path: Path) -> None:
    with running(registry, tmp_path) as first:
        (first.state / "ca.key").chmod(0o640)
    refused = outcome("--root", registry, "--state", tmp_path / "state")
    assert refused.returncode == 2
    assert f"other users may read or change the private key {tmp_path}/state/ca.key" in refused.stderr
    assert "chmod 600" in refused.stderr


def test_a_key_of_the_site_that_others_may_read_is_refused(registry: Path, tmp_path: Path) -> None:
    certificate, key = a_pair(tmp_path, "site.test")
    key.chmod(0o644)
    refused = outcome("--root", registry, "--cert", certificate, "--key", key)
    assert (refused.returncode, f"chmod 600 {key}" in refused.stderr) == (2, True)


@pytest.mark.parametrize("broken", ["certificate", "key", "mismatch", "missing", "folder"])
def test_a_pair_of_the_site_that_is_none_is_refused(registry: Path, tmp_path: Path, broken: str) -> None:
    certificate, key = a_pair(tmp_path, "site.test")
    if broken == "mismatch":
        (tmp_path / "other").mkdir()
        certificate = a_pair(tmp_path / "other", "site.test")[0]
    elif broken == "missing":
        certificate = tmp_path / "nothing.crt"
    elif broken == "folder":
        certificate = tmp_path
    else:
        (certificate if broken == "certificate" else key).write_text("-----BEGIN NONSENSE-----\n")
    refused = outcome("--root", registry, "--cert", certificate, "--key", key)
    assert refused.returncode == 2
    assert f"cannot use the certificate {certificate} with the key {key}" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_expired_certificate_of_the_site_is_refused(registry: Path, tmp_path: Path) -> None:
    with running(registry, tmp_path) as server:
        sign(server.state, "localhost", 0, tmp_path / "old.crt")
        (tmp_path / "own.key").write_bytes((server.state / "server.key").read_bytes())
    (tmp_path / "own.key").chmod(0o600)
    refused = outcome("--root", registry, "--cert", tmp_path / "old.crt", "--key", tmp_path / "own.key")
    assert refused.returncode == 2
    assert "clients would refuse the certificate" in refused.stderr
    assert "certificate has expired" in refused.stderr


def test_a_certificate_of_the_site_that_expires_soon_is_pointed_out(registry: Path, tmp_path: Path) -> None:
    certificate, key = a_pair(tmp_path, "site.test", "-nodes", "-days", "10")
    with running(registry, tmp_path, "--cert", certificate, "--key", key) as server:
        said = server.output.read_text()
        assert "EXPIRES SOON" in said
        assert f"https://site.test:{server.port}/" in said
        assert fingerprint(certificate) in said


def test_tls_1_1_is_refused(made: RunningServer) -> None:
    old = ssl.create_default_context(cafile=str(made.state / "ca.crt"))
    old.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with made.dial() as connection, pytest.raises(ssl.SSLError):
        old.wrap_socket(connection, server_hostname="localhost")


SHOW_SETTINGS = """
import pathlib, ssl, sys
sys.path.append(sys.argv[1])
import registry_certificates as certificates
pair = certificates.Identity(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
print(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).minimum_version, certificates.tls_context(pair).minimum_version)
"""
POLICY = """\
openssl_conf = top
[top]
ssl_conf = ssl
[ssl]
system_default = policy
[policy]
MinProtocol = TLSv1.3
"""


@pytest.mark.skipif(PYTHON_3_9 is None, reason="NO PYTHON 3.9 HERE: the system's policy is not tested")
def test_a_stricter_policy_of_the_system_stays_in_force(tmp_path: Path) -> None:
    """From Python 3.10 on it depends on how Python was built whether it asks openssl.cnf; RHEL's does."""
    assert PYTHON_3_9
    (tmp_path / "openssl.cnf").write_text(POLICY)
    certificate, key = a_pair(tmp_path, "site.test")
    command: list[str | Path] = [PYTHON_3_9, "-c", SHOW_SETTINGS, BUNDLE, certificate, key]
    strict = {**os.environ, "OPENSSL_CONF": str(tmp_path / "openssl.cnf")}
    shown = [
        subprocess.run(command, env=each, capture_output=True, text=True, check=True).stdout.split()
        for each in (None, strict)
    ]
    assert [ours for _, ours in shown] == ["TLSVersion.TLSv1_2", "TLSVersion.TLSv1_3"]
