#!/usr/bin/env python3
"""Serves a Kamiwaza extension registry over HTTPS, with nothing but Python 3.9 and openssl.

In: the registry folder this file lies in (or `--root`). Out: HTTPS answers for the files that the registry's
layout lists, an access log on stderr, and a certificate in the state folder, signed by a local authority that
clients trust once. There is no plain HTTP and no directory listing.

Exit codes: 0 stopped by Ctrl-C or SIGTERM; 2 wrong usage or wrong folder; 3 something needed is missing;
5 the port is taken.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import hashlib
import ipaddress
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# --- what is served ---------------------------------------------------------------------------------------

VERSIONS = ("default", "v2", "v3")
CATALOGS = ("apps.json", "tools.json")
PICTURE_FOLDERS = (("app-garden-images",), ("images",))
PICTURE_TYPES = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
# The host's own MIME table differs between distributions, and browsers are told not to guess.
CONTENT_TYPES = {
    **PICTURE_TYPES,
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
    ".yaml": "text/plain; charset=utf-8",
    ".yml": "text/plain; charset=utf-8",
}
KEPT_AN_HOUR = ("image/", "font/")
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
CONSTANT_HEADERS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
)

# --- limits -----------------------------------------------------------------------------------------------

DEFAULT_PORT = 58888
MAX_CONNECTIONS = 256
CLIENT_TIMEOUT = 15.0  # seconds for a handshake, for the next request, and for one write
DRAIN_TIMEOUT = 10.0  # seconds that answers under way get when the server stops
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
CHUNK = 64 * 1024

# --- certificates -----------------------------------------------------------------------------------------

AUTHORITY_DAYS = 3650
LEAF_DAYS = 397  # clients refuse longer-lived server certificates
RENEW_DAYS = 30
HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9](?:[a-z0-9_-]{0,62}))*\Z")
OPENSSL_CONFIG = """\
[req]
prompt = no
distinguished_name = subject
[subject]
CN = {subject}
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
nameConstraints = critical, @permitted
[permitted]
{permitted}
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = @names
[names]
{names}
"""

USAGE, MISSING, CONFLICT = 2, 3, 5


class StartError(Exception):
    """The server cannot start; carries the sentence for the person and the exit code for the caller."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def say(text: str) -> None:
    """Print at once; a reader who has left (`| head`) does not stop the server."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else the flush at exit fails again


# --- the layout -------------------------------------------------------------------------------------------


def locate(target: str) -> tuple[str, ...] | None:
    """Return the path below the root that a request target names, or None if the layout lists no such file.

    `target` is the raw target of the request line, one character per byte (latin-1), as http.server hands it
    over. Decoding happens exactly once; a path that ends in a slash means its index.html.
    """
    try:
        path = unquote_to_bytes(target.partition("?")[0].encode("latin-1")).decode("utf-8")
    except UnicodeError:
        return None
    if not path.startswith("/"):
        return None
    parts = path[1:].split("/")
    parts[-1] = parts[-1] or "index.html"
    if any(part.startswith(".") or "\\" in part or not (part and part.isprintable()) for part in parts):
        return None
    return tuple(parts) if is_listed(parts) else None


def is_listed(parts: Sequence[str]) -> bool:
    """Tell whether the layout of a registry has a place for this path (plain names, none empty or hidden)."""
    if parts[0] == "site":
        return len(parts) > 1
    if parts[0] != "garden":
        return list(parts) == ["index.html"]
    version, folders, name = "".join(parts[1:2]), tuple(parts[2:-1]), parts[-1]
    if version not in VERSIONS:
        return False
    if not folders:
        return name in CATALOGS
    return folders in PICTURE_FOLDERS and suffix(name) in PICTURE_TYPES


def suffix(name: str) -> str:
    """Return the lower-case extension of a file name, with its dot; empty if it has none."""
    return os.path.splitext(name)[1].lower()  # noqa: PTH122  # a name, not a path of this host


def open_below(root: Path, parts: Sequence[str]) -> BinaryIO:
    """Open a regular file below `root`, refusing every symbolic link on the way.

    Each folder is opened relative to the one before it, so nobody can swap a folder for a link between the
    check and the use. Raises OSError if there is no such file.
    """
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
        # O_NONBLOCK: opening a named pipe must not wait for a writer.
        descriptor = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, "not a regular file", "/".join(parts))
    return open(descriptor, "rb")  # noqa: PTH123  # a descriptor, not a path


def versions_in(root: Path) -> list[str]:
    """Return the garden versions under `root` whose apps.json can be read."""
    found = []
    for version in VERSIONS:
        with contextlib.suppress(OSError), open_below(root, ("garden", version, "apps.json")):
            found.append(version)
    return found


def etag_of(facts: os.stat_result) -> str:
    """Return the strong ETag for a file's facts.

    Builds set modification times, but nobody can set the change time, so new content never keeps an old tag.
    """
    marks = (facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
    return '"' + "-".join(f"{mark:x}" for mark in marks) + '"'


# --- one connection ---------------------------------------------------------------------------------------


class RegistryHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD for the files of the layout, and /healthz."""

    server: RegistryServer
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # HTTP/0.9 would answer without a status line and headers
    timeout = CLIENT_TIMEOUT
    wbufsize = CHUNK

    def do_GET(self) -> None:
        """Answer with the file that the target names, 304 if the client has it, 404 if there is none."""
        # A body nobody reads would be taken for the next request.
        if "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
            self.close_connection = True
        if self.path.partition("?")[0] == "/healthz":
            healthy = bool(versions_in(self.server.root))
            self._send_status(HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE)
            return
        parts = locate(self.path)
        try:
            if parts is None:
                raise FileNotFoundError
            file = open_below(self.server.root, parts)
        except (OSError, ValueError):
            self._send_status(HTTPStatus.NOT_FOUND)
            return
        with file:
            self._send_file(file, CONTENT_TYPES.get(suffix(parts[-1]), "application/octet-stream"))

    def do_POST(self) -> None:
        """Refuse: a registry is only read."""
        self.close_connection = True
        self._send_status(HTTPStatus.METHOD_NOT_ALLOWED)

    do_HEAD = do_GET  # noqa: N815  # http.server looks methods up by these names
    do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = do_POST  # noqa: N815

    def _send_file(self, file: BinaryIO, content_type: str) -> None:
        facts = os.fstat(file.fileno())
        etag = etag_of(facts)
        known = [tag.strip() for tag in self.headers.get("If-None-Match", "").split(",")]
        fresh = "*" in known or etag in (tag.removeprefix("W/") for tag in known)
        lasting = content_type.startswith(KEPT_AN_HOUR)
        self.send_response(HTTPStatus.NOT_MODIFIED if fresh else HTTPStatus.OK)
        self.send_header("ETag", etag)
        self.send_header("Cache-Control", "max-age=3600" if lasting else "no-cache")
        if not fresh:
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(facts.st_size))
        self.end_headers()
        if not fresh and self.command == "GET":
            self._copy(file, facts.st_size)

    def _copy(self, file: BinaryIO, size: int) -> None:
        while size:
            chunk = file.read(min(CHUNK, size))
            if not chunk:
                self.close_connection = True  # the file shrank: a short answer must not look complete
                return
            self.wfile.write(chunk)
            size -= len(chunk)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a malformed request; http.server calls this with texts that quote it, which stay out."""
        del message, explain
        self._send_status(HTTPStatus(code))
        self.wfile.flush()  # http.server itself flushes only after a method that it knows

    def _send_status(self, status: HTTPStatus) -> None:
        body = f"{status.value} {status.phrase}\n".encode("ascii")
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def end_headers(self) -> None:
        """Close the header block with the headers that every answer carries."""
        for name, value in CONSTANT_HEADERS:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        super().end_headers()

    def version_string(self) -> str:
        """Return the Server header, which tells no versions."""
        return "kamiwaza-registry"

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Write the access-log line: time, client, request line, status."""
        del size
        status = code.value if isinstance(code, HTTPStatus) else code
        self.server.log(self.client_address, f'"{self.requestline}" {status}')

    def log_error(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Stay silent: the access log has the status, and an idle client that leaves is no error."""


# --- the server -------------------------------------------------------------------------------------------


class RegistryServer(ThreadingHTTPServer):
    """Listens for TLS connections, each in its own thread, at most MAX_CONNECTIONS at a time."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], root: Path, context: ssl.SSLContext) -> None:
        host, port = address
        self.root = root
        self._context = context
        self._open: set[socket.socket] = set()
        both = not host and socket.has_dualstack_ipv6()
        self.address_family = socket.AF_INET6 if both or ":" in host else socket.AF_INET
        self._dual_stack = both
        super().__init__((host or ("::" if both else "0.0.0.0"), port), RegistryHandler)  # noqa: S104

    def server_bind(self) -> None:
        """Bind the socket; unlike http.server, ask no name server about the address."""
        if self._dual_stack:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def get_request(self) -> tuple[ssl.SSLSocket, object]:
        """Accept a connection; its handshake waits for the worker, so a silent client blocks nobody."""
        connection, address = self.socket.accept()
        connection.settimeout(CLIENT_TIMEOUT)
        return self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def process_request(self, request: Any, client_address: object) -> None:
        """Start a worker, or hang up when there are too many."""
        if len(self._open) >= MAX_CONNECTIONS:
            self.log(client_address, f"refused: {MAX_CONNECTIONS} connections are open")
            self.shutdown_request(request)
            return
        self._open.add(request)
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: object) -> None:
        """Shake hands, then answer requests until the client leaves; runs in the worker."""
        request.do_handshake()
        super().finish_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection and free its place."""
        super().shutdown_request(request)
        self._open.discard(request)

    def handle_error(self, request: Any, client_address: object) -> None:
        """Write one line about a connection that broke off."""
        del request
        error = sys.exc_info()[1]
        reason = getattr(error, "reason", None)
        if reason == "HTTP_REQUEST":
            self.log(client_address, "refused: the client spoke plain HTTP; this server speaks HTTPS only")
        else:
            self.log(client_address, f"connection ended: {reason or error or type(error).__name__}")

    def log(self, client_address: object, text: str) -> None:
        """Write one line to stderr; whatever a client sent stands there escaped."""
        client = client_address[0] if isinstance(client_address, tuple) else "-"
        moment = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        line = f"{moment} {str(client).replace('::ffff:', '')} {text}"
        with contextlib.suppress(OSError):  # a log that nobody reads any more must not end the server
            # One write per line, so that lines of two workers never mix.
            sys.stderr.write(line.encode("unicode_escape").decode("ascii") + "\n")

    def drain(self) -> None:
        """Let answers under way end, within DRAIN_TIMEOUT; connections that only wait end at once."""
        deadline = time.monotonic() + DRAIN_TIMEOUT
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                # Not SSLSocket.shutdown: it would take the encryption away under a running answer.
                socket.socket.shutdown(connection, socket.SHUT_RD)
        while self._open and time.monotonic() < deadline:
            time.sleep(0.02)


class Stopped(BaseException):
    """Somebody asked the server to stop; no Exception, or socketserver would log it and go on serving."""


def stop_on_signals() -> None:
    """Let Ctrl-C and SIGTERM raise Stopped in the main thread, once."""

    def stop(number: int, frame: object) -> None:
        del number, frame
        for each in STOP_SIGNALS:
            signal.signal(each, signal.SIG_IGN)  # a second one must not cut the ending short
        raise Stopped

    for number in STOP_SIGNALS:
        signal.signal(number, stop)


# --- the names and certificates of the server -------------------------------------------------------------


@dataclass(frozen=True)
class Identity:
    """The files that prove who the server is; `authority` is None for a certificate of the site's own."""

    certificate: Path
    key: Path
    authority: Path | None


