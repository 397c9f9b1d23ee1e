"""The HTTP API where responses can stream: the same app as the api function's, under a server of its own."""

from __future__ import annotations

import os
from typing import Any

from fermata.bootstrap import app_from
from fermata.environment import ApiEnvironment
from fermata.observability.metrics import Telemetry

telemetry = Telemetry("stream")
served = app_from(ApiEnvironment.read(os.environ), watcher=telemetry)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """An invocation is a request; what it has gathered is told at its end, since Lambda may freeze the process then."""
    try:
        await served(scope, receive, send)
    finally:
        telemetry.flush()
