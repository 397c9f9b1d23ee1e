"""Pause, resume, cancel and retry by filter, or by ids."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel as Answer
from pydantic import ConfigDict, Field

from fermata.api import job_ids
from fermata.api.context import Caller, RequestContext
from fermata.api.jobs.family import FAMILY
from fermata.api.jobs.filters import Filter
from fermata.api.jobs.schemas import JobId
from fermata.api.request_fields import SEGMENT, WHOLE, Holding, Reason, Strict, Until, hold_on
from fermata.control import bulk
from fermata.domain.errors import InvalidInput, NotFound
from fermata.domain.transitions import Status


class Selecting(Strict):
    """Which jobs: a filter, of which `{}` means all that the verb can mean, or ids; just one of the two."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"filter": {"kind": "crawl"}, "dry_run": True}],
            "oneOf": [
                {"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in ("filter", "ids")
            ],
        }
    )

    filter: Filter | None = None
    ids: Annotated[
        list[Annotated[str, Field(strict=True, pattern=SEGMENT, max_length=170)]] | None,
        Field(min_length=1, max_length=bulk.MOST, description="Ids of jobs, each once."),
    ] = None
    dry_run: Annotated[bool, Field(strict=True, description="Only say what would be done.")] = False
    cursor: Annotated[str | None, Field(description="`next_cursor` of the call before, of the same filter.")] = None
    limit: Annotated[int, Field(strict=True, ge=1, le=bulk.MOST, description="Jobs to take on, at most."), WHOLE] = (
        bulk.MOST
    )


class PauseJobs(Selecting):
    """Which jobs, why, and for how long."""

    reason: Reason | None = None
    until: Until | None = None


class ResumeJobs(Selecting):
    """Which jobs, and why."""

    reason: Reason | None = None


class CancelJobs(Selecting):
    """Which jobs, and why."""

    reason: Reason | None = None


class RetryJobs(Selecting):
    """Which jobs, and what of them is run again."""

    which: Annotated[
        Literal["failed", "unfinished"],
        Field(description="`failed`: what failed, and what never ran; `unfinished`: only what never ran."),
    ] = "failed"
    reason: Reason | None = None


class JobOutcome(Answer):
    """What became of one job."""

    job_id: JobId
    status: Status | None = Field(description="As it is now; null where there is no such job.")
    outcome: Literal["done", "would be done", "refused", "failed"] = Field(
        description="`refused`: its status does not allow it, or it is another user's; `failed`: try again."
    )
    error: str | None


class Outcomes(Answer):
    """Per job, newest first; by ids in their order."""

    dry_run: bool
    count: int = Field(description="Jobs that it was done to, or would be.")
    outcomes: list[JobOutcome]
    next_cursor: str | None = Field(description="Goes on with the jobs after these; null when none is left.")


@FAMILY.command("/pause", "jobs.pause_many", response_model=Outcomes, summary="Pause many jobs")
def pause_jobs(call: Caller, body: PauseJobs) -> Outcomes:
    """Pause the pending, running and already held jobs that match, at most 500 a call; one that can't be paused does not keep the
    others from it. The whole call leaves one audit record, a dry run none. A call takes on jobs for 20 s; `next_cursor` goes on.
    """
    hold = hold_on(call, Holding(reason=body.reason, until=body.until))
    return _apply(call, bulk.pausing(hold), body)


@FAMILY.command("/resume", "jobs.resume_many", response_model=Outcomes, summary="Resume many jobs")
def resume_jobs(call: Caller, body: ResumeJobs) -> Outcomes:
    """Resume the jobs that match and are paused, or asked to pause; otherwise as pausing many."""
    return _apply(call, bulk.resuming(body.reason), body)


@FAMILY.command("/cancel", "jobs.cancel_many", response_model=Outcomes, summary="Cancel many jobs")
def cancel_jobs(call: Caller, body: CancelJobs) -> Outcomes:
    """Cancel the jobs that match and are not over; otherwise as pausing many."""
    return _apply(call, bulk.cancelling(body.reason), body)


@FAMILY.command("/retry", "jobs.retry_many", response_model=Outcomes, summary="Retry many jobs")
def retry_jobs(call: Caller, body: RetryJobs) -> Outcomes:
    """Retry the jobs that match and have failed or run out of time; completed ones with failed units where `status`,
    `failed_units` or `ids` ask for them. Secret parameters went when a job ended: one that needs them is retried by itself.
    Otherwise as pausing many.
    """
    completed = body.filter is not None and body.filter.failed_units is True
    return _apply(call, bulk.retrying(body.reason, failed=body.which == "failed", completed=completed), body)


def _engine_id(call: RequestContext, name: str) -> str:
    """That of the job, or the name as it was given where there is none. Raises InvalidInput where several jobs have it."""
    try:
        return job_ids.resolved(call, name).id
    except NotFound:
        return name


def _apply(call: RequestContext, verb: bulk.Verb, body: Selecting) -> Outcomes:
    if (body.filter is None) == (body.ids is None):
        raise InvalidInput("filter", "either filter or ids is needed, and not both")
    if body.filter is not None:
        selection = body.filter.selection(call, body.cursor)
        done = bulk.apply(call.engine, call.act, verb, selection, body.limit, dry_run=body.dry_run)
    else:
        if body.cursor is not None:
            raise InvalidInput("cursor", "belongs to a filter, and has no effect beside ids")
        if body.limit != bulk.MOST:
            raise InvalidInput("limit", "belongs to a filter, and has no effect beside ids")
        names = dict.fromkeys(_engine_id(call, name) for name in body.ids or [])
        done = bulk.apply_to(call.engine, call.act, verb, list(names), dry_run=body.dry_run)
    outcomes = [
        JobOutcome(
            job_id=one.job.id if one.job else one.name,
            status=one.job.status if one.job else None,
            outcome=one.outcome,  # type: ignore[arg-type]
            error=one.error,
        )
        for one in done.outcomes
    ]
    return Outcomes(
        dry_run=body.dry_run,
        count=sum(one.outcome in ("done", "would be done") for one in done.outcomes),
        outcomes=outcomes,
        next_cursor=body.filter.next_cursor(call, done.after) if body.filter else None,
    )
