"""An image registry on loopback that does as it is told: what it has, whom it lets in, what it answers."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"


@dataclass(frozen=True)
class Reply:
    """An answer: status, headers, body."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    authorization: str
    body: bytes


def digest(content: bytes) -> str:
    """The SHA-256 digest of some bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def errors(code: str, message: str = "") -> bytes:
    """An error in the form of the distribution specification."""
    return json.dumps({"errors": [{"code": code, "message": message, "detail": None}]}).encode()


class RegistryStandIn:
    """What the registry has, and what it was asked.

    `answers` holds replies for a path that go before everything else, one after the other, the last one for
    ever. `login` is who may read (`user:password`), `way` how that is shown: `basic` or `bearer`.
    """

    def __init__(self) -> None:
        self.url = ""
        self.contents: dict[str, tuple[str, bytes]] = {}
        self.answers: dict[str, list[Reply]] = {}
        self.seen: list[Seen] = []
        self.login = ""
        self.way = ""
        self.token = "registry-token-secret"
        self.realm = ""

    @property
    def host(self) -> str:
        """The registry's name in references."""
        return urlsplit(self.url).netloc

    def put(self, repository: str, reference: str, content: bytes, media_type: str) -> str:
        """Have a manifest under a tag and its digest; the digest."""
        for name in (reference, digest(content)):
            self.contents[f"/v2/{repository}/manifests/{name}"] = (media_type, content)
        return digest(content)

    def put_image(self, repository: str, reference: str, platform: str = "linux/amd64", **more: Any) -> str:
        """Have an image for one platform; its manifest's digest."""
        os, architecture, *variant = platform.split("/")
        config = {"os": os, "architecture": architecture, "config": more}
        content = json.dumps(config | ({"variant": variant[0]} if variant else {})).encode()
        self.contents[f"/v2/{repository}/blobs/{digest(content)}"] = ("application/octet-stream", content)
        manifest = {
            "schemaVersion": 2,
            "mediaType": DOCKER_MANIFEST,
            "config": {"digest": digest(content), "size": len(content)},
            "layers": [{"digest": f"sha256:{'a' * 64}", "size": 1000}],
        }
        return self.put(repository, reference, json.dumps(manifest).encode(), DOCKER_MANIFEST)

    def put_list(self, repository: str, reference: str, platforms: dict[str, str]) -> str:
        """Have a list of manifests, given by platform and digest; its digest."""
        manifests = []
        for platform, known in platforms.items():
            os, architecture, *variant = platform.split("/")
            value = {"os": os, "architecture": architecture} | ({"variant": variant[0]} if variant else {})
            manifests.append({"digest": known, "size": 500, "platform": value})
        document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}
        return self.put(repository, reference, json.dumps(document).encode(), OCI_INDEX)

    def answer(self, seen: Seen) -> Reply:
        """What somebody gets who asks."""
        told = self.answers.get(seen.path)
        if told:
            return told.pop(0) if len(told) > 1 else told[0]
        if seen.path == "/token":
            return self._token(seen)
        if self.login and not self._may(seen):
            return self._refusal()
        if seen.path == "/v2/":
            return Reply(body=b"{}")
        if seen.path in self.contents:
            media_type, content = self.contents[seen.path]
            return Reply(200, {"Content-Type": media_type}, content)
        code = "MANIFEST_UNKNOWN" if "/manifests/" in seen.path else "BLOB_UNKNOWN"
        return Reply(404, {"Content-Type": "application/json"}, errors(code))

    def _may(self, seen: Seen) -> bool:
        return seen.authorization == (f"Bearer {self.token}" if self.way == "bearer" else _basic(self.login))

    def _refusal(self) -> Reply:
        realm = self.realm or f"{self.url}/token"
        challenge = 'Basic realm="registry"'
        if self.way == "bearer":
            challenge = f'Bearer realm="{realm}",service="stand-in",scope="repository:other:push,pull"'
        return Reply(401, {"WWW-Authenticate": challenge}, errors("UNAUTHORIZED", "log in"))

    def _token(self, seen: Seen) -> Reply:
        by_token = b"refresh_token=identity-secret" in seen.body
        if seen.authorization != _basic(self.login) and not by_token:
            return Reply(401, {}, errors("UNAUTHORIZED", f"not {seen.authorization}"))
        return Reply(200, {"Content-Type": "application/json"}, json.dumps({"token": self.token}).encode())


def _basic(login: str) -> str:
    return f"Basic {base64.b64encode(login.encode()).decode()}"


class _Server(ThreadingHTTPServer):
    def handle_error(self, *args: object) -> None:
        """A client that has read enough is no error."""
        del args


@contextmanager
def running(certificate: Path | None = None) -> Iterator[RegistryStandIn]:
    """A registry that answers on a port of its own, over TLS with a `certificate`, key and all."""
    stand_in = RegistryStandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            authorization = self.headers.get("Authorization", "")
            seen = Seen(self.command, parts.path, parse_qs(parts.query), authorization, body)
            stand_in.seen.append(seen)
            reply = stand_in.answer(seen)
            self.send_response(reply.status)
            for name, value in ({"Content-Length": str(len(reply.body))} | reply.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *args: object) -> None:
            del args

    server = _Server(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "https"
    stand_in.url = f"{scheme}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
