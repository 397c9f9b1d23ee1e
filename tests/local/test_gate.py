"""What the ports of a local stack read before they know more."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from fermata.local import template
from fermata.local.api import streams
from fermata.local.deploy import cors_as_called
from fermata.local.gate import NotAdmitted, bounded


def received(pieces: list[bytes], limit: int, headers: list[tuple[bytes, bytes]]) -> bytes:
    """The body that is passed on of one that comes in pieces."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append({"type": "http.request", "body": b""})

    async def receive() -> Any:
        return messages.pop(0)

    async def read() -> bytes:
        passed_on = await bounded({"headers": headers}, receive, limit)
        return bytes((await passed_on())["body"])

    return asyncio.run(read())


def test_a_body_is_passed_on_whole() -> None:
    assert received([b"12345", b"67890"], 10, [(b"content-length", b"10")]) == b"1234567890"


@pytest.mark.parametrize("headers", [[(b"content-length", b"11")], [], [(b"content-length", b"none")]])
def test_a_body_over_the_limit_is_refused_whatever_it_says_of_its_length(headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(NotAdmitted) as refused:
        received([b"12345", b"678901"], 10, headers)
    assert refused.value.status == 413


def test_what_streams_is_known_by_its_path() -> None:
    """As the description tells it: a route that is missing here would keep a process of the local stack for each client."""
    described = {path for path, methods in openapi().items() if "text/event-stream" in str(methods.get("get", {}))}
    assert described
    for path in openapi():
        scope = {"type": "http", "method": "GET", "path": path.replace("{", "").replace("}", "")}
        assert streams(scope) is (path in described), path


def openapi() -> dict[str, Any]:
    paths: dict[str, Any] = json.loads((template.project_root() / "openapi.json").read_text(encoding="utf-8"))["paths"]
    return paths


def test_what_pages_of_other_origins_may_is_named_as_the_gateway_is_called() -> None:
    api = {"CorsConfiguration": {"Fn::If": ["Cors", {"AllowOrigins": ["*"], "MaxAge": 1}, {"Ref": "AWS::NoValue"}]}}
    cors_as_called(api)
    assert api["CorsConfiguration"] == {
        "Fn::If": ["Cors", {"allowOrigins": ["*"], "maxAge": 1}, {"Ref": "AWS::NoValue"}]
    }
