"""A job's execution: the state machine shows where the job stands, and waits there until it is moved on.

The work does not hang on it. An execution that comes to a state parks its token with the job; whoever changes the job's status
moves the execution after it. One that was lost is replaced, and one that has come through many states makes room for a new one.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from fermata.control.engine import Engine, JobUpdate, update
from fermata.domain.errors import NotFound, TokenSpent
from fermata.domain.jobs import Job, Ref
from fermata.domain.progress import QUIET, place

MOST_PASSAGES = 3000
"""States that one execution comes to: each leaves some six events in its history, which holds 25,000."""


def arrive(engine: Engine, ref: Ref, number: int, state: str, token: str) -> bool:
    """An execution has come to a state and waits: park its token, or move it on at once if the job stands elsewhere.

    Whether the job stands where its execution does.
    """

    def park(job: Job) -> JobUpdate | None:
        if job.execution_number != number or place(job) != state or job.token == token:
            return None
        return JobUpdate(replace(job, waiting=state, token=token, passages=job.passages + 1))

    try:
        job = update(engine, ref, park)
    except NotFound:
        engine.workflow.stop(ref, number, "there is no such job")
        return False
    if job.execution_number != number:
        engine.workflow.stop(ref, number, "another execution has taken over")
    elif job.token != token:
        with suppress(TokenSpent):  # it has gone on, or is over
            engine.workflow.move(token, state, place(job))
    return job.token == token and place(job) == state


def follow(engine: Engine, job: Job) -> None:
    """Move the job's execution to where the job stands. Safe at any moment; a token that is used twice does no harm."""
    wanted = place(job)
    if job.closed or job.waiting == wanted:
        return
    if job.waiting == "paused" and wanted == "working" and job.passages >= MOST_PASSAGES:
        renew(engine, job, "its history is long; the next execution goes on")
    elif job.token is not None and job.waiting is not None:
        try:
            engine.workflow.move(job.token, job.waiting, wanted)
        except TokenSpent:  # it is on its way already, or gone
            _replace_lost(engine, job)
    elif engine.clock.now() - max(job.updated_at, job.queued_at) > QUIET:
        _replace_lost(engine, job)


def _replace_lost(engine: Engine, job: Job) -> None:
    if not job.status.final and not engine.workflow.running(job.ref, job.execution_number):
        renew(engine, job, "it was lost")


def renew(engine: Engine, job: Job, reason: str) -> None:
    """Give the job another execution in place of the one it has.

    The old one ends first: whoever dies after that leaves a job that is found to have lost its execution. One that comes to a
    state meanwhile, since whoever was to start it was only late, is the job's after all.
    """
    number = job.execution_number
    engine.workflow.stop(job.ref, number, reason)

    def count_on(current: Job) -> JobUpdate | None:
        if current.execution_number != number or current.status.final or current.token != job.token:
            return None
        return JobUpdate(unattended(current, number + 1))

    renewed = update(engine, job.ref, count_on)
    if renewed.execution_number == number + 1:
        engine.workflow.start(job.ref, number + 1)


def unattended(job: Job, number: int) -> Job:
    """The job, whose next execution has not come to a state yet."""
    return replace(job, execution=number, waiting=None, token=None, passages=0)
