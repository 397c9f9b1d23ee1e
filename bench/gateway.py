"""Requests as the HTTP API hands them to the function, answered in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from fermata.local import template

from bench.functions import Context

Handler = Callable[[dict[str, Any], Any], Mapping[str, Any]]


def get(path: str, token: str) -> dict[str, Any]:
    """The event of a GET by who has the token; the path may end in a query."""
    return _event("GET", path, {"authorization": f"Bearer {token}"})


def post(path: str, body: Any, key: str) -> dict[str, Any]:
    """The event of a POST by who has the API key."""
    event = _event("POST", path, {"x-api-key": key, "content-type": "application/json"})
    return event | {"body": json.dumps(body)}


def _event(method: str, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((template.project_root() / "events" / "api.json").read_text(encoding="utf-8"))
    path, _, query = path.partition("?")
    del event["body"]
    event |= {"rawPath": path, "rawQueryString": query}
    event["requestContext"]["http"] |= {"method": method, "path": path}
    dropped = ("content-type", "content-length", "x-api-key")
    event["headers"] = {name: value for name, value in event["headers"].items() if name not in dropped} | dict(headers)
    return event


def answer(handler: Handler, event: dict[str, Any]) -> Any:
    """The body, decoded. Raises RuntimeError for anything but success."""
    response = handler(event, Context())
    if not 200 <= response["statusCode"] < 300:
        raise RuntimeError(f"{event['rawPath']}: {response['statusCode']} {response.get('body', '')[:300]}")
    return json.loads(response["body"])
