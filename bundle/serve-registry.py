#!/usr/bin/env python3
"""Serves a Kamiwaza extension registry over HTTPS, with nothing but Python 3.9 and openssl.

In: the registry folder this file lies in, or another one. Out: HTTPS answers for the files that the layout of
a registry lists, with a certificate of registry_certificates.py or the site's own; an access log on stderr.
There is no directory listing, and no plain HTTP but with --http, for a proxy on this machine.

Exit codes: 0 stopped by Ctrl-C or SIGTERM; 2 wrong usage or wrong folder; 3 something needed is missing;
5 the port is taken; 130 interrupted before it served.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import glob
import ipaddress
import os
import re
import shlex
import signal
import socket
import ssl
import stat
import sys
import threading
import time
from email.utils import formatdate, mktime_tz, parsedate_tz
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple
from urllib.parse import unquote_to_bytes

sys.path.append(str(Path(__file__).resolve().parent))  # not there under python3 -P
# No __pycache__ beside this file: a verified bundle holds what it lists, no more.
sys.dont_write_bytecode = True
try:
    import registry_certificates as certificates
except ModuleNotFoundError as error:
    sys.stderr.write(f"{error}: it lies beside this file in every build and bundle; copy both.\n")
    raise SystemExit(3) from None

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# --- what is served ---------------------------------------------------------------------------------------

VERSIONS = ("default", "v2", "v3")
CATALOGS = ("apps.json", "tools.json")
PICTURE_FOLDERS = (("app-garden-images",), ("images",))
PICTURE_TYPES = {f".{kind}": f"image/{kind}" for kind in ("gif", "jpeg", "png", "webp")}
PICTURE_TYPES.update({".jpg": "image/jpeg", ".svg": "image/svg+xml"})
# The host's own MIME table differs between distributions, and browsers are told not to guess.
CONTENT_TYPES = dict.fromkeys((".md", ".txt", ".yaml", ".yml"), "text/plain; charset=utf-8")
CONTENT_TYPES.update({".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8"})
CONTENT_TYPES.update({".js": "text/javascript; charset=utf-8", ".json": "application/json"})
CONTENT_TYPES.update({".ico": "image/x-icon", ".woff2": "font/woff2", ".xml": "application/xml"})
CONTENT_TYPES.update(PICTURE_TYPES)
SUMS = "SHA256SUMS"  # a bundle lists its files there, and what it does not list is not served
NAMED_BY_CONTENT = re.compile(r"(?:^|[-.])[0-9a-f]{8,}(?=[-.])")
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
CONSTANT_FIELDS = (
    ("Server", "kamiwaza-registry"),
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
)

# --- limits -----------------------------------------------------------------------------------------------

DEFAULT_PORT = 58888
MAX_CONNECTIONS = 480  # each may need two descriptors, and 1024 is the usual limit of a process
CLIENT_TIMEOUT = 15.0  # seconds for a handshake, for a whole request head, and for a small answer
SLOWEST = 16 * 1024  # bytes a second that the reader of a large answer must take on average
LINGER = 2.0  # seconds that a refused client gets to read why
DRAIN_TIMEOUT = 10.0  # seconds that answers under way get when the server stops
MAX_HEAD = 16 * 1024
CHUNK = 64 * 1024
SWAPS = 8  # how often one request looks again while builds replace the folder
MAX_LOGGED = 500  # characters of a request line; the line of a longer one could mix with others on a pipe
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)

USAGE, MISSING, CONFLICT, INTERRUPTED = 2, 3, 5, 130


class StartError(Exception):
    """The server cannot start; carries the exit code for the caller and the sentence for the person."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def say(text: str) -> None:
    """Print at once; a reader who has left (`| head`) does not stop the server."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else the flush at exit fails again


def log(client: str, text: str) -> None:
    """Write one line to stderr, at once and in one piece; whatever a client sent stands there escaped."""
    line = f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {client} {text}".encode("unicode_escape") + b"\n"
    with contextlib.suppress(OSError):  # a log that nobody reads any more must not end the server
        os.write(sys.stderr.fileno(), line)


# --- the layout -------------------------------------------------------------------------------------------


def locate(target: str) -> tuple[str, ...] | None:
    """Return the path below the root that a request target names, or None if the layout lists no such file.

    `target` is the raw target of the request line, one character per byte (latin-1). Decoding happens exactly
    once; a path that ends in a slash means its index.html.
    """
    try:
        path = unquote_to_bytes(target.partition("?")[0].encode("latin-1")).decode("utf-8")
    except UnicodeError:
        return None
    parts = path[1:].split("/")
    parts[-1] = parts[-1] or "index.html"
    if any(part.startswith(".") or "\\" in part or not (part and part.isprintable()) for part in parts):
        return None
    return tuple(parts) if path.startswith("/") and is_listed(parts) else None


def is_listed(parts: Sequence[str]) -> bool:
    """Tell whether the layout of a registry has a place for this path (plain names, none empty or hidden)."""
    if parts[0] == "site":
        return len(parts) > 1
    if parts[0] != "garden":
        return list(parts) == ["index.html"]
    version, folders, name = "".join(parts[1:2]), tuple(parts[2:-1]), parts[-1]
    if version not in VERSIONS:
        return False
    return folders in PICTURE_FOLDERS and suffix(name) in PICTURE_TYPES if folders else name in CATALOGS


def suffix(name: str) -> str:
    """Return the lower-case extension of a file name, with its dot; empty if it has none."""
    return os.path.splitext(name)[1].lower()  # noqa: PTH122  # a name, not a path of this host


# --- the files --------------------------------------------------------------------------------------------


class Registry:
    """The files of the layout below `folder`, which builds may replace at any time.

    A build renames the old folder away and the new one into its place. Each request looks into one of the two
    from beginning to end, and in the moment between the renames into the old one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        self._listing: tuple[str, frozenset[str]] = ("", frozenset())

    def open(self, parts: Sequence[str]) -> BinaryIO:
        """Open a listed, regular file that has no name elsewhere; OSError if there is no such file."""
        for _ in range(SWAPS):
            top = self._current()
            try:
                file = self._open_in(top, parts)
                break
            except FileNotFoundError:
                with contextlib.suppress(FileNotFoundError):
                    if not os.path.samestat(self.folder.stat(), os.fstat(top)):
                        continue  # the folder that was looked into is replaced, and perhaps half deleted
                raise
            finally:
                os.close(top)
        else:
            raise FileNotFoundError(errno.ENOENT, "the folder is replaced again and again", str(self.folder))
        if self._has_names_elsewhere(file, parts):
            file.close()
            raise PermissionError(errno.EPERM, "the file has other names (hard links)", "/".join(parts))
        return file

    def versions(self) -> list[str]:
        """Return the garden versions whose apps.json can be read."""
        found = []
        for version in VERSIONS:
            # ValueError: SHA256SUMS is damaged, so nothing is known to belong.
            with contextlib.suppress(OSError, ValueError), self.open(("garden", version, "apps.json")):
                found.append(version)
        return found

    def _current(self) -> int:
        """Return a descriptor of the folder as it is now, or as it was last if there is none."""
        with self._lock:
            with contextlib.suppress(FileNotFoundError):
                now = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
                os.close(self._top)
                self._top = now
            return os.dup(self._top)

    def _open_in(self, top: int, parts: Sequence[str]) -> BinaryIO:
        try:
            sums = open_below(top, (SUMS,))
        except FileNotFoundError:  # a build, in which all files belong
            return open_below(top, parts)
        with sums:
            mark, listed = self._listing
            if mark != etag_of(sums):
                listed = frozenset(
                    line.partition("  ")[2] for line in sums.read().decode("utf-8").splitlines()
                )
                self._listing = etag_of(sums), listed
        if "/".join(parts) not in listed:
            raise FileNotFoundError(errno.ENOENT, f"not in {SUMS}", "/".join(parts))
        return open_below(top, parts)

    def _has_names_elsewhere(self, file: BinaryIO, parts: Sequence[str]) -> bool:
        """Tell whether a file has more names than the folder and its neighbours of a running build give it.

        A build links the files that stay into `.<name>.new-…`, and the old folder goes away as `.<name>.old`.
        """
        for _ in range(SWAPS):
            facts, names = os.fstat(file.fileno()), 0
            if facts.st_nlink <= 1:
                return False
            for place in (self.folder, *self.folder.parent.glob(f".{glob.escape(self.folder.name)}.*")):
                with contextlib.suppress(OSError):
                    names += os.path.samestat(place.joinpath(*parts).lstat(), facts)
            if names >= facts.st_nlink:
                return False
        return True


