"""Jobs that start after others: a hold for each job that is waited for, which that job takes away when it ends.

A job and the list of those that wait for it are written together, under the version check of both: either it had not ended, and
finds them when it closes, or whoever creates the next one sees that it has. It is not closed before it has seen to all of them,
so recovery repeats what a crash cut off. Only jobs that exist can be named, so they never wait for one another in a circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fermata.control.engine import Engine, JobUpdate, exists, update
from fermata.control.queueing import job_message
from fermata.domain.errors import InvalidInput
from fermata.domain.events import EventType
from fermata.domain.holds import AUTOMATIC, Hold, after_scope
from fermata.domain.jobs import Job, OnFailure, Ref
from fermata.domain.lifecycle import apply, note
from fermata.domain.transitions import Command, Status
from fermata.ports import Change, SaveJob

MOST = 20
"""Jobs that one job may wait for."""

MOST_DEPENDENTS = 100
"""Jobs that may wait for one job; their ids lie in its record."""


def waiting(engine: Engine, job: Job) -> tuple[Job, tuple[Change, ...]]:
    """A new job with a hold for each job that it starts after and that has not completed, and the changes of those.

    Raises InvalidInput for a job that there is not, that has too many waiting for it, or whose end the new one's policy
    can't live with.
    """
    holds: list[Hold] = []
    changes: list[Change] = []
    for name in dict.fromkeys(job.after):
        other = exists(engine, Ref(job.tenant, name))
        if other is None:
            raise InvalidInput("after", f"there is no job {name}")
        if other.status is Status.COMPLETED or (other.status.final and job.on_failure is OnFailure.START):
            continue
        if other.status.final and job.on_failure is OnFailure.CANCEL:
            raise InvalidInput("after", f"{name} is {_word(other)}, so the job would be cancelled")
        if len(other.dependents) >= MOST_DEPENDENTS:
            raise InvalidInput("after", f"{MOST_DEPENDENTS} jobs wait for {name} already")
        holds.append(_failed(other, job.created_at) if other.status.final else _hold(job, other))
        changes.append(SaveJob(replace(other, dependents=(*other.dependents, job.id), rev=other.rev + 1)))
    return replace(job, holds=(*job.holds, *holds)), tuple(changes)


def settle(engine: Engine, ended: Job) -> None:
    """Tell those that start after a job that it has ended; safe again and again."""
    for name in ended.dependents:
        job = exists(engine, Ref(ended.tenant, name))
        if job is not None and any(hold.scope == after_scope(ended.id) for hold in job.holds):
            engine.queue.send([job_message(_told(engine, job.ref, ended), express=True)])


def _told(engine: Engine, ref: Ref, ended: Job) -> Job:
    scope = after_scope(ended.id)

    def step(job: Job) -> JobUpdate | None:
        now = engine.clock.now()
        held = [hold for hold in job.holds if hold.scope == scope]
        if job.status.final or not held:
            return None
        if ended.status is Status.COMPLETED or job.on_failure is OnFailure.START:
            kept = tuple(hold for hold in job.holds if hold.scope != scope)
            return JobUpdate(replace(job, holds=kept, updated_at=now))
        if job.on_failure is OnFailure.CANCEL:
            reason = f"{ended.id} is {_word(ended)}"
            cancelled, event = apply(job, Command.CANCEL, now, reason=reason)
            return JobUpdate(replace(cancelled, error=reason), (event,))
        if all(hold.owner == AUTOMATIC for hold in held):
            return None
        failed = _failed(ended, now)
        kept = tuple(failed if hold.scope == scope else hold for hold in job.holds)
        noted, event = note(job, EventType.PAUSING, now, reason=failed.reason, owner=failed.owner)
        return JobUpdate(replace(noted, holds=kept), (event,))

    return update(engine, ref, step)


def _hold(job: Job, other: Job) -> Hold:
    return Hold(after_scope(other.id), job.user, f"it starts when {other.id} has completed", job.created_at)


def _failed(other: Job, now: float) -> Hold:
    reason = f"{other.id} is {_word(other)}; it starts when that has been retried and completes, or when it is resumed"
    return Hold(after_scope(other.id), AUTOMATIC, reason, now)


def _word(job: Job) -> str:
    return job.status.value.replace("_", " ")


def checked(names: Sequence[str]) -> tuple[str, ...]:
    """The names, each once. Raises InvalidInput when there are too many."""
    if len(names) > MOST:
        raise InvalidInput("after", f"names more than {MOST} jobs")
    return tuple(dict.fromkeys(names))
