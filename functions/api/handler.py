"""The HTTP API: a request of the gateway in, a response out."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import fermata.api.app  # noqa: F401 - to be loaded before the first request, when Lambda gives a whole processor
from fermata.bootstrap import app_from
from fermata.environment import ApiEnvironment
from fermata.observability.metrics import Telemetry
from mangum import Mangum

telemetry = Telemetry("api")


@cache
def adapter() -> Mangum:
    return Mangum(app_from(ApiEnvironment.read(os.environ), watcher=telemetry), lifespan="off")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    with telemetry.invocation(context):
        return adapter()(event, context)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    adapter()  # a wrong environment shows when the function starts, and not in its first event
