"""Asks a service whether it is well, as the platform does: `GET /health`, 200, JSON, within a second."""

from __future__ import annotations

import http.client
import json
import time

HEALTH_PATH = "/health"
SECONDS = 1.0
_LARGEST = 1 << 20
_CHUNK = 1 << 16


def illness(address: str) -> str:
    """What is wrong with the answer of `address` (`host:port`) to `GET /health`; empty when nothing is."""
    begun = time.monotonic()
    connection = http.client.HTTPConnection(address, timeout=SECONDS)
    try:
        connection.request("GET", HEALTH_PATH, headers={"Accept": "application/json", "Connection": "close"})
        response = connection.getresponse()
        body = _body(response, begun + SECONDS)
    except TimeoutError:
        return f"no answer within {SECONDS:.0f} second"
    except (OSError, http.client.HTTPException) as error:
        return f"no answer ({type(error).__name__})"
    finally:
        connection.close()
    if time.monotonic() - begun > SECONDS:
        return f"the answer took longer than {SECONDS:.0f} second"
    if response.status != http.client.OK:
        return f"it answers {response.status}, not 200"
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return "the answer is not JSON"
    return ""


def _body(response: http.client.HTTPResponse, end: float) -> bytes:
    """The body, as far as it came until `end`: one that trickles is not waited for."""
    body = b""
    while time.monotonic() < end and len(body) < _LARGEST and (chunk := response.read1(_CHUNK)):
        body += chunk
    return body
