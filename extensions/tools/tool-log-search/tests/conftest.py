"""A log folder for each test, and nothing of the machine's own."""

import gzip
import os

import pytest

from src.folder import LogFolder

API = """\
2025-09-18 10:00:00,100 INFO shop.http: GET /products 200 in 12 ms
2025-09-18 10:05:00,250 ERROR shop.orders: order 4711 could not be saved
Traceback (most recent call last):
  File "/app/orders.py", line 88, in save
psycopg.OperationalError: timeout expired
2025-09-18 11:05:00,250 ERROR shop.orders: order 4712 could not be saved
2025-09-18 11:06:00,000 WARNING shop.cache: slow answer
"""


@pytest.fixture
def logs(tmp_path):
    root = tmp_path / "logs"
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "api.log").write_text(API)
    (root / "shop" / "worker.jsonl").write_text(
        '{"time": "2025-09-18T10:30:00Z", "level": "fatal", "message": "disk full"}\n'
    )
    (root / "old.log.gz").write_bytes(gzip.compress(b"2025-09-17T09:00:00Z [warn] low disk\n"))
    os.utime(root / "old.log.gz", (1, 1))
    return root


@pytest.fixture
def folder(logs):
    return LogFolder(logs)
