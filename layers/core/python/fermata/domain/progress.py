"""The one decision of what comes next for a job. Pure: what is stored goes in, a named step comes out.

Whoever touches a job (an operator, a worker, its execution, recovery) stores a fact and then has the job reconciled; what is
done next, and what a reader is told that the job waits for, are both this step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fermata.domain.chunks import Chunk, ready
from fermata.domain.holds import Hold
from fermata.domain.jobs import Job
from fermata.domain.transitions import Status

QUIET = 90.0
"""Seconds after which a message that nobody has answered counts as lost; doubles each time it is sent again."""


class Action(StrEnum):
    """What comes next, and who may do it."""

    REOPEN = "reopen"  # open the units that a retry names; anybody
    PLAN = "plan"  # name the stage's units; a worker
    DISPATCH = "dispatch"  # queue the chunks that may run; anybody
    REQUEUE = "requeue"  # queue the chunks whose worker was lost; anybody
    EXPIRE = "expire"  # remove the holds whose time is over; anybody
    PAUSE = "pause"  # held, and nothing runs: paused; anybody
    WAIT_ON = "wait_on"  # paused, and another hold keeps it than before; anybody
    RELEASE = "release"  # nothing holds it any more: it goes on; anybody
    DEFER = "defer"  # planning or finishing was refused for now: queue it for when it is tried again; anybody
    REVIEW = "review"  # the next stage needs a person's approval; anybody
    NEXT_STAGE = "next_stage"  # every unit of the stage is settled; anybody
    FINISH = "finish"  # every unit of the last stage is settled: sum up; a worker
    TIME_OUT = "time_out"  # it ran longer than it was given; anybody
    CLOSE = "close"  # it has ended and nothing runs: seal the counts, end the execution; anybody
    WAIT = "wait"  # nothing to do before somebody stores another fact


MESSAGES = (Action.PLAN, Action.FINISH, Action.DEFER)
"""What is done by sending a worker a message."""


class WaitsFor(StrEnum):
    """What can keep a job, and who ends it."""

    NOTHING = "nothing"  # it has ended
    HOLD = "hold"  # whoever placed it, or its end
    REST = "rest"  # it is held, or has ended; the workers end the units in hand
    REVIEW = "review"  # a person
    START = "start"  # a worker that is free, to name its first units
    PLANNING = "planning"  # a worker names its units
    WORKER = "worker"  # workers are at it
    LEASE = "lease"  # a worker died; its units run again once the lease has lapsed
    QUEUE = "queue"  # a worker that is free
    BACKOFF = "backoff"  # the time at which units, planning or finishing are tried again
    FINISHING = "finishing"  # a worker sums up


@dataclass(frozen=True)
class Step:
    """What comes next.

    Attributes:
        waits_for: what it looks like from outside until the step is done.
        queued: a message for it should be on its way; whoever can do the step just now does it all the same.
        chunks: what the step is about: chunks to queue, those that run, or those that were lost.
        until: clock time at which the answer changes by itself, None: only by somebody's deed.
    """

    action: Action
    waits_for: WaitsFor
    queued: bool = False
    chunks: tuple[Chunk, ...] = ()
    until: float | None = None


def next_step(job: Job, holds: Sequence[Hold], chunks: Sequence[Chunk], now: float, *, lost: bool = False) -> Step:
    """What comes next for a job.

    ``holds``: all that lie on it, its own and its scopes', those whose time is over included; ``chunks``: of its stage;
    ``lost``: a message was delivered again or given up, so what was queued may be gone.
    """
    live = tuple(chunk for chunk in chunks if chunk.live(now))
    leases = [chunk.lease_until for chunk in live] + ([job.lease.until] if job.lease and job.lease.live(now) else [])
    if job.status.final:
        return _ending(job, live, leases)
    if any(not hold.holds(now) for hold in holds):
        return Step(Action.EXPIRE, WaitsFor.HOLD)
    if job.status is Status.PAUSED:
        if holds and job.waits_on not in {hold.scope for hold in holds}:
            return Step(Action.WAIT_ON, WaitsFor.HOLD)
        if holds:
            return Step(Action.WAIT, WaitsFor.HOLD, until=_first_end(holds))
        return Step(Action.RELEASE, WaitsFor.START)
    if job.status is Status.WAITING_REVIEW:
        return Step(Action.WAIT, WaitsFor.REVIEW)
    if job.overdue(now):
        return Step(Action.TIME_OUT, WaitsFor.REST)
    if holds:
        if leases:
            return Step(Action.WAIT, WaitsFor.REST, chunks=live, until=max(leases))
        return Step(Action.PAUSE, WaitsFor.REST)
    return _working(job, chunks, live, now, lost=lost)


def _ending(job: Job, live: tuple[Chunk, ...], leases: list[float]) -> Step:
    if job.closed:
        return Step(Action.WAIT, WaitsFor.NOTHING)
    if leases:
        return Step(Action.WAIT, WaitsFor.REST, chunks=live, until=max(leases))
    return Step(Action.CLOSE, WaitsFor.NOTHING)


def _working(job: Job, chunks: Sequence[Chunk], live: tuple[Chunk, ...], now: float, *, lost: bool) -> Step:
    """A pending or running job that nothing holds."""
    queued = not lost and now < job.queued_until
    if job.reopen is not None:
        return Step(Action.REOPEN, WaitsFor.START)
    if not job.plan.complete:
        naming = WaitsFor.START if job.status is Status.PENDING else WaitsFor.PLANNING
        if job.lease is not None and job.lease.live(now):
            return Step(Action.WAIT, WaitsFor.PLANNING, until=job.lease.until)
        return _by_worker(job, Action.PLAN, naming, now, queued=queued)
    if any(not chunk.done for chunk in chunks):
        return _running(job, chunks, live, now, queued=queued)
    if job.stage + 1 < len(job.stages):
        action = Action.REVIEW if job.stages[job.stage + 1].review else Action.NEXT_STAGE
        return Step(action, WaitsFor.PLANNING)
    if job.lease is not None and job.lease.live(now):
        return Step(Action.WAIT, WaitsFor.FINISHING, until=job.lease.until)
    return _by_worker(job, Action.FINISH, WaitsFor.FINISHING, now, queued=queued)


def _by_worker(job: Job, action: Action, waits_for: WaitsFor, now: float, *, queued: bool) -> Step:
    """What a worker does under the job's lease, as soon as it may be tried."""
    if job.next_try is not None and now < job.next_try.ready_at:
        return Step(Action.DEFER, WaitsFor.BACKOFF, queued, until=job.next_try.ready_at)
    return Step(action, waits_for, queued, until=job.queued_until)


