"""The stream of all tasks, as clients of the document of pause ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import Query, Request, Response

from fermata.api.context import Caller
from fermata.api.routing import Family
from fermata.api.streaming import EVENT_STREAM, FeedFilter, FeedFollower, FeedRenderer, Frame, Position, follow, stream
from fermata.api.tasks.family import NAME, PLAIN, PREFIX, ref_of
from fermata.api.tasks.stream import CANCELLING, NAMES, PROGRESS, telling
from fermata.control.counts import counts_of, counts_of_all
from fermata.control.engine import Engine
from fermata.domain.errors import InvalidInput
from fermata.domain.events import Event, SystemEvent
from fermata.domain.jobs import Job

MAX_TYPES = 500

FAMILY = Family(
    "workflows",
    "/api/v1/stream/sse",
    "Tasks as workflows: the stream that clients of the document of pause follow.",
    **{name: PLAIN[name] for name in ("dialect", "wording", "statuses")},
)


@FAMILY.query(
    "",
    ticket=True,
    credentials=("api_key", "token"),
    response_class=Response,
    responses=EVENT_STREAM,
    errors=(404,),
    summary="Follow workflows",
)
def follow_workflows(
    call: Caller,
    request: Request,
    last: Position,
    workflow_id: Annotated[str | None, Query(max_length=64, description="Only of this task, `42` or `task-42`")] = None,
    types: Annotated[
        str | None,
        Query(
            max_length=MAX_TYPES,
            description="Only these, between commas",
            examples=["workflow.paused,workflow.resumed"],
        ),
    ] = None,
) -> Response:
    """Server-sent events as those of a task's own stream, each with `workflow_id` and a `message` for people.

    Of one task: from its first event, or after `Last-Event-ID`, to `done`. Of all of the tenant: from now on, or after that
    event; ids are opaque then, and progress is told of the newest 50 that run. A connection lasts as one of a task's own stream.
    The document's clients send their key or token in the address; what is logged here has no addresses' parameters.
    """
    wanted = _types(types)
    if workflow_id is not None:
        teller = telling(workflow_id, workflow=True, types=wanted)
        return follow(request, call.engine, ref_of(call, workflow_id), teller, last, lasting=True)
    chosen = FeedFilter(families=frozenset({NAME}))
    progress = not wanted or PROGRESS in wanted
    follower = FeedFollower(call.engine, call.tenant, chosen, _tell(call.engine, wanted), progress)
    return stream(request, follower, last, lasting=True)


def _types(text: str | None) -> frozenset[str]:
    """Raises InvalidInput for one that no event has."""
    types = frozenset(part.strip() for part in (text or "").split(",") if part.strip())
    known = {*NAMES.values(), PROGRESS, CANCELLING}
    if unknown := types - known:
        raise InvalidInput("types", f"there is no event {min(unknown)[:60]}; there are {', '.join(sorted(known))}")
    return types


def _tell(engine: Engine, types: frozenset[str]) -> FeedRenderer:
    def line(happened: Event, job: Job) -> list[Frame]:
        teller = telling(f"{PREFIX}{job.number}", workflow=True, types=types)
        counts = counts_of(engine, replace(job, counts=None))
        return [frame for frame in teller.event(happened, job, counts) if teller.only(frame)]

    def system(happened: SystemEvent) -> list[Frame]:
        return []

    def jobs(found: Sequence[Job]) -> list[Frame]:
        counts = counts_of_all(engine, found)
        return [
            telling(f"{PREFIX}{job.number}", workflow=True).state(job, count)
            for job, count in zip(found, counts, strict=True)
        ]

    return FeedRenderer(line, system, jobs if not types or PROGRESS in types else None)
