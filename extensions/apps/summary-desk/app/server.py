"""The desk over HTTP: a page, and summaries as JSON."""

import html
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from .deployment import Deployment
from .extract import extract
from .model import ModelError, summarise

PAGE = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
FILES = {name: Path(__file__).with_name(name).read_bytes() for name in ("desk.css", "desk.js")}
TYPES = {".css": "text/css", ".js": "text/javascript"}
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'"
OWN_WAY = "sentences of the text"
MOST_SENTENCES = 10


def serve(deployment: Deployment, port: int, host: str = "0.0.0.0") -> ThreadingHTTPServer:
    """A server for the desk, ready for `serve_forever`."""
    server = ThreadingHTTPServer((host, port), type("DeskRequest", (_Request,), {"deployment": deployment}))
    server.daemon_threads = True
    return server


class _Request(BaseHTTPRequestHandler):
    timeout = 30
    deployment: Deployment

    def do_GET(self) -> None:
        name = self.path.split("?")[0].lstrip("/")
        if name == "":
            self._send(200, "text/html", self._page())
        elif name in FILES:
            self._send(200, TYPES[Path(name).suffix], FILES[name])
        elif name == "health":
            model = "configured" if self.deployment.model_url else "none"
            self._json(200, {"status": "healthy", "checks": {"model": model}})
        elif name == "api/deployment":
            self._json(200, {**self.deployment.told, "model": self.deployment.model_url})
        else:
            self._json(404, {"detail": "There is nothing here."})

    def do_POST(self) -> None:
        if self.path != "/api/summary":
            self._json(404, {"detail": "There is nothing here."})
            return
        try:
            text, count = self._question()
        except (ValueError, AttributeError, RecursionError) as error:
            self._json(422, {"detail": str(error) or "Send a JSON object with a text."})
            return
        self._json(200, self._summary(text, count))

    def _question(self) -> tuple[str, int]:
        longest = self.deployment.longest_text
        length = int(self.headers.get("Content-Length", 0))
        if not 0 < length <= longest * 6:  # a letter takes up to six bytes in JSON
            raise ValueError(f"Send a text of at most {longest} letters.")
        body = json.loads(self.rfile.read(length))
        text, count = body.get("text"), body.get("sentences", 3)
        if not isinstance(text, str) or not text.strip() or len(text) > longest:
            raise ValueError(f"Send a text of at most {longest} letters.")
        if type(count) is not int or not 1 <= count <= MOST_SENTENCES:
            raise ValueError(f"Ask for 1 to {MOST_SENTENCES} sentences.")
        return text, count

    def _summary(self, text: str, count: int) -> dict[str, str]:
        if self.deployment.model_url:
            try:
                summary, name = summarise(self.deployment.model_url, text, count)
            except ModelError as error:
                self.log_message("%s", error)
                return {"summary": extract(text, count), "by": OWN_WAY, "problem": str(error)}
            return {"summary": summary, "by": name}
        return {"summary": extract(text, count), "by": OWN_WAY}

    def _page(self) -> bytes:
        told = self.deployment.told
        rows = "".join(f"<dt>{name}</dt><dd>{html.escape(value) or '<i>not filled in</i>'}</dd>"
                       for name, value in told.items())
        values = {"title": told["APP_LABEL"] or "Summary Desk", "url": told["APP_URL"], "longest": str(self.deployment.longest_text)}
        page = PAGE
        for name, value in values.items():
            page = page.replace(f"[[{name}]]", html.escape(value))
        return page.replace("[[rows]]", rows).encode()

    def _json(self, status: int, value: object) -> None:
        self._send(status, "application/json", json.dumps(value).encode())

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing of requests that went well."""

    def log_message(self, format: str, *values: object) -> None:
        """A line of the log begins with the deployment that it is about."""
        print(self.deployment.told["INSTANCE_ID"] or "-", format % values, flush=True)
