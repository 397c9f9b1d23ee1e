"""Read a job, its history, and why it waits."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import Query, Request, Response

from fermata.api.context import Caller
from fermata.api.etag import NOT_MODIFIED, IfNoneMatch, polled, tag_of
from fermata.api.jobs import schemas
from fermata.api.jobs.family import FAMILY, ref_of
from fermata.api.jobs.presenter import event, told
from fermata.api.streaming import EVENT_STREAM, EventRenderer, Frame, Position, follow
from fermata.control import why as reasons
from fermata.control.counts import counts_of
from fermata.control.engine import Engine
from fermata.control.queries import holds_of_all
from fermata.domain.chunks import Counts
from fermata.domain.errors import InvalidInput
from fermata.domain.events import Event
from fermata.domain.jobs import Job


@FAMILY.query("/{job_id}", response_model=schemas.Job, responses=NOT_MODIFIED, errors=(404,), summary="Read a job")
def get_job(call: Caller, job_id: str, if_none_match: IfNoneMatch = None) -> Response:
    """Status, stage, counts, holds and the receipt of the last pause. The counts add up in every answer.

    The tag changes with all of these; the seconds alone do not change it.
    """
    job = call.engine.store.job(ref_of(call, job_id))
    counts, (holds,) = counts_of(call.engine, job), holds_of_all(call.engine, [job])
    facts = hashlib.sha256(repr((tag_of(job, counts), holds)).encode(errors="surrogatepass")).hexdigest()
    body = told(call.engine, job, counts, holds)
    return polled(if_none_match, f'W/"{facts[:24]}"', lambda: body.model_dump(mode="json"))


@FAMILY.query("/{job_id}/events", response_model=schemas.JobEvents, errors=(404,), summary="What happened to a job")
def list_job_events(
    call: Caller,
    job_id: str,
    cursor: Annotated[
        str | None, Query(pattern=r"^[0-9]{1,15}$", description="Number of the last event that was seen")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Events of a page, at most")] = 100,
) -> schemas.JobEvents:
    """Oldest first, append-only. A cursor is an event's number, as is the id in the stream; one that is ahead is refused."""
    job = call.engine.store.job(ref_of(call, job_id))
    after = int(cursor or 0)
    if after > job.events:
        raise InvalidInput("cursor", f"is ahead of the last event, which is {job.events}")
    page = [line for line in call.engine.log.events(job.ref, after, limit) if line.number <= job.events]
    last = page[-1].number if page else after
    over = job.closed and last >= job.events
    return schemas.JobEvents(
        job_id=job.id, events=[event(line) for line in page], next_cursor=None if over else str(last)
    )


@FAMILY.query("/{job_id}/stream", ticket=True, responses=EVENT_STREAM, errors=(404,), summary="Follow a job")
def follow_job(call: Caller, request: Request, job_id: str, last: Position) -> Response:
    """Server-sent events: each line of the job's history under its type, `job` with the whole job whenever its counts move, and
    `done` with it at the end. A connection lasts 25 s at most; the next one goes on where it ended. A position of 0 asks for
    all events; who comes back after `done` gets a 204.
    """
    return follow(request, call.engine, ref_of(call, job_id), _tell(call.engine), last)


@FAMILY.query(
    "/{job_id}/why",
    response_model=schemas.Why,
    response_model_exclude_unset=True,
    errors=(404,),
    summary="What a job waits for",
)
def explain_job(call: Caller, job_id: str) -> schemas.Why:
    """A sentence for people, and the facts that it rests on.

    `waits_for` is `nothing` (it is over), `hold`, `rest` (the units in hand), `review`, `start`, `planning`, `worker`,
    `lease` (of a worker that was lost), `queue` or `execution`.
    """
    ref = ref_of(call, job_id)
    found = reasons.why(call.engine, ref)
    status = call.engine.store.job(ref).status
    return schemas.Why(
        job_id=ref.id,
        status=status,
        waits_for=found.waits_for,
        sentence=found.sentence,
        facts=schemas.WhyFacts.model_validate(found.facts),
    )


def _tell(engine: Engine) -> EventRenderer:
    def line(happened: Event, job: Job, counts: Counts) -> list[Frame]:
        return [Frame(event(happened).model_dump(mode="json"), event=happened.type.value)]

    def state(job: Job, counts: Counts) -> Frame:
        (holds,) = holds_of_all(engine, [job])
        return Frame(told(engine, job, counts, holds).model_dump(mode="json"), event="job")

    return EventRenderer(line, state)
