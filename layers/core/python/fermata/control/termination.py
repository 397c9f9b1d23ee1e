"""Ending a job before its time, closing the books, and trying again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from fermata.control import health, holds
from fermata.control.engine import Engine, JobUpdate, secret_context, update
from fermata.domain.chunks import Chunk, count
from fermata.domain.errors import InvalidInput, TokenSpent, WrongStatus
from fermata.domain.events import Mutation, SystemEventType
from fermata.domain.jobs import Job, Ref
from fermata.domain.lifecycle import apply
from fermata.domain.ranges import Ranges
from fermata.domain.transitions import Command, Status
from fermata.ports import AddSystemEvent, Change, SaveChunks, SaveJob

FAILED_UNITS, UNFINISHED_UNITS = "failed", "unfinished"
PAGE = 90
"""Chunks that one transaction may change, beside the job."""


def cancel(engine: Engine, act: Mutation | None, ref: Ref, reason: str | None = None) -> Job:
    """End the job now: no further unit starts; what is under way is kept as a result. Raises WrongStatus when it has ended."""

    def step(job: Job) -> JobUpdate:
        user = act.actor.user if act else None
        cancelled, event = apply(job, Command.CANCEL, engine.clock.now(), user=user, reason=reason)
        return JobUpdate(replace(cancelled, error=reason), (event,))

    update(engine, ref, step, act)
    return close(engine, ref)


def time_out(engine: Engine, ref: Ref) -> Job:
    """End a job that has been active for longer than it was given."""

    def step(job: Job) -> JobUpdate | None:
        late = job.timeout is not None and job.active_seconds(engine.clock.now()) > job.timeout
        if not late or job.status not in (Status.PENDING, Status.RUNNING):
            return None
        error = f"ran longer than its limit of {job.timeout:g} seconds"
        ended, event = apply(job, Command.TIME_OUT, engine.clock.now(), error=error)
        ended = replace(ended, error=error)
        return JobUpdate(ended, (event,), failure(engine, ended))

    job = update(engine, ref, step)
    return close(engine, ref) if job.status.final else job


def fail(engine: Engine, ref: Ref, run: int, error: str) -> Job:
    """End a job that can't be planned, finished or executed. Does nothing when it has ended, or another run has begun."""

    def step(job: Job) -> JobUpdate | None:
        if job.status.final or job.run != run or job.status is Status.WAITING_REVIEW:
            return None
        failed, event = apply(job, Command.FAIL, engine.clock.now(), error=error)
        failed = replace(failed, error=error)
        return JobUpdate(failed, (event,), failure(engine, failed))

    job = update(engine, ref, step)
    return close(engine, ref) if job.status.final else job


def failure(engine: Engine, job: Job) -> tuple[Change, ...]:
    """What a job that failed, or ran out of time, leaves beside its own history."""
    if job.status not in (Status.FAILED, Status.TIMED_OUT):
        return ()
    reason = f"{job.id}: {job.error}"
    event = holds.system_event(engine.clock.now(), SystemEventType.TASK_FAILED, reason, job.workspace, job.id)
    return (AddSystemEvent(job.tenant, event), *health.failed(engine, job.tenant))


def close(engine: Engine, ref: Ref, *, over: bool = False) -> Job:
    """End a final job's execution and, once no worker is at it, seal its counts. Safe at any moment.

    ``over``: the execution has been called back for the last time. Raises Stale when a worker that was thought dead turns out
    not to be; recovery comes again.
    """
    job = engine.store.job(ref)
    if not job.status.final or job.closed:
        return job
    for earlier in range(1, job.run):  # one that was thought lost may have come late
        engine.workflow.stop(ref, earlier, "another execution has taken over")
    if not over and job.counts is not None and job.token is not None:
        with suppress(TokenSpent):  # it came to its end, but the last callback may have been lost
            engine.workflow.succeed(job.token, {"status": job.status.value})
    elif not over:
        engine.workflow.stop(ref, job.run, job.status.value)

    def seal(current: Job) -> JobUpdate | None:
        if not current.status.final or current.closed:
            return None
        chunks, now = engine.ledger.chunks(ref), engine.clock.now()
        if any(chunk.live(now) for chunk in chunks):
            return None
        for chunk in chunks:
            if chunk.owner is not None:  # a stalled worker: from here on it can't count anything
                engine.ledger.save(ref, chunk.release())
        return JobUpdate(replace(current, counts=current.counts or count(chunks, current.expected), closed=True))

    return update(engine, ref, seal)


