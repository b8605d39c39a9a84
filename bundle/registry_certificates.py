"""The certificates of serve-registry.py: a local authority that clients trust once, and what it signs.

In: the names and addresses of the server, and a folder that is private to its user. Out: the files of a
certificate that is good for exactly these names. The authority can vouch for them only (name constraints) and
for no further authority (path length 0), so trusting it gives away little. Certificates are made by the
Python package cryptography, or else by the program openssl, with the same content. Python 3.9.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import ipaddress
import os
import re
import secrets
import shlex
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AUTHORITY_DAYS, LEAF_DAYS, RENEW_DAYS = 3650, 397, 30  # clients refuse longer-lived server certificates
# Clocks without a time service differ, and are set back: a certificate is good from a day before it was made.
EARLIER = dt.timedelta(days=1)
PARTIAL_CHAIN = 0x80000  # ssl.VERIFY_X509_PARTIAL_CHAIN, new in Python 3.10
HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9](?:[a-z0-9_-]{0,62}))*\Z")
OPENSSL_CONFIG = """\
[req]
prompt = no
distinguished_name = subject
[subject]
CN = {subject}
[ca]
default_ca = issuing
[issuing]
database = issued
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = naming
[naming]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
nameConstraints = critical, {permitted}
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""


class CertificateError(Exception):
    """A certificate or a key cannot be used or made; carries the sentence for the person."""


class MissingError(CertificateError):
    """Something that is needed to make or find one is not there."""


class Pair(NamedTuple):
    """A certificate and its private key, both as PEM."""

    certificate: bytes
    key: bytes


class Identity(NamedTuple):
    """The files that prove who the server is; `authority` is None for a certificate of the site's own."""

    certificate: Path
    key: Path
    authority: Path | None = None
    is_new: bool = False  # whether the authority was made just now


def name_or_address(text: str) -> str:
    """Return a host name in lower case or an address in its short form; ValueError if it is neither."""
    if "%" not in text:  # an address with a zone means something on this machine only
        with suppress(ValueError):
            return ipaddress.ip_address(text.strip("[]")).compressed
    name = text.lower().rstrip(".")
    if is_address(name) or not HOST_NAME.match(name):
        raise ValueError(f"'{text}' is neither a host name nor an IP address")
    return name


def is_address(name: str) -> bool:
    """Tell whether this looks like an IP address; a name whose last label is a number is a mistyped one."""
    return ":" in name or name.rpartition(".")[2].isdigit()


def names_of(host: str, extra: Sequence[str]) -> list[str]:
    """Return the names and addresses the server is known by: the chosen ones, the machine's, and loopback."""
    names = list(extra)
    if host and not ipaddress.ip_address(host).is_unspecified:
        names.append(host)
    for name in (socket.getfqdn(), socket.gethostname()):
        with suppress(ValueError):  # a machine may have a name that is no host name
            parsed = name_or_address(name)
            names += [] if parsed.startswith("localhost") else [parsed]
    return list(dict.fromkeys([*names, "localhost", "127.0.0.1", "::1"]))


def issue(names: Sequence[str], authority: Pair | None, folder: Path) -> Pair:
    """Return a server certificate for `names`, signed by `authority`; without one, an authority for `names`.

    An authority can vouch for its names only, and for no further authority. `folder` is private to this user.
    Raises MissingError if there is no way to make certificates, ValueError if `authority` is broken.
    """
    # The random mark keeps two authorities of one host apart in a client's trust store.
    mark = f"Kamiwaza registry authority {secrets.token_hex(4)}"
    subject = "Kamiwaza extension registry" if authority else mark
    try:
        return issue_by_library(subject, names, authority)
    except ImportError:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            return issue_by_openssl(subject, names, authority, Path(place))


def issue_by_library(subject: str, names: Sequence[str], authority: Pair | None) -> Pair:
    """Make a pair as `issue` says with the package cryptography; ImportError if it is not installed."""
    from cryptography import x509  # noqa: PLC0415  # most hosts have openssl instead
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, subject)])
    identifier, is_ca = x509.SubjectKeyIdentifier.from_public_key(key.public_key()), authority is None
    uses = x509.KeyUsage(not is_ca, False, False, False, False, is_ca, is_ca, False, False)  # noqa: FBT003
    extensions = [
        (x509.BasicConstraints(is_ca, 0 if is_ca else None), True),
        (uses, True),
        (identifier, False),
    ]
    signer: Any = key
    issuer = name
    if authority is None:
        trees = [x509.IPAddress(ipaddress.ip_network(n)) if is_address(n) else x509.DNSName(n) for n in names]
        extensions.append((x509.NameConstraints(trees, None), True))
    else:
        ca = x509.load_pem_x509_certificate(authority.certificate)
        signer = serialization.load_pem_private_key(authority.key, None)
        issuer, mark = ca.subject, ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        points = [
            x509.IPAddress(ipaddress.ip_address(n)) if is_address(n) else x509.DNSName(n) for n in names
        ]
        extensions += [
            (x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(mark), False),
            (x509.SubjectAlternativeName(points), False),
        ]
    first, last = term(is_ca)
    builder = x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(first).not_valid_after(last)
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, is_critical)
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    made = builder.sign(signer, hashes.SHA256()).public_bytes(pem)
    return Pair(made, key.private_bytes(pem, form, serialization.NoEncryption()))


