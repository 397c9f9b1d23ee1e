"""Requests as the HTTP API hands them to the function, answered in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from fermata.local import template


class Context:
    """What Lambda tells a handler of its invocation, as far as it asks."""

    aws_request_id = "bench"
    function_name = "api"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:api"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


Handler = Callable[[dict[str, Any], Any], Mapping[str, Any]]


def get(path: str, token: str) -> dict[str, Any]:
    """The event of a GET; the path may end in a query."""
    event: dict[str, Any] = json.loads((template.project_root() / "events" / "api.json").read_text(encoding="utf-8"))
    path, _, query = path.partition("?")
    del event["body"]
    event |= {"rawPath": path, "rawQueryString": query}
    event["requestContext"]["http"] |= {"method": "GET", "path": path}
    dropped = ("content-type", "content-length", "x-api-key")
    event["headers"] = {name: value for name, value in event["headers"].items() if name not in dropped}
    event["headers"]["authorization"] = f"Bearer {token}"
    return event


def answer(handler: Handler, event: dict[str, Any]) -> Any:
    """The body, decoded. Raises RuntimeError for anything but 200."""
    response = handler(event, Context())
    if response["statusCode"] != 200:
        raise RuntimeError(f"{event['rawPath']}: {response['statusCode']} {response.get('body', '')[:300]}")
    return json.loads(response["body"])