def open_below(top: int, parts: Sequence[str]) -> BinaryIO:
    """Open a regular file below the folder `top`, refusing symbolic links; OSError if there is no such file.

    Each folder is opened relative to the one before it, so nobody can swap a folder for a link between the
    check and the use.
    """
    folder = os.dup(top)
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


def etag_of(file: BinaryIO) -> str:
    """Return the strong ETag of an open file.

    Builds set modification times, but nobody can set the change time, so new content never keeps an old tag.
    """
    facts = os.fstat(file.fileno())
    return f'"{facts.st_ino:x}-{facts.st_size:x}-{facts.st_mtime_ns:x}-{facts.st_ctime_ns:x}"'


# --- requests and answers ---------------------------------------------------------------------------------

HEAD_END = re.compile(rb"\r?\n\r?\n")
REQUEST_LINE = re.compile(rb"([A-Z]{1,20}) ([!-~\x80-\xff]+) HTTP/([0-9])\.([0-9])")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*)")
ONCE = ("content-length", "host", "range", "transfer-encoding")
BYTE_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class Refused(Exception):  # noqa: N818  # it is what happens to the request
    """A request that is not answered with a file; carries the status that says why."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class Request(NamedTuple):
    """A request for a file; `fields` have lower-case names."""

    target: str
    fields: Mapping[str, str]
    keeps_open: bool


def parse(head: bytes) -> Request:
    """Return the request of a head (without its empty line); Refused if it is not exactly in form.

    What two readers could take for different things is refused, and so is a body: behind a proxy it could
    hide a second request.
    """
    if len(head) > MAX_HEAD:
        raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    line, *lines = head.split(b"\r\n")
    start, found = REQUEST_LINE.fullmatch(line), [FIELD.fullmatch(each) for each in lines]
    if start is None or None in found:
        raise Refused(HTTPStatus.BAD_REQUEST)
    if start[3] != b"1":
        raise Refused(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
    if start[1] not in {b"GET", b"HEAD"}:
        raise Refused(HTTPStatus.METHOD_NOT_ALLOWED)
    pairs = [(each[1].decode("ascii").lower(), each[2].decode("latin-1").strip()) for each in found if each]
    fields, names, is_old = dict(pairs), [name for name, _ in pairs], start[4] == b"0"
    has_body = "transfer-encoding" in fields or fields.get("content-length", "0") != "0"
    if has_body or any(names.count(name) > 1 for name in ONCE) or not (is_old or "host" in fields):
        raise Refused(HTTPStatus.BAD_REQUEST)
    keeps_open = not is_old and "close" not in fields.get("connection", "").lower()
    return Request(start[2].decode("latin-1"), fields, keeps_open)


class Answer(NamedTuple):
    """What is sent: a text, or the bytes `span` of an open file."""

    status: HTTPStatus
    fields: Sequence[tuple[str, str]]
    text: bytes = b""
    file: BinaryIO | None = None
    span: range = range(0)

    def pieces(self) -> Iterator[bytes]:
        """Yield the body; OSError instead of its last piece if the file is written to meanwhile."""
        if self.file is None:
            yield self.text
            return
        before = os.fstat(self.file.fileno())
        self.file.seek(self.span.start)
        left = len(self.span)
        while left:
            piece = self.file.read(min(CHUNK, left))
            left -= len(piece)
            now = os.fstat(self.file.fileno())
            if not piece or (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
                raise OSError(errno.EIO, "the file changed while it was sent")
            yield piece


def plain(status: HTTPStatus, *more: tuple[str, str]) -> Answer:
    """Return an answer that says its status, and repeats nothing of the request."""
    text = f"{status.value} {status.phrase}\n".encode("ascii")
    fields = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))]
    allow = [("Allow", "GET, HEAD")] if status == HTTPStatus.METHOD_NOT_ALLOWED else []
    return Answer(status, [*fields, ("Cache-Control", "no-store"), *allow, *more], text)


def respond(registry: Registry, request: Request) -> Answer:
    """Return the answer to a request: a file, a part of it, 304, 404, 416, or the health."""
    if request.target.partition("?")[0] == "/healthz":
        return plain(HTTPStatus.OK if registry.versions() else HTTPStatus.SERVICE_UNAVAILABLE)
    parts = locate(request.target)
    if parts:
        with contextlib.suppress(OSError, ValueError):
            return answer_with(registry.open(parts), parts[-1], request.fields)
    return plain(HTTPStatus.NOT_FOUND)


def answer_with(file: BinaryIO, name: str, wished: Mapping[str, str]) -> Answer:
    """Return the answer that carries `file`, as far as the conditions of the request ask for it."""
    facts, etag = os.fstat(file.fileno()), etag_of(file)
    size, changed = facts.st_size, formatdate(int(facts.st_ctime), usegmt=True)
    content_type = CONTENT_TYPES.get(suffix(name), "application/octet-stream")
    lasting = "max-age=3600" if content_type.startswith(("image/", "font/")) else "no-cache"
    caching = "public, max-age=31536000, immutable" if NAMED_BY_CONTENT.search(name) else lasting
    fields = [("ETag", etag), ("Last-Modified", changed), ("Cache-Control", caching)]
    if is_fresh(wished, etag, int(facts.st_ctime)):
        file.close()
        return Answer(HTTPStatus.NOT_MODIFIED, fields)
    is_same = wished.get("if-range", etag) in {etag, changed}
    part = byte_range(wished.get("range", ""), size) if is_same else None
    span = range(size) if part is None else part
    fields += [("Content-Type", content_type), ("Content-Length", str(len(span))), ("Accept-Ranges", "bytes")]
    if part is None:
        return Answer(HTTPStatus.OK, fields, file=file, span=span)
    if not part:
        file.close()
        return plain(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, ("Content-Range", f"bytes */{size}"))
    fields.append(("Content-Range", f"bytes {part.start}-{part.stop - 1}/{size}"))
    return Answer(HTTPStatus.PARTIAL_CONTENT, fields, file=file, span=span)


def is_fresh(wished: Mapping[str, str], etag: str, changed: int) -> bool:
    """Tell whether the client has the file already (RFC 9110, 13.1): its tag counts before its date."""
    if "if-none-match" in wished:
        known = {tag.strip() for tag in wished["if-none-match"].split(",")}
        return not known.isdisjoint({"*", etag, f"W/{etag}"})
    with contextlib.suppress(TypeError, ValueError, IndexError, OverflowError):
        date = parsedate_tz(wished.get("if-modified-since", ""))
        return date is not None and mktime_tz(date) >= changed
    return False


def byte_range(text: str, size: int) -> range | None:
    """Return the bytes that a Range field asks for: None for the whole file, an empty range for impossible.

    Several ranges in one request are not supported; such a client gets the whole file.
    """
    found = BYTE_RANGE.fullmatch(text)
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return range(max(0, size - int(found[2])), size)
    first, last = int(found[1]), int(found[2] or size)
    return None if found[2] and last < first else range(first, max(first, min(last + 1, size)))


# --- one connection ---------------------------------------------------------------------------------------

TLS_BEGINS = b"\x16"
SPEAK_TLS = b"HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\nThis server speaks HTTPS only.\n"


class Link:
    """The connection to one client, and what its thread does.

    The socket has no timeout. Instead the server hangs up once `deadline` has passed, so a client that sends
    or takes a byte now and then gains nothing by it.
    """

    def __init__(self, server: Server, connection: socket.socket, client: str) -> None:
        self.server, self.socket, self.client = server, connection, client
        self.is_doomed = False
        self._received = b""
        self._expect(CLIENT_TIMEOUT, is_waiting=True)

    def run(self) -> None:
        """Shake hands, then answer requests until the client leaves."""
        try:
            if self._greet():
                while self._answer_next():
                    pass
            self._say_goodbye()
        except (OSError, ValueError) as error:
            late = "it took too long" if time.monotonic() > self.deadline else ""
            log(self.client, f"connection ended: {late or getattr(error, 'reason', '') or error}")
        finally:
            self.server.forget(self)

    def _expect(self, seconds: float, *, is_waiting: bool = False) -> None:
        """Say how long the next step may take, and whether it waits for the client to ask."""
        self.deadline, self.is_waiting = time.monotonic() + seconds, is_waiting

    def _greet(self) -> bool:
        """Agree on TLS if that is what is spoken here; tells whether there is somebody to serve."""
        first, context = self.socket.recv(1, socket.MSG_PEEK), self.server.context
        if first and (first == TLS_BEGINS) != (context is not None):
            log(self.client, f"refused: the client spoke {'plain HTTP' if context else 'TLS'}")
            self.socket.sendall(SPEAK_TLS if context else b"")
            return False
        if first and context:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
            self.socket.do_handshake()
        return bool(first)

    def _answer_next(self) -> bool:
        """Read a request and answer it; tells whether another one may follow."""
        self._expect(CLIENT_TIMEOUT, is_waiting=True)
        head, keeps_open = self._read_head(), False
        if head is None:
            return False
        try:
            request = parse(head)
            answer = respond(self.server.registry, request)
            keeps_open = request.keeps_open and not self.server.is_stopping
        except Refused as refused:
            answer = plain(refused.status)
        self._send(head, answer, keeps_open=keeps_open)
        return keeps_open

    def _read_head(self) -> bytes | None:
        """Return the next head without its empty line, cut where it is too long; None at the end."""
        while len(self._received) <= MAX_HEAD:
            if end := HEAD_END.search(self._received):
                # One that does not end as it should keeps what makes the parser refuse it.
                head = self._received[: end.start() if end[0] == b"\r\n\r\n" else end.end()]
                self._received = self._received[end.end() :]
                return head
            more = self.socket.recv(MAX_HEAD)
            if not more:
                return None
            self._received += more
        return self._received

    def _send(self, head: bytes, answer: Answer, *, keeps_open: bool) -> None:
        """Send an answer and log it: the request, the status, the bytes of the body."""
        fields = [("Date", formatdate(usegmt=True)), *CONSTANT_FIELDS, *answer.fields]
        fields += [] if keeps_open else [("Connection", "close")]
        start = f"HTTP/1.1 {answer.status.value} {answer.status.phrase}\r\n"
        start += "".join(f"{name}: {text}\r\n" for name, text in fields)
        self._expect(CLIENT_TIMEOUT + len(answer.span) / SLOWEST)
        pieces = iter(()) if head.startswith(b"HEAD ") else answer.pieces()
        sent, outcome = 0, " broke off"
        try:
            piece = next(pieces, b"")
            self.socket.sendall(start.encode("latin-1") + b"\r\n" + piece)
            while piece:
                sent += len(piece)
                piece = next(pieces, b"")
                self.socket.sendall(piece)
            outcome = ""
        finally:
            if answer.file:
                answer.file.close()
            asked = re.split(rb"[\r\n]", head)[0].decode("latin-1")[:MAX_LOGGED].replace('"', "%22")
            log(self.client, f'"{asked}" {answer.status.value} {sent}{outcome}')

    def _say_goodbye(self) -> None:
        """End our side, then read what the client still sends: else a reset could take the answer from it."""
        self._expect(LINGER)
        with contextlib.suppress(OSError):
            if isinstance(self.socket, ssl.SSLSocket):
                self.socket.settimeout(0)  # say that this is the end, and wait for nobody to agree
                with contextlib.suppress(ssl.SSLError):
                    self.socket.unwrap()
                self.socket.settimeout(None)
            self.socket.shutdown(socket.SHUT_WR)
            while socket.socket.recv(self.socket, CHUNK):
                pass


# --- the server -------------------------------------------------------------------------------------------


class Server:
    """Listens on `listener` and gives each connection a thread; `context` is None for plain HTTP."""

    def __init__(self, listener: socket.socket, registry: Registry, context: ssl.SSLContext | None) -> None:
        self.listener, self.registry, self.context = listener, registry, context
        self.is_stopping = False
        self._links: dict[Link, None] = {}  # in the order in which they came
        self._lock = threading.Lock()

    def serve(self) -> None:
        """Accept connections until `stop`, then let running answers end, within DRAIN_TIMEOUT."""
        threading.Thread(target=self._hang_up_on_the_slow, daemon=True).start()
        while not self.is_stopping:
            try:
                self._admit(*self.listener.accept())
            except (OSError, RuntimeError) as error:  # noqa: PERF203  # each connection for itself
                if not self.is_stopping:  # no descriptor or no thread is left for it
                    log("-", f"cannot accept a connection: {error}")
                    time.sleep(0.1)
        self.listener.close()
        deadline = time.monotonic() + DRAIN_TIMEOUT
        while self._links and time.monotonic() < deadline:
            for link in tuple(self._links):
                if link.is_waiting:
                    self._hang_up(link)
            time.sleep(0.02)

    def stop(self, *_: object) -> None:
        """Let `serve` return; takes a signal's number and frame."""
        self.is_stopping = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept

    def forget(self, link: Link) -> None:
        """Close a connection and free its place."""
        with self._lock:
            self._links.pop(link, None)
            link.socket.close()

    def _admit(self, connection: socket.socket, address: Any) -> None:
        """Start a thread for a connection.

        If there is no room, the oldest one that waits for its client must go, or the oldest of all: so nobody
        keeps others out by opening many.
        """
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = Link(self, connection, address[0].replace("::ffff:", ""))
        with self._lock:
            staying = [each for each in self._links if not each.is_doomed]
            self._links[link] = None
        if len(staying) >= MAX_CONNECTIONS:
            oldest = next((each for each in staying if each.is_waiting), staying[0])
            oldest.is_doomed = True
            log(oldest.client, f"hung up: {MAX_CONNECTIONS} connections are open, and this one is the oldest")
            self._hang_up(oldest)
        try:
            threading.Thread(target=link.run, daemon=True).start()
        except RuntimeError:  # there are too many threads on this machine
            self.forget(link)
            raise

    def _hang_up(self, link: Link) -> None:
        """Wake the thread of a connection by ending it, unless it has gone meanwhile."""
        with self._lock, contextlib.suppress(OSError):
            if link in self._links:
                # Not SSLSocket.shutdown, which would send what is left without encryption.
                socket.socket.shutdown(link.socket, socket.SHUT_RDWR)

    def _hang_up_on_the_slow(self) -> None:
        while True:
            time.sleep(0.5)
            for link in tuple(self._links):
                if time.monotonic() > link.deadline:
                    self._hang_up(link)