def issue_by_openssl(subject: str, names: Sequence[str], authority: Pair | None, place: Path) -> Pair:
    """Make a pair as `issue` says with the program openssl; its files lie in `place`."""
    (place / "config").write_text(openssl_config(subject, names), encoding="ascii")
    (place / "issued").touch()
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key")
    openssl(place, "req", "-new", "-sha256", "-config", "config", *curve, "-out", "request")
    if authority is None:
        signing: tuple[str, ...] = ("-selfsign", "-keyfile", "key", "-extensions", "authority")
    else:
        (place / "ca").write_bytes(authority.certificate + authority.key)
        signing = ("-cert", "ca", "-keyfile", "ca", "-extensions", "server")
    first, last = (asn1_time(when) for when in term(authority is None))
    # Of the subcommands, only `ca` can set both dates before OpenSSL 3.4.
    openssl(
        place, "ca", "-batch", "-notext", "-config", "config", "-in", "request", *signing,
        "-startdate", first, "-enddate", last, "-out", "made",
    )  # fmt: skip
    return Pair((place / "made").read_bytes(), (place / "key").read_bytes())


def term(is_authority: bool) -> tuple[dt.datetime, dt.datetime]:  # noqa: FBT001
    """Return the first and the last moment, in UTC, of a certificate that is made now."""
    first = dt.datetime.now(dt.timezone.utc) - EARLIER
    return first, first + dt.timedelta(days=AUTHORITY_DAYS if is_authority else LEAF_DAYS)


def asn1_time(when: dt.datetime) -> str:
    """Return a moment as RFC 5280, 4.1.2.5 asks: two digits of the year until 2049, four from then on."""
    return when.strftime("%y%m%d%H%M%SZ" if when.year < 2050 else "%Y%m%d%H%M%SZ")  # noqa: PLR2004


def openssl(place: Path, *arguments: str) -> None:
    """Run openssl in a folder; MissingError if it is not installed, ValueError if it fails."""
    if shutil.which("openssl") is None:
        raise MissingError(
            "openssl is not installed, nor the Python package cryptography, and without them no certificate "
            "can be made. Install the package openssl, or give your own certificate: --cert FILE --key FILE"
        )
    done = subprocess.run(
        ["openssl", *arguments], cwd=place, capture_output=True, text=True, check=False, umask=0o077
    )
    if done.returncode:
        raise ValueError(f"'openssl {arguments[0]}' failed: {(done.stderr or done.stdout).strip()}")


def openssl_config(subject: str, names: Sequence[str]) -> str:
    """Return the configuration for both certificates; every name is a value of name_or_address."""
    kinds = [f"{'IP' if is_address(name) else 'DNS'}:{name}" for name in names]
    permitted = ", ".join(f"permitted;{kind}{only_mask(name)}" for kind, name in zip(kinds, names))
    return OPENSSL_CONFIG.format(subject=subject, permitted=permitted, names=", ".join(kinds))


def only_mask(name: str) -> str:
    """Return what makes an address a network of one, in openssl's form; nothing for a host name."""
    if ":" in name:
        return "/" + ":".join(["ffff"] * 8)
    return "/255.255.255.255" if is_address(name) else ""


def below_home(path: Path) -> Path:
    """Return a path with its `~` replaced; MissingError if nobody knows whose home folder that is."""
    try:
        return path.expanduser()
    except (KeyError, RuntimeError) as error:  # KeyError: Python 3.9
        raise MissingError(
            f"{path} begins in a home folder, and this user has none. Name a folder in full: --state DIR"
        ) from error


def local_identity(folder: Path, names: Sequence[str]) -> Identity:
    """Return a certificate for exactly `names`, made or renewed where needed, with all files in `folder`.

    The authority stays as long as it may vouch for the names, so that a renewal asks for no new trust. Raises
    MissingError if the folder cannot be written or certificates cannot be made.
    """
    identity = Identity(folder / "server.crt", folder / "server.key", folder / "ca.crt")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            refuse_open_keys(folder / "ca.key", identity.key)
            if proves(identity, names) or renew(folder, identity, names):
                return identity
            authority = issue(names, None, folder)
            write_pair(folder / "ca", authority)
            write_pair(folder / "server", issue(names, authority, folder))
            return identity._replace(is_new=True)
    except OSError as error:
        message = f"cannot write {error.filename}: {error.strerror}. Choose another folder: --state DIR"
        raise MissingError(message) from error
    except ValueError as error:
        raise MissingError(f"cannot make a certificate: {error}") from error


