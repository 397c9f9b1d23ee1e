"""Ending a job before its time."""

from __future__ import annotations

from dataclasses import replace

from fermata.control.answers import answered, pursued
from fermata.control.ending import ended
from fermata.control.engine import Engine, JobUpdate, update
from fermata.domain.events import Mutation
from fermata.domain.jobs import Job, Ref
from fermata.domain.lifecycle import apply
from fermata.domain.transitions import Command, Status


def cancel(engine: Engine, act: Mutation | None, ref: Ref, reason: str | None = None, *, wait: bool = True) -> Job:
    """End the job now: no further unit starts; what is under way is kept as a result. Raises WrongStatus when it has ended.

    ``wait``: answer once no worker starts another unit.
    """

    def step(job: Job) -> JobUpdate:
        user = act.actor.user if act else None
        cancelled, event = apply(job, Command.CANCEL, engine.clock.now(), user=user, reason=reason)
        return JobUpdate(replace(cancelled, error=reason), (event,))

    update(engine, ref, step, act)
    return answered(engine, ref) if wait else pursued(engine, ref)


def fail(engine: Engine, ref: Ref, run: int, error: str) -> Job:
    """End a job that can't be planned, run or finished. Does nothing when it has ended, or another run has begun."""

    def step(job: Job) -> JobUpdate | None:
        if job.status.final or job.run != run or job.status is Status.WAITING_REVIEW:
            return None
        return ended(engine, job, Command.FAIL, error)

    return update(engine, ref, step)