# --- the command line -------------------------------------------------------------------------------------

ADDRESSES = """\
Serving the registry in {root} (garden: {versions})
{website}  registry root  {url}

On the Kamiwaza host, put these two lines into env.sh and restart Kamiwaza:
  export KAMIWAZA_EXTENSION_STAGE=LOCAL
  export KAMIWAZA_EXTENSION_LOCAL_STAGE_URL="{url}"
"""
NEW_AUTHORITY = "\nMade a new certificate authority just now, for the names above: clients must trust it.\n"
TRUST = """\
Authority    {authority}
  SHA-256    {fingerprint}

Copy ca.crt to each machine that reads this registry, compare its fingerprint there
(openssl x509 -noout -fingerprint -sha256 -in ca.crt), and trust it once:
  RHEL      sudo cp ca.crt /etc/pki/ca-trust/source/anchors/kamiwaza-registry.crt
            sudo update-ca-trust
  Debian    sudo cp ca.crt /usr/local/share/ca-certificates/kamiwaza-registry.crt
            sudo update-ca-certificates
  Kamiwaza  as above on its host; and in env.sh, if its Python does not ask the system:
            export SSL_CERT_FILE=/etc/pki/tls/certs/ca-bundle.crt REQUESTS_CA_BUNDLE="$SSL_CERT_FILE"
            (on Debian /etc/ssl/certs/ca-certificates.crt)
  Python    ssl.create_default_context(cafile="ca.crt")
"""