def name_or_address(text: str) -> str:
    """Return a host name in lower case or an address in its short form; ValueError if it is neither."""
    if "%" not in text:  # an address with a zone means something on this machine only
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(text.strip("[]")).compressed
    name = text.lower().rstrip(".")
    if is_address(name) or not HOST_NAME.match(name):
        raise ValueError(f"'{text}' is neither a host name nor an IP address")
    return name


def address(text: str) -> str:
    """Return an address to listen on, in its short form; ValueError if it is none."""
    found = name_or_address("127.0.0.1" if text == "localhost" else text)
    if not is_address(found):
        raise ValueError(f"'{text}' is no IP address")
    return found


def port(text: str) -> int:
    """Return a port number from 0 to 65535; ValueError if it is none."""
    if not 0 <= int(text) < 1 << 16:
        raise ValueError(f"'{text}' is no port number")
    return int(text)


def is_address(name: str) -> bool:
    """Tell an IP address from a host name, given that `name` is one of them."""
    return ":" in name or name.replace(".", "").isdigit()


def names_of(host: str, extra: Sequence[str]) -> list[str]:
    """Return the names and addresses of this server, the one to advertise first.

    `host` is the address to listen on (empty: all), `extra` what the admin adds; both are parsed already.
    Names of this machine that are no valid host names are left out.
    """
    names = list(extra)
    if host and not ipaddress.ip_address(host).is_unspecified:
        names.append(host)
    for name in (socket.getfqdn(), socket.gethostname()):
        with contextlib.suppress(ValueError):
            parsed = name_or_address(name)
            names += [] if parsed.startswith("localhost") else [parsed]
    return list(dict.fromkeys([*names, "localhost", "127.0.0.1", "::1"]))


