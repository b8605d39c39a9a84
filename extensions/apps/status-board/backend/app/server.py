"""The board over HTTP: entries as JSON, changes as server-sent events."""

import json
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from .board import Board, BoardError

LARGEST_BODY = 4096
HEARTBEAT_SECONDS = 15.0  # proxies end a connection on which nothing is said


def serve(board: Board, port: int, host: str = "0.0.0.0") -> ThreadingHTTPServer:
    """A server for the board, ready for `serve_forever`."""
    handler = type("BoardRequest", (_Request,), {"board": board})
    server = ThreadingHTTPServer((host, port), handler)
    server.daemon_threads = True
    return server


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    board: Board

    def do_GET(self) -> None:
        if self.path == "/health":
            self._health()
        elif self.path == "/items":
            self._answer(200, [asdict(item) for item in self.board.items()])
        elif self.path == "/sse/board":
            self._events()
        else:
            self._answer(404, {"detail": "There is nothing here."})

    def do_PUT(self) -> None:
        try:
            entry = json.loads(self._body())
            item = self.board.put(self._name(), entry.get("state", ""), entry.get("note", ""))
        except BoardError as error:
            self._answer(422, {"detail": str(error)})
        except (ValueError, AttributeError, RecursionError):
            self._answer(400, {"detail": "Send a JSON object with a state and a note."})
        else:
            self._answer(200, asdict(item))

    def do_DELETE(self) -> None:
        try:
            is_gone = self.board.remove(self._name())
        except BoardError as error:
            self._answer(404, {"detail": str(error)})
        else:
            self._answer(200 if is_gone else 404, {"removed": is_gone})

    def _name(self) -> str:
        prefix, _, name = self.path.rpartition("/items/")
        if prefix or not name:
            raise BoardError("The address is /items/{name}.")
        return unquote(name)

    def _body(self) -> bytes:
        length = int(self.headers.get("Content-Length", 0))
        if not 0 <= length <= LARGEST_BODY:
            self.close_connection = True
            raise BoardError(f"An entry has {LARGEST_BODY} bytes at most.")
        return self.rfile.read(length)

    def _health(self) -> None:
        try:
            self.board.check()
        except OSError:
            self._answer(503, {"status": "degraded", "checks": {"board": "error"}})
        else:
            self._answer(200, {"status": "healthy", "checks": {"board": "ok"}})

    def _events(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Connection", "close")
        self.end_headers()
        seen = -1
        try:
            while True:
                news = self.board.next(seen, HEARTBEAT_SECONDS)
                if news is None:
                    self.wfile.write(b": still here\n\n")
                    continue
                seen, items = news
                data = json.dumps([asdict(item) for item in items])
                self.wfile.write(f"event: board\ndata: {data}\n\n".encode())
        except OSError:
            self.close_connection = True  # the reader has gone

    def _answer(self, status: int, value: object) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing of requests that went well."""
