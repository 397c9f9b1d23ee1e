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
from fermata.ports import ParkedToken

MOST_PASSAGES = 3000
"""States that one execution goes through: each leaves some six events in its history, which holds 25,000."""


def arrive(engine: Engine, ref: Ref, number: int, state: str, token: str) -> bool:
    """An execution has come to a state and waits: park its token, or move it on at once if the job stands elsewhere.

    Whether the job stands where its execution does. In this order: whoever moves the job on stores that, then looks for a token;
    so at least one of the two sees the other.
    """
    engine.parking.park(ref, ParkedToken(number, state, token))
    try:
        job = engine.store.gate(ref, ()).job
    except NotFound:
        engine.workflow.stop(ref, number, "there is no such job")
        return False
    if job.execution_number != number:
        engine.workflow.stop(ref, number, "another execution has taken over")
        return False
    if place(job) == state:
        return True
    with suppress(TokenSpent):  # it has gone on, or is over
        engine.workflow.move(token, state, place(job))
    return False


def follow(engine: Engine, job: Job) -> None:
    """Move the job's execution to where the job stands. Safe at any moment; a token that is used twice does no harm."""
    wanted, early = place(job), engine.clock.now() - max(job.updated_at, job.queued_at) <= QUIET
    if job.closed or (early and wanted == "working" and not job.passages):  # it has never stood elsewhere
        return
    parked = engine.parking.find(job.ref, job.execution_number)
    if parked is None:
        if not early:
            _replace_lost(engine, job)
    elif parked.state == "paused" and wanted == "working" and job.passages >= MOST_PASSAGES:
        renew(engine, job, "its history is long; the next execution goes on")
    elif parked.state != wanted:
        try:
            engine.workflow.move(parked.token, parked.state, wanted)
        except TokenSpent:  # it is on its way already, or gone
            _replace_lost(engine, job)


def _replace_lost(engine: Engine, job: Job) -> None:
    if not job.status.final and not engine.workflow.running(job.ref, job.execution_number):
        renew(engine, job, "it was lost")


def renew(engine: Engine, job: Job, reason: str) -> None:
    """Give the job another execution in place of the one it has.

    The old one ends first: whoever dies after that leaves a job that is found to have lost its execution. One that comes to a
    state meanwhile, since whoever was to start it was only late, is the job's after all; or ends, if it comes a moment later.
    """
    number = job.execution_number
    before = engine.parking.find(job.ref, number)
    engine.workflow.stop(job.ref, number, reason)

    def count_on(current: Job) -> JobUpdate | None:
        if current.execution_number != number or current.status.final:
            return None
        if engine.parking.find(job.ref, number) != before:
            return None
        return JobUpdate(unattended(current, number + 1))

    renewed = update(engine, job.ref, count_on)
    if renewed.execution_number == number + 1:
        engine.workflow.stop(job.ref, number, reason)
        engine.workflow.start(job.ref, number + 1)


def unattended(job: Job, number: int) -> Job:
    """The job, whose next execution has not come to a state yet."""
    return replace(job, execution=number, passages=0)