def _running(job: Job, chunks: Sequence[Chunk], live: tuple[Chunk, ...], now: float, *, queued: bool) -> Step:
    """Units are left."""
    able = tuple(ready(chunks, job.lanes, now))
    dead = tuple(chunk for chunk in able if chunk.owner is not None and chunk.lease_until > job.queued_at)
    if dead:
        return Step(Action.REQUEUE, WaitsFor.LEASE, chunks=dead)
    fresh = job.status is Status.PENDING or not job.queued_until
    # What waits for its next try is queued once as well: whoever held it back before has let go of its message.
    sent = (*able, *_resting(chunks, job.lanes, now)) if fresh else able
    if sent and (fresh or not queued):
        return Step(Action.DISPATCH, WaitsFor.QUEUE if able else WaitsFor.BACKOFF, chunks=sent)
    if live:
        return Step(Action.WAIT, WaitsFor.WORKER, chunks=live, until=max(chunk.lease_until for chunk in live))
    if able:
        return Step(Action.WAIT, WaitsFor.QUEUE, chunks=able, until=job.queued_until)
    resting = tuple(chunk for chunk in chunks if not chunk.done)
    return Step(Action.WAIT, WaitsFor.BACKOFF, chunks=resting, until=min(chunk.not_before for chunk in resting))


def _resting(chunks: Sequence[Chunk], lanes: int | None, now: float) -> list[Chunk]:
    """Chunks that could be queued, but that all their units are between two tries."""
    return [chunk for chunk in ready(chunks, lanes, float("inf")) if chunk.not_before > now and not chunk.live(now)]


def checkpoint(job: Job, chunks: Iterable[Chunk]) -> str:
    """Where a job at rest stands: pre_execution, unit, stage or pre_completion."""
    if job.started_at is None:
        return "pre_execution"
    if not job.plan.complete:
        return "stage"
    if any(not chunk.done for chunk in chunks):
        return "unit"
    return "pre_completion" if job.stage + 1 == len(job.stages) else "stage"


PLACES = {
    Status.PENDING: "working",
    Status.RUNNING: "working",
    Status.PAUSED: "paused",
    Status.WAITING_REVIEW: "review",
}


def place(job: Job) -> str:
    """The state of the state machine in which the job's execution should stand; that of an ended job is its status."""
    return PLACES.get(job.status, job.status.value)


def _first_end(holds: Iterable[Hold]) -> float | None:
    return min((hold.until for hold in holds if hold.until is not None), default=None)
