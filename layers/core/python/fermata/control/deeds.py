"""What is done for each step: one conditional write, or messages and calls that may come twice. Stale: look again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fermata.control import callbacks, dependencies, execution, scopes
from fermata.control.ending import ended
from fermata.control.engine import Engine, JobUpdate, save
from fermata.control.queueing import job_message, noted, send_chunks
from fermata.control.view import View
from fermata.domain import progress
from fermata.domain.chunks import Chunk, count
from fermata.domain.events import EventType
from fermata.domain.holds import Hold
from fermata.domain.jobs import FAILED_UNITS, UNFINISHED_UNITS, Job, Receipt
from fermata.domain.lifecycle import apply, note, started
from fermata.domain.progress import Action
from fermata.domain.ranges import Ranges
from fermata.domain.transitions import Command, Status
from fermata.ports import SaveChunks, SaveJob, StillHeld

PAGE = 90
"""Chunks that one transaction may change, beside the job."""


def _expire(engine: Engine, view: View) -> Job | None:
    now = engine.clock.now()
    for scope in view.scopes:
        if scope.hold is not None and not scope.hold.holds(now):
            scopes.expire_scope(engine, scope.tenant, scope.name)
    if len(view.job.own_holds(now)) < len(view.job.holds):
        save(engine, view.job, unheld(view, view.job.own_holds(now), now))
    return None


def unheld(
    view: View, kept: tuple[Hold, ...], now: float, user: str | None = None, reason: str | None = None
) -> JobUpdate:
    """The job with only ``kept`` of its own holds.

    With none left at all it goes on, or its pause, which was not reached yet, is withdrawn.
    While only a scope holds it, that scope wakes it: so it must still be held when the last own hold goes.
    """
    others = [scope for scope in view.scopes if scope.hold is not None and scope.hold.holds(now)]
    left = replace(view.job, holds=kept, queued_at=0.0, queued_until=0.0)
    if not kept and not others:
        if left.status is Status.PAUSED:
            left, event = apply(left, _forward(left), now, user=user, reason=reason)
        else:
            receipt = left.pause and replace(left.pause, ended_at=now)
            left, event = note(replace(left, pause=receipt), EventType.RESUMED, now, user=user, reason=reason)
        return JobUpdate(left, (event,))
    standing = [_facts(hold) for hold in (*kept, *(scope.hold for scope in others if scope.hold))]
    if left.status is Status.PAUSED and not kept:
        left = replace(left, waits_on=others[0].name)
    left, event = note(left, EventType.UNHELD, now, user=user, reason=reason, still_held=standing)
    return JobUpdate(left, (event,), tuple(StillHeld(scope) for scope in others))


def _facts(hold: Hold) -> dict[str, object]:
    return {"scope": hold.scope, "owner": hold.owner, "reason": hold.reason, "until": hold.until}


def _pause(engine: Engine, view: View) -> Job:
    """The job is held and at rest: on the condition that the job, and the scopes that hold it, have not changed meanwhile."""
    job, now, first = view.job, engine.clock.now(), view.holds[0]
    receipt = replace(job.pause or Receipt(now, 0), quiesced_at=now)
    if receipt.ended_at is not None:
        receipt = Receipt(now, 0, now)
    stopped = replace(job, checkpoint=progress.checkpoint(job, view.chunks), pause=receipt)
    facts = {"checkpoint": stopped.checkpoint, "reason": first.reason, "scope": first.scope}
    paused, event = apply(stopped, Command.HOLD, now, **facts)
    paused = replace(paused, waits_on=first.scope)
    held = tuple(StillHeld(scope) for scope in view.scopes if scope.hold)
    return save(engine, view.job, JobUpdate(paused, (event,), held))


def _wait_on(engine: Engine, view: View) -> Job:
    """Another hold keeps it now: whoever releases that one has to find it."""
    held = tuple(StillHeld(scope) for scope in view.scopes if scope.hold)
    return save(engine, view.job, JobUpdate(replace(view.job, waits_on=view.holds[0].scope), (), held))


def _release(engine: Engine, view: View) -> Job:
    user = next((scope.released_by for scope in view.scopes if scope.name == view.job.waits_on), None)
    released, event = apply(view.job, _forward(view.job), engine.clock.now(), user=user)
    # Still: a job and its scopes are read together, but not at once.
    unheld = tuple(StillHeld(scope) for scope in view.scopes)
    return save(engine, view.job, JobUpdate(replace(released, queued_at=0.0, queued_until=0.0), (event,), unheld))


def _forward(job: Job) -> Command:
    return Command.RELEASE if job.started_at is not None else Command.REQUEUE


def _review(engine: Engine, view: View) -> Job:
    job, events = started(view.job, engine.clock.now())
    job = _next(job)
    job, event = apply(job, Command.REVIEW, engine.clock.now(), stage=job.plan.name)
    return save(engine, view.job, JobUpdate(job, (*events, event)))


def _next_stage(engine: Engine, view: View) -> None:
    job, events = started(view.job, engine.clock.now())
    save(engine, view.job, JobUpdate(replace(_next(job), updated_at=engine.clock.now()), events))


def _next(job: Job) -> Job:
    moved = replace(job, stage=job.stage + 1, queued_at=0.0, queued_until=0.0)
    return moved.with_plan(replace(moved.plan, complete=False))


def dispatch(engine: Engine, view: View) -> Job:
    """Queue the chunks of the step, and note that they are. Raises Stale when the job has changed: then they are queued twice."""
    send_chunks(engine, view.job, view.step.chunks)
    job, events = started(view.job, engine.clock.now())
    return save(engine, view.job, JobUpdate(noted(job, engine.clock.now()), events))


def _requeue(engine: Engine, view: View) -> Job:
    send_chunks(engine, view.job, view.step.chunks)
    now = engine.clock.now()
    marked, event = note(noted(view.job, now), EventType.RECOVERED, now, chunks=len(view.step.chunks))
    return save(engine, view.job, JobUpdate(marked, (event,)))


def _send(engine: Engine, view: View) -> Job:
    engine.queue.send([job_message(view.job)])
    return save(engine, view.job, JobUpdate(noted(view.job, engine.clock.now())))


def _defer(engine: Engine, view: View) -> Job:
    now = engine.clock.now()
    wait = max(0.0, (view.step.until or now) - now)
    engine.queue.send([job_message(view.job)], wait)
    return save(engine, view.job, JobUpdate(noted(view.job, now, wait)))


def _reopen(engine: Engine, view: View) -> None:
    """Open the units that a retry names, before anything is planned or run."""
    job, chunks = view.job, engine.ledger.chunks(view.job.ref)
    opened = [chunk.reopen(units) for chunk in chunks if (units := _named(job.reopen or "", chunk))]
    for at in range(0, len(opened), PAGE):
        page = SaveChunks(job.ref, tuple(opened[at : at + PAGE]))
        job = replace(job, rev=job.rev + 1)
        engine.store.write(SaveJob(job), page)
    unsettled = {chunk.stage for chunk in [*chunks, *opened] if not chunk.done}
    job = replace(job, reopen=None, stage=min(unsettled, default=job.stage), rev=job.rev + 1)
    engine.store.write(SaveJob(job))


def _time_out(engine: Engine, view: View) -> Job:
    error = f"ran longer than its limit of {view.job.timeout:g} seconds"
    return save(engine, view.job, ended(engine, view.job, Command.TIME_OUT, error))


def _named(marker: str, chunk: Chunk) -> Ranges:
    """The chunk's units that a retry's marker names."""
    if marker == FAILED_UNITS:
        return chunk.failed
    if marker == UNFINISHED_UNITS:
        return Ranges()
    stage, _, numbers = marker.partition(":")
    if chunk.stage != int(stage):
        return Ranges()
    return Ranges.parse(numbers) & Ranges.span(chunk.first, chunk.first + chunk.size)


def _close(engine: Engine, view: View) -> Job:
    """End the execution, seal the counts. Raises Stale when a worker that was thought dead turns out not to be."""
    job = view.job
    execution.follow(engine, job)
    chunks = view.chunks if len(job.stages) == 1 else engine.ledger.chunks(job.ref)
    for chunk in chunks:
        if chunk.owner is not None:  # a stalled worker: from here on it can't count anything
            engine.ledger.save(job.ref, chunk.release())
    dependencies.settle(engine, job)
    counts = job.counts or count(chunks, job.expected)
    callbacks.tell(engine, job, counts)
    sealed = replace(job, counts=counts, closed=True, callback=None)
    closed = save(engine, view.job, JobUpdate(sealed))
    engine.on_closed(sealed)
    return closed


DEEDS: dict[Action, Callable[[Engine, View], Job | None]] = {
    Action.EXPIRE: _expire,
    Action.PAUSE: _pause,
    Action.WAIT_ON: _wait_on,
    Action.RELEASE: _release,
    Action.REVIEW: _review,
    Action.NEXT_STAGE: _next_stage,
    Action.DISPATCH: dispatch,
    Action.REQUEUE: _requeue,
    Action.REOPEN: _reopen,
    Action.TIME_OUT: _time_out,
    Action.CLOSE: _close,
    Action.PLAN: _send,
    Action.FINISH: _send,
    Action.DEFER: _defer,
}
