"""A stand-in of the Kamiwaza API on loopback, made from the schemas that the platform documents.

What it stores is checked against kamiwaza-sdk's own models before it answers, so a test that passes here has
sent what the platform's own client can read back. It can be told to misbehave, one request at a time.
"""

from __future__ import annotations

import json
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kamiwaza_sdk.schemas.apps import AppTemplate, RiskTier, TemplateSource, TemplateVisibility
from kamiwaza_sdk.schemas.auth import TokenResponse
from pydantic import BaseModel, ConfigDict, ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

TOKEN = "kz-token-4711-secret"
USERNAME = "ada"
PASSWORD = "pa55 wörd/+&=secret"


class UpdateAppTemplate(BaseModel):
    """PUT: every field is optional; fields that the API does not document are ignored."""

    model_config = ConfigDict(extra="ignore", use_enum_values=True)

    name: str | None = None
    version: str | None = None
    display_name: str | None = None
    template_type: str | None = None
    source_type: TemplateSource | None = None
    visibility: TemplateVisibility | None = None
    compose_yml: str | None = None
    risk_tier: RiskTier | None = None
    verified: bool | None = None
    strip_path_prefix: bool | None = None
    description: str | None = None
    category: str | None = None
    tags: list[str] | None = None
    author: str | None = None
    license: str | None = None
    homepage: str | None = None
    image: str | None = None
    capabilities: list[str] | None = None
    env_defaults: dict[str, str] | None = None
    env_metadata: dict[str, Any] | None = None
    required_env_vars: list[str] | None = None
    preferred_model_type: str | None = None
    preferred_model_name: str | None = None
    fail_if_model_type_unavailable: bool = False
    fail_if_model_name_unavailable: bool = False
    kamiwaza_version: str | None = None
    workload_identity: dict[str, Any] | None = None
    validate_containers: bool = False
    preview_image_data: str | None = None


class CreateAppTemplate(UpdateAppTemplate):
    """POST: what must be there, and the defaults."""

    name: str
    source_type: TemplateSource
    compose_yml: str
    visibility: TemplateVisibility | None = TemplateVisibility.private
    risk_tier: RiskTier | None = RiskTier.guided
    verified: bool | None = False


