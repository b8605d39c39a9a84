"""An S3 server on this machine, and the store that speaks to it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from catalog.remote.s3_store import Bucket, Patience, S3Store
from tests.support.stores import LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BUCKET = "catalog-of-tests"


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        pass


@contextmanager
def s3_server(around: Callable[[Any], Any] = lambda app: app) -> Iterator[str]:
    """The address of an S3 server that answers one request after the other; `around` may meddle."""
    app = around(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=False, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def s3_store(endpoint: str, prefix: str, patience: Patience | None = None) -> S3Store:
    """A store in the bucket of the tests, which is made if needed; logins come from the environment."""
    store = S3Store(Bucket(BUCKET, prefix, endpoint, "us-east-1"), LIMIT, patience)
    store._client.create_bucket(Bucket=BUCKET)
    return store
