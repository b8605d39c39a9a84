#!/usr/bin/python3
"""Answers for its health as Milvus does: 200 while etcd and the object store take and give back a value.

In: ETCD_ENDPOINTS and MINIO_ADDRESS, as Milvus reads them. Out: `/healthz` on port 9091; port 19530 answers
the same, so that a client sees that somebody listens.
"""

from __future__ import annotations

import base64
import json
import os
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = base64.b64encode(b"wiring").decode()
VALUE = b"a segment"
SECONDS = 2


def etcd_keeps_values() -> bool:
    """Whether etcd gives back what it was given."""
    url = f"http://{os.environ['ETCD_ENDPOINTS']}/v3/kv"
    _send(f"{url}/put", json.dumps({"key": KEY, "value": base64.b64encode(VALUE).decode()}).encode())
    found = json.loads(_send(f"{url}/range", json.dumps({"key": KEY}).encode()))
    return base64.b64decode(found["kvs"][0]["value"]) == VALUE


def store_keeps_objects() -> bool:
    """Whether the object store gives back what it was given."""
    url = f"http://{os.environ['MINIO_ADDRESS']}/milvus/wiring"
    _send(url, VALUE, "PUT")
    return _send(url) == VALUE


class Health(BaseHTTPRequestHandler):
    """One question about the health of all three."""

    def do_GET(self) -> None:
        """Answer with OK, or with what is not so."""
        missing = [check.__name__ for check in (etcd_keeps_values, store_keeps_objects) if not _holds(check)]
        content = ("not so: " + ", ".join(missing) if missing else "OK").encode()
        self.send_response(500 if missing else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (OSError, ValueError, LookupError):
        return False


def _send(url: str, content: bytes | None = None, method: str | None = None) -> bytes:
    request = urllib.request.Request(url, content, method=method)  # noqa: S310  a neighbour
    with urllib.request.urlopen(request, timeout=SECONDS) as reply:  # noqa: S310  a neighbour
        return bytes(reply.read())


if __name__ == "__main__":
    client = ThreadingHTTPServer(("", 19530), Health)
    threading.Thread(target=client.serve_forever, daemon=True).start()
    ThreadingHTTPServer(("", 9091), Health).serve_forever()