UNTOLD = ("preview_image_data", "validate_containers")
"""What can be sent and is never told."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `cut` bytes are missing at its end, though its length promises them."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    cut: int = 0


def reply(status: int, data: Any, *headers: tuple[str, str]) -> Reply:
    return Reply(status, json.dumps(data).encode(), headers=headers)


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def data(self) -> Any:
        return json.loads(self.body)


@dataclass
class StandIn:
    """The platform's state. Scripts take the place of the next answers to a method and path."""

    has_login: bool = True
    templates: dict[str, dict[str, Any]] = field(default_factory=dict)
    apps: list[dict[str, Any]] = field(default_factory=list)
    tools: list[dict[str, Any]] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    scripts: dict[str, list[Reply | Callable[[Seen], Reply | None]]] = field(default_factory=dict)
    forgets: Sequence[str] = ()
    forces: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    ca: Path | None = None
    closing: threading.Event = field(default_factory=threading.Event)
    tokens: set[str] = field(default_factory=lambda: {TOKEN})

    def script(self, line: str, *replies: Reply | Callable[[Seen], Reply | None]) -> None:
        """Answer the next requests of this line (`GET /api/…`) so; None from a function means as usual."""
        self.scripts.setdefault(line, []).extend(replies)

    def reset(self) -> StandIn:
        """Forget everything but where it is served, which is quicker than serving another."""
        self.__dict__.update(StandIn(url=self.url, ca=self.ca, closing=self.closing).__dict__)
        return self

    def lines(self) -> list[str]:
        """What was asked, in order."""
        return [one.line for one in self.seen]

    def store(self, **data: Any) -> dict[str, Any]:
        """Have a template, as if it was made earlier."""
        return self._stored(CreateAppTemplate.model_validate(data).model_dump(), str(uuid4()))

    def named(self, name: str) -> dict[str, Any]:
        """The one template of a name."""
        (found,) = [one for one in self.templates.values() if one["name"] == name]
        return found

    def answer(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        script = self.scripts.get(seen.line)
        if script:
            step = script.pop(0)
            made = step if isinstance(step, Reply) else step(seen)
            if made is not None:
                return made
        path = urlsplit(seen.path).path
        if path == "/api/auth/token" and seen.method == "POST":
            return self._login(seen)
        if not path.startswith("/api/"):
            return Reply(404, b"<html>404</html>", "text/html")
        if self.has_login and seen.headers.get("authorization") not in {
            f"Bearer {one}" for one in self.tokens
        }:
            return reply(401, {"detail": "Not authenticated"})
        return self._routed(seen.method, path, seen)

    def _login(self, seen: Seen) -> Reply:
        if not self.has_login:
            return reply(404, {"detail": "Not Found"})
        form = {key: values[0] for key, values in parse_qs(seen.body.decode()).items()}
        wanted = {"grant_type": "password", "username": USERNAME, "password": PASSWORD}
        if form | wanted != form or form.get("client_id") != "kamiwaza-platform":
            return reply(401, {"detail": "Invalid credentials"})
        token = f"made-{uuid4()}-secret"
        self.tokens.add(token)
        made = TokenResponse(access_token=token, expires_in=300)
        return Reply(200, made.model_dump_json().encode())

    def _routed(self, method: str, path: str, seen: Seen) -> Reply:
        if method == "GET" and path in _LISTS:
            return reply(200, _LISTS[path](self))
        match method, path.removeprefix("/api").split("/")[1:]:
            case "POST", ["apps", "app_templates"]:
                return self._checked(CreateAppTemplate, seen, str(uuid4()))
            case "PUT", ["apps", "app_templates", key] | ["tool", "tool_templates", key]:
                is_tool = path.startswith("/api/tool/")
                if key not in self.templates or is_tool != (self.templates[key]["template_type"] == "tool"):
                    return reply(404, {"detail": f"Template {key} not found"})
                return self._checked(UpdateAppTemplate, seen, key)
            case "POST", [("apps" | "tool") as part, "remote", "sync"]:
                return self._synced(self.apps if part == "apps" else self.tools, seen.data["names"])
            case _:
                return reply(404, {"detail": "Not Found"})

    def told(self) -> list[dict[str, Any]]:
        """All templates as they are told."""
        return [self._told(one) for one in self.templates.values()]

    def _checked(self, model: type[UpdateAppTemplate], seen: Seen, key: str) -> Reply:
        try:
            sent = model.model_validate(seen.data).model_dump(exclude_unset=model is UpdateAppTemplate)
        except ValidationError as error:
            return Reply(422, json.dumps({"detail": json.loads(error.json())}).encode())
        return reply(200, self._told(self._stored({**self.templates.get(key, {}), **sent}, key)))

    def _stored(self, data: dict[str, Any], key: str) -> dict[str, Any]:
        kept = {name: value for name, value in data.items() if name not in self.forgets}
        self.templates[key] = {"created_at": "2026-01-02T03:04:05Z", **kept, **self.forces, "id": key}
        return self.templates[key]

    def _told(self, data: dict[str, Any]) -> dict[str, Any]:
        """A template as it is told, which the platform's own client can read."""
        AppTemplate.model_validate(data)
        return {name: value for name, value in data.items() if name not in UNTOLD}

    def _synced(self, catalog: list[dict[str, Any]], names: list[str] | None) -> Reply:
        for entry in catalog:
            if names is None or entry["name"] in names:
                old = [key for key, one in self.templates.items() if one["name"] == entry["name"]]
                made = CreateAppTemplate.model_validate(
                    {"source_type": "kamiwaza", "compose_yml": "", **entry}
                )
                self._stored(made.model_dump(), old[0] if old else str(uuid4()))
        return reply(200, {"imported": len(catalog)})


_LISTS: dict[str, Callable[[StandIn], list[dict[str, Any]]]] = {
    "/api/apps/app_templates": StandIn.told,
    "/api/apps/remote/apps": lambda stand_in: stand_in.apps,
    "/api/tool/remote/tools": lambda stand_in: stand_in.tools,
    # as its documentation says: names that begin with tool- alone
    "/api/tool/templates": lambda stand_in: [
        one for one in stand_in.told() if one["name"].startswith("tool-")
    ],
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece: else each waits for the client's delayed acknowledgement
    stand_in: StandIn

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        made = self.stand_in.answer(Seen(self.command, self.path, headers, body))
        self.send_response(made.status)
        self.send_header("Content-Type", made.content_type)
        self.send_header("Content-Length", str(len(made.body)))
        for name, value in made.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(made.body[: len(made.body) - made.cut])
        self.close_connection = self.close_connection or bool(made.cut)

    do_GET = do_POST = do_PUT = _serve  # noqa: N815  # the names that http.server calls

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that went away is what some tests are about."""


@contextmanager
def running(stand_in: StandIn, folder: Path | None = None) -> Iterator[StandIn]:
    """Serve the stand-in on a free port; over TLS if there is a `folder` for its certificates."""
    handler = type("Handler", (_Handler,), {"stand_in": stand_in})
    server = _Server(("127.0.0.1", 0), handler)
    scheme = "http"
    if folder is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        stand_in.ca = make_certificates(folder)
        context.load_cert_chain(folder / "server.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "https"
    stand_in.url = f"{scheme}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stand_in
    finally:
        stand_in.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def make_certificates(folder: Path) -> Path:
    """An authority, whose certificate is returned, and in `server.pem` a certificate for 127.0.0.1."""
    authority, server = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in authority")])
    root = (
        _builder(issuer, issuer, authority.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(authority, hashes.SHA256())
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
    leaf = (
        _builder(name, issuer, server.public_key())
        .add_extension(names, critical=False)
        .add_extension(key_id, critical=False)
        .sign(authority, hashes.SHA256())
    )
    key = server.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(key + leaf.public_bytes(serialization.Encoding.PEM))
    (folder / "ca.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    return folder / "ca.pem"


def _builder(name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    no = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=signs_certificates, crl_sign=signs_certificates, **no
    )


def id_of(template: dict[str, Any]) -> UUID:
    """The id of a template, as values have it."""
    return UUID(template["id"])
