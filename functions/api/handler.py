"""The HTTP API: a request of the gateway in, a response out."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from fermata.bootstrap import app_from
from fermata.environment import ApiEnvironment
from fermata.telemetry import Telemetry
from mangum import Mangum

telemetry = Telemetry("api")


@cache
def adapter() -> Mangum:
    return Mangum(app_from(ApiEnvironment.read(os.environ), watcher=telemetry), lifespan="off")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    with telemetry.invocation(context):
        return adapter()(event, context)
