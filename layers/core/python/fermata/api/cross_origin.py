"""What pages of other origins may, where no gateway sees to it: the same as the template says for its gateways."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

ASKED = (
    "authorization",
    "cache-control",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "last-event-id",
    "traceparent",
    "x-api-key",
    "x-requested-with",
)
"""Headers that they may send."""

ANSWERED = ("etag", "idempotent-replay", "link", "location", "retry-after", "www-authenticate", "x-request-id")
"""Headers that they may read."""

METHODS = ("GET", "POST", "PATCH", "DELETE")


def allow(app: FastAPI, origins: frozenset[str]) -> None:
    """Answer pages of these origins; of none where there are none."""
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=sorted(origins),
            allow_methods=METHODS,
            allow_headers=ASKED,
            expose_headers=ANSWERED,
        )