def announcement(url: str, registry: Registry, identity: certificates.Identity | None) -> str:
    """Return what is printed at the start: addresses, the lines for Kamiwaza, and how to trust the server."""
    website = f"  website        {url}/\n" if (registry.folder / "index.html").is_file() else ""
    versions = ", ".join(registry.versions())
    text = ADDRESSES.format(root=registry.folder, versions=versions, website=website, url=url)
    if identity:
        seen, mark = certificates.usable(identity), certificates.fingerprint(identity.certificate)
        soon = ": EXPIRES SOON, RENEW IT" if certificates.is_old(seen) else ""
        text += f"\nCertificate  {identity.certificate}\n  SHA-256    {mark}\n"
        names = ", ".join(certificates.names_in(seen))
        text += f"  expires    {seen['notAfter']}{soon}\n  names      {names}\n"
        if ca := identity.authority:
            text += TRUST.format(authority=shlex.quote(str(ca)), fingerprint=certificates.fingerprint(ca))
            text += NEW_AUTHORITY if identity.is_new else ""
    return f"{text}\nStop with Ctrl-C. Requests are logged below."


def choose_identity(options: argparse.Namespace, root: Path, names: Sequence[str]) -> certificates.Identity:
    """Return the site's own certificate if it was given, else one of the local authority.

    Raises StartError for half a pair and for private keys in the served folder, CertificateError for a
    certificate that cannot be made or used.
    """
    if bool(options.cert) != bool(options.key):
        raise StartError(USAGE, "--cert and --key belong together: give both, or neither")
    private = certificates.below_home(options.key or options.state).resolve()
    if root in (private, *private.parents):
        raise StartError(
            USAGE, f"{private} lies in the served folder {root}. Keep private keys outside of it"
        )
    if not options.cert:
        return certificates.local_identity(private, names)
    certificates.refuse_open_keys(private)
    return certificates.Identity(certificates.below_home(options.cert), private)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, on all interfaces without a host; StartError if it cannot be had."""
    both = not host and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both or ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512, dualstack_ipv6=both)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        code, hint = USAGE, "Check --host and --port"
        if error.errno == errno.EADDRINUSE:
            code, hint, reason = (
                CONFLICT,
                "Choose another port: --port NUMBER",
                f"{reason} by {holder_of(port)}",
            )
        elif error.errno == errno.EACCES:
            code, hint = MISSING, "Ports below 1024 need special rights; choose another one: --port NUMBER"
        where = f"port {port} of {host or 'all interfaces'}"
        raise StartError(code, f"cannot listen on {where}: {reason}. {hint}") from error


def holder_of(port: int) -> str:
    """Return which program listens on a port, as far as the kernel tells this user."""
    sockets = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for fields in map(str.split, Path(table).read_text(encoding="ascii").splitlines()[1:]):
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:  # 0A: it listens
                    sockets.add(f"socket:[{fields[9]}]")
    for place in glob.iglob("/proc/[0-9]*/fd/*"):  # noqa: PTH207  # pathlib stops at a process that ends
        with contextlib.suppress(OSError):
            if os.readlink(place) in sockets:  # noqa: PTH115
                name = Path(place).parents[1].joinpath("comm").read_text(encoding="utf-8").strip()
                return f"{name} (process {place.split('/')[2]})"
    return "another program"


def open_registry(root: Path) -> Registry:
    """Return the registry in a folder; StartError if there is none."""
    with contextlib.suppress(OSError):
        registry = Registry(root)
        if registry.versions():
            return registry
    raise StartError(
        USAGE,
        f"{root} is no registry: it has no readable apps.json in garden/default, garden/v2 or garden/v3, or "
        f"{SUMS} is damaged. "
        "Name the folder kamiwaza-extension-registry, which `catalog build` makes: --root DIR",
    )


def serve(options: argparse.Namespace) -> None:
    """Check, make certificates, announce, and serve until stopped; StartError if the server cannot start."""
    registry = open_registry(certificates.below_home(options.folder or options.root).resolve())
    host = options.host or ("127.0.0.1" if options.http else "")
    names, identity, context = certificates.names_of(host, options.san), None, None
    if not options.http:
        identity = choose_identity(options, registry.folder, names)
        names = [*options.san, *certificates.names_in(certificates.usable(identity)), *names]
        context = certificates.tls_context(identity)
    elif not ipaddress.ip_address(host).is_loopback or options.cert or options.key:
        raise StartError(
            USAGE, "--http is for a proxy on this machine: no --cert, no --key, --host 127.0.0.1"
        )
    listener = listen(host, options.port)
    shown = names[0] if context else host
    shown = f"[{shown}]" if ":" in shown else shown
    url = f"{'https' if context else 'http'}://{shown}:{listener.getsockname()[1]}"
    server = Server(listener, registry, context)
    for number in STOP_SIGNALS:
        signal.signal(number, server.stop)  # before the announcement: who has read it may stop the server
    say(announcement(url, registry, identity))
    server.serve()


def address(text: str) -> str:
    """Return an address to listen on, in its short form; ValueError if it is none."""
    found = certificates.name_or_address("127.0.0.1" if text == "localhost" else text)
    return ipaddress.ip_address(found).compressed


def port_number(text: str) -> int:
    """Return a port number from 0 to 65535; ValueError if it is none."""
    return range(1 << 16).index(int(text))


def command_line() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        description="Serve this extension registry over HTTPS.",
        epilog="Exit codes: 0 stopped; 2 wrong usage or folder; 3 something is missing; 5 port taken.",
        allow_abbrev=False,
    )
    option, here = parser.add_argument, Path(__file__).resolve().parent
    state = Path("~/.local/state/kamiwaza-registry")
    option("folder", nargs="?", type=Path, help="the registry (default: this file's folder)")
    option("--root", type=Path, default=here, metavar="DIR", help="the same, as an option")
    option("--host", type=address, help="address to listen on (default: all interfaces)")
    option(
        "--port", type=port_number, default=DEFAULT_PORT, help="0 takes any free port (default: %(default)s)"
    )
    name = "another host name or address of this server; may be repeated"
    option("--san", type=certificates.name_or_address, action="append", default=[], metavar="NAME", help=name)
    keys = "keys and certificates (default: %(default)s)"
    option("--state", type=Path, default=state, metavar="DIR", help=keys)
    option("--cert", type=Path, metavar="FILE", help="the site's own certificate chain (PEM)")
    option("--key", type=Path, metavar="FILE", help="its private key (PEM, without passphrase)")
    option("--http", action="store_true", help="plain HTTP, for a proxy on this machine that speaks TLS")
    return parser


def main() -> int:
    """Run the command line and return the exit code."""
    try:
        serve(command_line().parse_args())
    except (StartError, certificates.CertificateError) as error:
        print(f"serve-registry: {error}", file=sys.stderr)
        is_missing = isinstance(error, certificates.MissingError)
        return error.code if isinstance(error, StartError) else MISSING if is_missing else USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