def retry(
    engine: Engine,
    act: Mutation,
    ref: Ref,
    units: tuple[int, Ranges] | None = None,
    secrets: Mapping[str, str] | None = None,
    allowed: frozenset[Status] = frozenset({Status.FAILED, Status.TIMED_OUT, Status.COMPLETED}),
    *,
    failed: bool = True,
) -> Job:
    """Run again what failed or never ran, or the units named by stage and numbers; what succeeded is kept.

    ``failed`` set to False leaves out what failed, so that only what never ran is run.
    ``secrets`` replaces those that were dropped when the job ended. Raises WrongStatus when the job has not ended, was
    cancelled, still has a worker at it, or has nothing to run again, and InvalidInput for units that it has not.
    """
    job = close(engine, ref)
    if units is not None:
        _check_units(engine, job, units)

    def step(current: Job) -> JobUpdate:
        if current.status not in allowed or not current.closed:
            raise WrongStatus("retry", current.status.value)
        if current.status is Status.COMPLETED and units is None and not (current.counts and current.counts.failed):
            raise WrongStatus("retry", current.status.value, "nothing failed, so there is nothing to retry")
        if units is None and not failed and not _unfinished(engine, current):
            raise WrongStatus("retry", current.status.value, "no unit is unfinished, so there is nothing to retry")
        again, event = apply(current, Command.RETRY, engine.clock.now())
        whole = FAILED_UNITS if failed else UNFINISHED_UNITS
        marker = whole if units is None else f"{units[0]}:{units[1]}"
        sealed = engine.secrets.seal(json.dumps(dict(secrets)), secret_context(ref)) if secrets else None
        again = replace(again, run=current.run + 1, reopen=marker, sealed_secrets=sealed, requeued_at=0.0)
        return JobUpdate(again, (event,))

    retried = update(engine, ref, step, act)
    engine.workflow.start(ref, retried.run)
    return retried


def reopen(engine: Engine, job: Job) -> Job:
    """Open the units that a retry names, before the execution plans and runs. Raises Stale: read the job again."""
    if job.reopen is None:
        return job
    chunks = engine.ledger.chunks(job.ref)
    opened = [chunk.reopen(units) for chunk in chunks if (units := _to_reopen(job.reopen, chunk))]
    for at in range(0, len(opened), PAGE):
        page = SaveChunks(job.ref, tuple(opened[at : at + PAGE]))
        job = replace(job, rev=job.rev + 1)
        engine.store.write(SaveJob(job), page)
    unsettled = {chunk.stage for chunk in [*chunks, *opened] if not chunk.done}
    job = replace(job, reopen=None, stage=min(unsettled, default=job.stage), rev=job.rev + 1)
    engine.store.write(SaveJob(job))
    return job


def _to_reopen(marker: str, chunk: Chunk) -> Ranges:
    """The chunk's units that a retry's marker names."""
    if marker == FAILED_UNITS:
        return chunk.failed
    if marker == UNFINISHED_UNITS:
        return Ranges()
    stage, _, numbers = marker.partition(":")
    if chunk.stage != int(stage):
        return Ranges()
    return Ranges.parse(numbers) & Ranges.span(chunk.first, chunk.first + chunk.size)


def _unfinished(engine: Engine, job: Job) -> bool:
    """Whether units are left that never ran, or that nobody has named yet."""
    known = engine.kind(job.kind).stages
    planned = len(job.stages) == len(known) and all(stage.complete for stage in job.stages)
    return not planned or any(not chunk.done for chunk in engine.ledger.chunks(job.ref))


def _check_units(engine: Engine, job: Job, units: tuple[int, Ranges]) -> None:
    stage, numbers = units
    if not 0 <= stage < len(job.stages):
        raise InvalidInput("stage", f"the job has stages 0 to {len(job.stages) - 1}")
    known = job.stages[stage].units
    if not numbers or numbers.spans[-1][1] > known:
        raise InvalidInput("units", f"stage {stage} has units 0 to {known - 1}")
