"""The HTTP API where responses can stream: the same app as the api function's, under a server of its own."""

from __future__ import annotations

import os
from typing import Any

from fermata.bootstrap import app_from
from fermata.environment import ApiEnvironment
from fermata.observability.metrics import Telemetry

METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

telemetry = Telemetry("stream")
served = app_from(ApiEnvironment.read(os.environ), watcher=telemetry)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """An invocation is a request; what it has gathered is told at its end, since Lambda may freeze the process then."""
    if scope["type"] == "http" and scope["method"] not in METHODS:
        await refuse(send)
        return
    try:
        await served(scope, receive, send)
    finally:
        telemetry.flush()


async def refuse(send: Any) -> None:
    """What changes something goes through the gateway, which throttles."""
    body = b'{"detail":"this address only reads; use the other one"}'
    headers = [(b"content-type", b"application/json"), (b"allow", b"GET"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 405, "headers": headers})
    await send({"type": "http.response.body", "body": body})
