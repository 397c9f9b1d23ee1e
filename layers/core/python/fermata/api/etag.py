"""Polling at little cost: a status carries a tag, and who sends it back is told in a few bytes that nothing has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Header, Response

from fermata.api.responses import Answer
from fermata.api.version import VERSION
from fermata.domain.chunks import Counts
from fermata.domain.jobs import Job
from fermata.domain.kind import Json

IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match", description="The `ETag` of an earlier answer; while it is still right, this is a 304."
    ),
]
"""How a route's function asks for the tag that the caller has."""

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "Nothing has changed since the answer with this tag"}
}
"""What such a route says of it in the OpenAPI description."""


def tag_of(job: Job, counts: Counts) -> str:
    """Changes whenever the job's record or its ledger does, and with the version of the API.

    Weak, and different for each job: a browser keeps answers by URL, and two tenants may each have a task of one number.
    """
    facts = (VERSION, *job.ref, job.created_at, job.rev, counts.total, counts.succeeded, counts.failed)
    return f'W/"{hashlib.sha256(repr(facts).encode()).hexdigest()[:24]}"'


def polled(if_none_match: str | None, tag: str, body: Callable[[], Json]) -> Response:
    """The body with its tag, or 304 when the caller has it already. The caller may keep it, but must ask each time."""
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization, X-API-Key, Cookie"}
    if if_none_match is not None and _names(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    return Answer(body(), headers=headers)


def _names(header: str, tag: str) -> bool:
    """Tags are compared weakly, as this header wants it."""
    given = [part.strip().removeprefix("W/") for part in header.split(",")]
    return "*" in given or tag.removeprefix("W/") in given