def renew(folder: Path, identity: Identity, names: Sequence[str]) -> bool:
    """Make a server certificate by the authority in `folder`; tells whether that may vouch for the names.

    Raises MissingError if the clock says that this authority is not made yet.
    """
    with suppress(FileNotFoundError, ssl.SSLError, ValueError, IndexError):
        client = ssl.create_default_context(cafile=folder / "ca.crt")
        known = client.get_ca_certs()[0]
        refuse_early_clock(folder / "ca.crt", known)
        if seconds_left(known) > LEAF_DAYS * 86400:
            authority = Pair((folder / "ca.crt").read_bytes(), (folder / "ca.key").read_bytes())
            write_pair(folder / "server", issue(names, authority, folder))
            return proves(identity, names)
    return False


def refuse_early_clock(authority: Path, decoded: Mapping[str, Any]) -> None:
    """Raise MissingError if the authority begins in the future; nobody would trust another in its place."""
    begins = decoded["notBefore"]
    if ssl.cert_time_to_seconds(begins) > time.time():
        now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        raise MissingError(
            f"the clock of this machine says {now} UTC, and {authority}, which clients trust, is valid from "
            f"{begins} on. Set the clock. If it is right, move the folder {authority.parent} away, and have "
            "clients trust a new authority"
        )


def write_pair(stem: Path, pair: Pair) -> None:
    """Write STEM.key, for its owner only, and STEM.crt.

    What a crash leaves in between does not match, so the next start makes a new pair.
    """
    for ending, content, mode in ((".key", pair.key, 0o600), (".crt", pair.certificate, 0o644)):
        draft = stem.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:  # noqa: PTH123
            file.write(content)
        draft.replace(stem.with_suffix(ending))


def refuse_open_keys(*keys: Path) -> None:
    """Raise CertificateError if other users may read or change one of the private keys."""
    for key in keys:
        if key.exists() and key.stat().st_mode & 0o077:
            hint = f"Close it: chmod 600 {shlex.quote(str(key))}"
            raise CertificateError(f"other users may read or change the private key {key}. {hint}")


def tls_context(identity: Identity) -> ssl.SSLContext:
    """Return TLS settings that are never weaker than the system's; OSError if the pair cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
    context.set_alpn_protocols(["http/1.1"])
    # Clients often hang up without a TLS goodbye; an alert in return would look like a failure to them.
    context.options |= getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)  # new in Python 3.10
    # The empty password makes a protected key fail here instead of asking on a terminal.
    context.load_cert_chain(identity.certificate, identity.key, password="")
    return context


def as_client_sees(identity: Identity) -> dict[str, Any]:
    """Return the decoded certificate, after a handshake in memory with a client that trusts the authority.

    Without an authority the client trusts the certificate itself. Raises OSError (ssl.SSLError is one) if the
    files cannot be used, or if the client refuses: expired, or outside the authority's constraints.
    """
    server, client = tls_context(identity), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False  # what the certificate names is for the caller to compare
    client.verify_flags |= 0 if identity.authority else PARTIAL_CHAIN
    client.load_verify_locations(identity.authority or identity.certificate)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(down, up), server.wrap_bio(up, down, server_side=True))
    for end in ends * 3:
        with suppress(ssl.SSLWantReadError):
            end.do_handshake()
    return ends[0].getpeercert() or {}


def usable(identity: Identity) -> dict[str, Any]:
    """Return the decoded certificate; CertificateError if clients would refuse it or the key is another's."""
    try:
        return as_client_sees(identity)
    except ssl.SSLCertVerificationError as error:
        message = f"clients would refuse the certificate {identity.certificate}: {error.verify_message}"
        raise CertificateError(message) from error
    except OSError as error:
        message = f"cannot use the certificate {identity.certificate} with the key {identity.key}: {error}"
        hint = "Both must be PEM files that belong together, and the key must have no passphrase"
        raise CertificateError(f"{message}. {hint}") from error


def names_in(certificate: Mapping[str, Any]) -> list[str]:
    """Return the names and addresses in a decoded certificate, without wildcards."""
    names = (text.strip() for _, text in certificate.get("subjectAltName", ()))
    return [name_or_address(name) for name in names if "*" not in name]


def seconds_left(certificate: Mapping[str, Any]) -> float:
    """Return how long a decoded certificate is still valid."""
    return ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()


def is_old(certificate: Mapping[str, Any]) -> bool:
    """Tell whether a decoded certificate should be renewed."""
    return seconds_left(certificate) < RENEW_DAYS * 86400


def proves(identity: Identity, names: Sequence[str]) -> bool:
    """Tell whether clients accept the certificate, for exactly these names, for another RENEW_DAYS."""
    with suppress(OSError):
        seen = as_client_sees(identity)
        return not is_old(seen) and set(names_in(seen)) == set(names)
    return False


def fingerprint(certificate: Path) -> str:
    """Return the SHA-256 fingerprint of the first certificate in a PEM file, as openssl writes it."""
    text = certificate.read_text(encoding="utf-8", errors="replace")
    first = "".join(text[text.index("-----BEGIN CERT") :].partition("-----END CERTIFICATE-----")[:2])
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).digest().hex(":").upper()
