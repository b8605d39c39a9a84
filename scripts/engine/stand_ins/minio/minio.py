#!/usr/bin/python3
"""Answers like an object store, as far as a test of wiring needs it: PUT, GET, DELETE, and its health.

In: `server FOLDER …` as minio takes it. Objects lie in FOLDER; nobody is asked for a signature.
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

FOLDER = Path(([*sys.argv[2:], "/data"])[0])


class Objects(BaseHTTPRequestHandler):
    """One request for one object, whose whole path is the name of one file."""

    def do_PUT(self) -> None:
        """Keep an object."""
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.file().write_bytes(content)
        self.answer(200)

    def do_GET(self) -> None:
        """Give an object back, or say that all is well."""
        if self.path == "/minio/health/live":
            self.answer(200)
        elif self.file().is_file():
            self.answer(200, self.file().read_bytes())
        else:
            self.answer(404)

    def do_DELETE(self) -> None:
        """Take an object away."""
        self.file().unlink(missing_ok=True)
        self.answer(204)

    def file(self) -> Path:
        """Where the object lies."""
        return FOLDER / quote(self.path, safe="")

    def answer(self, status: int, content: bytes = b"") -> None:
        """Send a status with a body."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    ThreadingHTTPServer(("", 9000), Objects).serve_forever()
