"""The OpenAPI description: what FastAPI finds out by itself, and what it can't know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from fermata.api import examples
from fermata.api.dialects import ALL
from fermata.api.request_fields import SEGMENT
from fermata.api.routing import Family

ABOUT = """
Start, watch, pause, resume, cancel, retry and review long-running work.

Every route takes `Authorization: Bearer <JWT>` or `X-API-Key`; a browser that has signed in at `/api/v1/session` is known by its
cookie, and shows with each change the `csrf_token` that it was told. A caller has scopes: `read` (see), `control` (start, pause,
resume, cancel, retry, review) and `admin` (system-wide pause, audit log); none includes another. A token without `scope`
has `read` and `control`. What belongs to another tenant is answered as if it were not there.

Errors come as `{"detail"}`, `{"error"}` or `{"code", "message", "data"}`: the shape belongs to the route. Where no other system's
document says how, `code` and facts stand beside `detail`, as `{"detail", "code": "wrong_status", "command", "status"}`.
`traceparent` and `X-Request-Id` are honoured; the latter comes back with each response. Unknown query parameters and unknown
members of a body are refused, since a misspelt filter would otherwise match everything. Bodies are JSON of at most 5 MB.
Where a stack limits the requests of a tenant, it counts them by calendar minute, over all its instances, never above the
limit and to within a few per cent below it.
"""

SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-fermata",
        "description": "Of a browser that has signed in; changes need the header `X-CSRF-Token` besides.",
    },
    "ticket": {
        "type": "apiKey",
        "in": "query",
        "name": "ticket",
        "description": "Of a stream, for programs that can send no headers.",
    },
    "token": {
        "type": "apiKey",
        "in": "query",
        "name": "token",
        "description": "A JWT, an API key or a ticket, as clients of the document of pause send it.",
    },
    "api_key": {"type": "apiKey", "in": "query", "name": "api_key", "description": "The same by another name."},
}

MADE: dict[tuple[str, str], str] = {
    ("post", "/api/batch/start"): "job_id",
    ("post", "/api/v1/jobs"): "id",
    ("post", "/api/v1/sources"): "source_id",
    ("post", "/api/v1/tasks"): "data/id",
    ("post", "/processes"): "id",
}
"""Routes that make something, and where in their answer its id stands, with which the routes below it go on."""

BELOW = {"/api/batch/start": "/api/batch/jobs"}
"""Where those are, if not below the route itself."""


def describe(app: FastAPI, families: Sequence[Family]) -> None:
    """Have the app answer the completed description; it is made when it is first asked for."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            tags = [{"name": family.name, "description": family.description} for family in families]
            plain = get_openapi(
                title=app.title,
                version=app.version,
                description=ABOUT,
                routes=app.routes,
                tags=tags,
                servers=app.servers,
            )
            app.openapi_schema = _completed(plain)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _completed(description: dict[str, Any]) -> dict[str, Any]:
    from fermata.api import typed_errors  # nothing else needs it

    components = description.setdefault("components", {})
    components["securitySchemes"] = SCHEMES
    schemas = components.setdefault("schemas", {})
    schemas |= {dialect.model.__name__: dialect.model.model_json_schema() for dialect in ALL}
    schemas |= typed_errors.schemas()
    for path in description["paths"].values():
        for operation in path.values():
            _drop_unused_validation_error(operation["responses"])
            _plain_body(operation)
            _whole_segments(operation)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    examples.complete(description)
    for (method, path), pointer in MADE.items():
        _link(description["paths"], description["paths"][path][method], BELOW.get(path, path), pointer)
    return description


def _link(paths: dict[str, Any], maker: dict[str, Any], below: str, pointer: str) -> None:
    """Say which operations take the id that the maker answers."""
    answer = next(response for status, response in maker["responses"].items() if status in ("200", "201"))
    links = answer.setdefault("links", {})
    for path, operations in paths.items():
        rest = path.removeprefix(f"{below}/")
        if rest == path or not rest.startswith("{"):
            continue
        parameters = {rest[1 : rest.index("}")]: f"$response.body#/{pointer}"}
        for operation in operations.values():
            links[operation["operationId"]] = {"operationId": operation["operationId"], "parameters": parameters}


def _plain_body(operation: dict[str, Any]) -> None:
    """A body that may be left out is not one that may be null: clients would not know what to send for it."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        choices = [choice for choice in content["schema"].get("anyOf", ()) if choice.get("type") != "null"]
        if len(choices) == 1:
            content["schema"] = choices[0]


def _whole_segments(operation: dict[str, Any]) -> None:
    """An id in a path is not empty and not dots alone: what names no segment is another path, or none."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path" and parameter["schema"].get("type") == "string":
            parameter["schema"].setdefault("pattern", SEGMENT)


def _drop_unused_validation_error(responses: dict[str, Any]) -> None:
    """FastAPI describes its own 422, which no route here answers."""
    schema = responses.get("422", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if schema.get("$ref", "").endswith("/HTTPValidationError"):
        del responses["422"]
