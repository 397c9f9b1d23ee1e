"""Pause, resume, cancel, retry and review."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from fermata.api.context import Caller, RequestContext
from fermata.api.jobs import schemas
from fermata.api.jobs.family import FAMILY, ref_of
from fermata.api.jobs.presenter import shown, stage_names, stage_number
from fermata.api.request_fields import WHOLE, Holding, Note, Reason, Strict, hold_on, reason_of
from fermata.control import failures, holds, review, termination
from fermata.control import retry as retries
from fermata.domain.errors import InvalidInput, NotFound
from fermata.domain.jobs import Ref
from fermata.domain.ranges import Ranges

MAX_UNITS = 10_000

Units = Annotated[
    list[Annotated[int, Field(strict=True, ge=0, lt=10_000_000), WHOLE]], Field(min_length=1, max_length=MAX_UNITS)
]


class Retry(Strict):
    """What to run again. Without a body: what failed, and what never ran."""

    which: Annotated[
        Literal["failed", "unfinished", "named", "group"],
        Field(
            description="`failed`: what failed, and what never ran; `unfinished`: only what never ran; `named`: those in "
            "`units`, settled or not; `group`: those whose errors say the same, see `/errors`."
        ),
    ] = "failed"
    stage: Annotated[
        str | None, Field(strict=True, max_length=64, description="Of named units; the first by default.")
    ] = None
    units: Annotated[Units | None, Field(description="Their numbers in the stage, from 0.")] = None
    group: Annotated[str | None, Field(strict=True, max_length=64, description="Id of a group of `/errors`.")] = None
    secrets: Annotated[
        dict[str, Annotated[str, Field(strict=True, max_length=4096)]],
        Field(
            default_factory=dict,
            max_length=10,
            description="The kind's secret parameters; those given before went when the job ended.",
        ),
    ]
    reason: Reason | None = None


class Review(Strict):
    """A decision over the draft."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"decision": {"const": "reject"}}},
            "then": {"properties": {"units": {"type": "null"}}},
        }
    )

    decision: Literal["approve", "reject"]
    units: Annotated[Units | None, Field(description="Approve only these; what they number, the kind says.")] = None
    reason: Reason | None = None


@FAMILY.control("pause", "Pause a job", response_model=schemas.Job)
def pause_job(call: Caller, job_id: str, body: Holding | None = None) -> schemas.Job:
    """Stop after the units in hand; `pause` is the receipt, `quiesced_at` in it says since when none runs.

    A unit that would take longer than a few seconds is broken off, and run again later. Asking again before that replaces reason
    and end. With `until` it resumes by itself. A job that only its source or the system holds may be paused too: then it stays so
    when they are released.
    """
    return shown(call.engine, holds.pause(call.engine, call.act, ref_of(call, job_id), hold_on(call, body)))


@FAMILY.control("resume", "Resume a job", response_model=schemas.Job)
def resume_job(call: Caller, job_id: str, body: Note | None = None) -> schemas.Job:
    """Take away the job's own holds, an automatic one too. Those on its source and on the system stay: see `holds`.

    A job that only these hold has nothing to take away: that is a 409, which has them as `holds`.
    """
    return shown(call.engine, holds.resume(call.engine, call.act, ref_of(call, job_id), reason_of(body)))


@FAMILY.control("cancel", "Cancel a job", response_model=schemas.Job)
def cancel_job(call: Caller, job_id: str, body: Note | None = None) -> schemas.Job:
    """End it for good: no further unit starts. Results stay readable. A job that is over is a 409."""
    return shown(call.engine, termination.cancel(call.engine, call.act, ref_of(call, job_id), reason_of(body)))


@FAMILY.control("retry", "Retry a job", response_model=schemas.Job)
def retry_job(call: Caller, job_id: str, body: Retry | None = None) -> schemas.Job:
    """Run units again; what succeeded and is not named keeps its result.

    From `failed` and `timed_out`, and from `completed` where units failed or are named. A cancelled job, one that runs, and one
    that a worker is still at are a 409, as is one of a source that was deleted.
    """
    asked, ref = body or Retry.model_validate({}), ref_of(call, job_id)
    job = call.engine.store.job(ref)
    if job.source is not None and not call.content.sources.find(call.tenant, [job.source]):
        raise NotFound("source", job.source)
    kind = call.engine.kind(job.kind)
    if unknown := asked.secrets.keys() - kind.secrets:
        raise InvalidInput("secrets", f"the kind has no secret {min(unknown)!r}")
    again = retries.retry(
        call.engine,
        call.act,
        ref,
        _named(call, ref, asked),
        asked.secrets,
        failed=asked.which != "unfinished",
        reason=asked.reason,
    )
    return shown(call.engine, again)


@FAMILY.control("review", "Review a draft", response_model=schemas.Job)
def review_job(call: Caller, job_id: str, body: Review) -> schemas.Job:
    """Approve the draft, all of it or the named units, or reject it, which ends the job as cancelled.

    A job that does not wait for review is a 409. Rejecting named units is refused: nothing of a rejected draft is applied.
    """
    ref = ref_of(call, job_id)
    if body.decision == "approve":
        units = Ranges.of(body.units) if body.units is not None else None
        return shown(call.engine, review.approve(call.engine, call.act, ref, units, body.reason))
    if body.units is not None:
        raise InvalidInput("units", "can't be given with reject, which drops the whole draft")
    return shown(call.engine, review.reject(call.engine, call.act, ref, body.reason))


def _named(call: RequestContext, ref: Ref, asked: Retry) -> tuple[int, Ranges] | None:
    """Stage and numbers of named units. Raises InvalidInput, and NotFound for a group that there is not."""
    if (asked.which == "named") != (asked.units is not None):
        raise InvalidInput("units", "belongs to which: named, and to nothing else")
    if (asked.which == "group") != (asked.group is not None):
        raise InvalidInput("group", "belongs to which: group, and to nothing else")
    if asked.group is not None and asked.stage is None:
        return failures.units_of_group(call.engine, call.engine.store.job(ref), asked.group)
    if asked.units is None:
        if asked.stage is not None:
            raise InvalidInput("stage", "belongs to which: named, and to nothing else")
        return None
    names = stage_names(call.engine, call.engine.store.job(ref))
    return stage_number(names, asked.stage) if asked.stage is not None else 0, Ranges.of(asked.units)