def openssl(*arguments: str) -> str:
    """Run openssl and return what it prints; files it makes are for this user only.

    Raises StartError if openssl is not installed or fails.
    """
    program = shutil.which("openssl")
    if program is None:
        raise StartError(
            MISSING,
            "openssl is not installed, and without it no certificate can be made. "
            "Install the package openssl, or give a certificate of your own: --cert FILE --key FILE",
        )
    command = [program, *arguments]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, umask=0o077
    )
    if done.returncode:
        raise StartError(MISSING, f"'openssl {arguments[0]}' failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def holds(*arguments: str) -> bool:
    """Tell whether an openssl check succeeds."""
    try:
        openssl(*arguments)
    except StartError:
        return False
    return True


def openssl_config(subject: str, names: Sequence[str]) -> str:
    """Return the configuration for both certificates; every name is a value of name_or_address."""
    permitted, alternative = [], []
    for number, name in enumerate(names):
        kind, mask = "DNS", ""
        if is_address(name):
            kind = "IP"
            mask = "/" + ("ffff:" * 8).rstrip(":") if ":" in name else "/255.255.255.255"
        permitted.append(f"permitted;{kind}.{number} = {name}{mask}")
        alternative.append(f"{kind}.{number} = {name}")
    return OPENSSL_CONFIG.format(
        subject=subject, permitted="\n".join(permitted), names="\n".join(alternative)
    )


def lives(certificate: Path, days: int) -> bool:
    """Tell whether a certificate is still valid in `days` days."""
    return holds("x509", "-noout", "-in", str(certificate), "-checkend", str(days * 86400))


class State:
    """The folder with the keys and certificates that this program makes.

    `ca.*` belong to the local authority, `server.*` to the server. `*.names` lists what a certificate was
    made for; it is removed first and written last, so an interrupted run leaves nothing that looks finished.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def identity(self, names: Sequence[str]) -> Identity:
        """Return a valid certificate for exactly `names`, made or renewed where needed.

        The authority stays as long as it covers the names, so that a renewal asks for no new trust. Raises
        StartError if the folder cannot be written or openssl fails.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked():
                if not self._authority_covers(names):
                    self._make_authority(names)
                if not self._server_matches(names):
                    self._make_server(names)
        except OSError as error:
            message = f"cannot write {error.filename}: {error.strerror}. Choose another folder: --state DIR"
            raise StartError(MISSING, message) from error
        return Identity(self._file("server.crt"), self._file("server.key"), self._file("ca.crt"))

    def _file(self, name: str) -> Path:
        return self.folder / name

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with self._file("lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _names(self, owner: str) -> set[str]:
        try:
            return set(self._file(f"{owner}.names").read_text(encoding="ascii").split())
        except FileNotFoundError:
            return set()

    def _authority_covers(self, names: Sequence[str]) -> bool:
        covered = set(names) <= self._names("ca") and self._file("ca.key").is_file()
        return covered and lives(self._file("ca.crt"), LEAF_DAYS)

    def _server_matches(self, names: Sequence[str]) -> bool:
        authority, leaf = self._file("ca.crt"), self._file("server.crt")
        same = set(names) == self._names("server") and self._file("server.key").is_file()
        return same and lives(leaf, RENEW_DAYS) and holds("verify", "-CAfile", str(authority), str(leaf))

    def _make_authority(self, names: Sequence[str]) -> None:
        # The random mark keeps two authorities of one host apart in a client's trust store.
        request = self._begin("ca", f"Kamiwaza registry authority {secrets.token_hex(4)}", names)
        validity = ("-extensions", "authority", "-days", str(AUTHORITY_DAYS))
        openssl(*request, "-x509", *validity, "-out", str(self._file("ca.crt")))
        self._finish("ca", names)
        say(f"Made a new certificate authority for {', '.join(names)}. Clients must trust it, see below.")

    def _make_server(self, names: Sequence[str]) -> None:
        request = self._begin("server", "Kamiwaza extension registry", names)
        openssl(*request, "-out", str(self._file("server.csr")))
        authority = ("-CA", str(self._file("ca.crt")), "-CAkey", str(self._file("ca.key")))
        extensions = ("-extfile", str(self._file("openssl.cnf")), "-extensions", "server")
        validity = ("-days", str(LEAF_DAYS), "-set_serial", "0x" + secrets.token_hex(16))
        files = ("-in", str(self._file("server.csr")), "-out", str(self._file("server.crt")))
        openssl("x509", "-req", "-sha256", *authority, *extensions, *validity, *files)
        self._finish("server", names)

    def _begin(self, owner: str, subject: str, names: Sequence[str]) -> list[str]:
        """Return the openssl request that makes a new key for `owner`."""
        key, config = self._file(f"{owner}.key"), self._file("openssl.cnf")
        self._file(f"{owner}.names").unlink(missing_ok=True)
        key.unlink(missing_ok=True)  # openssl would keep the mode of an old file
        config.write_text(openssl_config(subject, names), encoding="ascii")
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        return ["req", "-new", "-sha256", "-config", str(config), *curve, "-keyout", str(key)]

    def _finish(self, owner: str, names: Sequence[str]) -> None:
        """Tidy up, then write the list that makes the pair of `owner` count as made."""
        self._file("openssl.cnf").unlink()
        self._file("server.csr").unlink(missing_ok=True)
        self._file(f"{owner}.names").write_text("\n".join(names) + "\n", encoding="ascii")


def tls_context(identity: Identity) -> ssl.SSLContext:
    """Return the server's TLS settings; StartError if certificate and key cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Clients often hang up without a TLS goodbye; an alert in return would look like a failure to them.
    context.options |= getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)  # new in Python 3.10
    try:
        # The empty password makes a protected key fail here instead of asking on a terminal.
        context.load_cert_chain(identity.certificate, identity.key, password="")
    except OSError as error:
        raise StartError(
            USAGE,
            f"cannot use the certificate {identity.certificate} with the key {identity.key}: {error}. "
            "Both must be PEM files that belong together, and the key must have no passphrase",
        ) from error
    return context


# --- the command line -------------------------------------------------------------------------------------


def fingerprint(certificate: Path) -> str:
    """Return the SHA-256 fingerprint of the first certificate in a PEM file, as openssl writes it."""
    first = certificate.read_text(encoding="utf-8", errors="replace").partition("-----END CERTIFICATE-----")
    begin = first[0].index("-----BEGIN CERTIFICATE-----")
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(first[0][begin:] + first[1])).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def expiry(certificate: Path) -> str:
    """Return until when a certificate is valid, in words; works without openssl, but knows less then."""
    try:
        end = openssl("x509", "-noout", "-enddate", "-in", str(certificate)).strip().partition("=")[2]
    except StartError:
        return "unknown (openssl cannot tell)"
    return end if lives(certificate, RENEW_DAYS) else f"{end}: LESS THAN {RENEW_DAYS} DAYS LEFT, OR EXPIRED"


def announcement(url: str, identity: Identity, server: RegistryServer) -> str:
    """Return what is printed at the start: addresses, the lines for Kamiwaza, and how to trust the server."""
    lines = [
        f"Serving the registry in {server.root} (garden: {', '.join(versions_in(server.root))})",
        f"  website        {url}/",
        f"  registry root  {url}",
        "",
        "On the Kamiwaza host, put these two lines into env.sh and restart Kamiwaza:",
        "  export KAMIWAZA_EXTENSION_STAGE=LOCAL",
        f'  export KAMIWAZA_EXTENSION_LOCAL_STAGE_URL="{url}"',
        "",
        f"Certificate  {identity.certificate}",
        f"  SHA-256    {fingerprint(identity.certificate)}",
        f"  expires    {expiry(identity.certificate)}",
    ]
    if identity.authority:
        lines += trust_lines(identity.authority)
    return "\n".join([*lines, "", "Stop with Ctrl-C. Requests are logged below."])


def trust_lines(authority: Path) -> list[str]:
    """Return how a client comes to trust the local authority."""
    return [
        f"Authority    {shlex.quote(str(authority))}",
        f"  SHA-256    {fingerprint(authority)}",
        "",
        "Copy ca.crt to each machine that reads this registry, compare its fingerprint there",
        "(openssl x509 -noout -fingerprint -sha256 -in ca.crt), and trust it once:",
        "  RHEL    sudo cp ca.crt /etc/pki/ca-trust/source/anchors/kamiwaza-registry.crt",
        "          sudo update-ca-trust",
        "  Debian  sudo cp ca.crt /usr/local/share/ca-certificates/kamiwaza-registry.crt",
        "          sudo update-ca-certificates",
    ]


def is_inside(path: Path, root: Path) -> bool:
    """Tell whether `path` is `root` or lies below it, after links are followed."""
    return path.expanduser().resolve().is_relative_to(root)


def choose_identity(options: argparse.Namespace, root: Path, names: Sequence[str]) -> Identity:
    """Return the site's own certificate if it was given, else one of the local authority.

    Raises StartError for half a pair, and for private keys that would lie in the served folder.
    """
    if bool(options.cert) != bool(options.key):
        raise StartError(USAGE, "--cert and --key belong together: give both, or neither")
    private: Path = options.key or options.state
    if is_inside(private, root):
        raise StartError(
            USAGE, f"{private} lies in the served folder {root}. Keep private keys outside of it"
        )
    if options.cert:
        return Identity(options.cert, options.key, None)
    return State(private.expanduser().resolve()).identity(names)


def listen(options: argparse.Namespace, root: Path, context: ssl.SSLContext) -> RegistryServer:
    """Return a server that listens; StartError if the address cannot be had."""
    try:
        return RegistryServer((options.host or "", options.port), root, context)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        hint = "Choose another port: --port NUMBER" if taken else "Check --host and --port"
        where = f"port {options.port} of {options.host or 'all interfaces'}"
        code = CONFLICT if taken else USAGE
        raise StartError(code, f"cannot listen on {where}: {error.strerror}. {hint}") from error


def serve(options: argparse.Namespace) -> None:
    """Check, make certificates, announce, and serve until stopped; StartError if the server cannot start."""
    root: Path = options.root.expanduser().resolve()
    if not versions_in(root):
        raise StartError(
            USAGE,
            f"{root} is no registry: it has no readable apps.json in garden/default, garden/v2 or garden/v3. "
            "Name the folder kamiwaza-extension-registry: --root DIR",
        )
    names = names_of(options.host or "", options.san)
    identity = choose_identity(options, root, names)
    server = listen(options, root, tls_context(identity))
    host = f"[{names[0]}]" if ":" in names[0] else names[0]
    with contextlib.suppress(Stopped):
        stop_on_signals()  # before the announcement: who has read it may stop the server
        say(announcement(f"https://{host}:{server.server_port}", identity, server))
        server.serve_forever()
    server.server_close()
    server.drain()


def command_line() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        description="Serve this extension registry over HTTPS.",
        epilog="Exit codes: 0 stopped; 2 wrong usage or folder; 3 something is missing; 5 port taken.",
        allow_abbrev=False,
    )
    option = parser.add_argument
    here, state = Path(__file__).resolve().parent, Path("~/.local/state/kamiwaza-registry")
    option("--host", type=address, help="address to listen on (default: all interfaces)")
    option("--port", type=port, default=DEFAULT_PORT, help="0 takes any free port (default: %(default)s)")
    option(
        "--root", type=Path, default=here, metavar="DIR", help="the registry (default: this file's folder)"
    )
    option("--san", type=name_or_address, action="append", default=[], metavar="NAME",
           help="another host name or address of this server; may be repeated")  # fmt: skip
    option(
        "--state",
        type=Path,
        default=state,
        metavar="DIR",
        help="keys and certificates (default: %(default)s)",
    )
    option("--cert", type=Path, metavar="FILE", help="the site's own certificate chain (PEM)")
    option("--key", type=Path, metavar="FILE", help="its private key (PEM, without passphrase)")
    return parser


def main() -> int:
    """Run the command line and return the exit code."""
    try:
        serve(command_line().parse_args())
    except StartError as error:
        print(f"serve-registry: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
