"""Recovery: looks at everything that is due and puts right what got lost. Safe at any moment, twice at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from fermata.control import holding, releasing
from fermata.control.ending import close, fail, time_out
from fermata.control.engine import Engine, Made, restart_if_lost, update
from fermata.control.steps import chunk_message, move_on, proceed
from fermata.domain.chunks import Chunk, ready
from fermata.domain.errors import FermataError, NotFound
from fermata.domain.events import EventType
from fermata.domain.jobs import Job, Ref
from fermata.domain.lifecycle import note
from fermata.domain.transitions import Status
from fermata.ports import Message

QUIET = 90.0
"""Seconds without a change after which a step that should have moved is looked into."""

REQUEUE = 600.0
"""Seconds after which chunks that nobody has claimed are queued again although messages may only be late."""


@dataclass
class Report:
    """What a recovery did.

    Attributes:
        looked: jobs and scopes it looked at.
        repaired: in how many it found something to put right.
        errors: what could not be looked at, in words; one failing does not keep it from the rest.
    """

    looked: int = 0
    repaired: int = 0
    errors: list[str] = field(default_factory=list)


def recover(engine: Engine, until: float) -> Report:
    """Look at everything that is due, until clock time ``until``."""
    report = Report()
    for message in engine.queue.dead():
        report.repaired += _attempt(report, message.job_id, partial(_revive, engine, message))
    for item in engine.store.due(engine.clock.now()):
        if engine.clock.now() > until:
            break
        report.looked += 1
        if isinstance(item, Ref):
            report.repaired += _attempt(report, item.id, partial(recover_job, engine, item))
        else:
            report.repaired += _attempt(report, item[1], partial(_recover_scope, engine, *item, until))
    return report


def recover_job(engine: Engine, ref: Ref) -> bool:
    """Put one job right. True when there was something to do."""
    job, now = engine.store.job(ref), engine.clock.now()
    if job.status.final:
        return close(engine, ref).closed
    if len(job.own_holds(now)) < len(job.holds):
        return releasing.release(engine, ref).rev > job.rev
    held = bool(engine.store.gate(ref, job.source).holds(now))
    if job.status is Status.PAUSED:
        return not held and releasing.release(engine, ref).status is not Status.PAUSED
    if held:
        return holding.quiesce(engine, ref).status is Status.PAUSED
    if job.timeout is not None and job.active_seconds(now) > job.timeout:
        return time_out(engine, ref).status.final
    return _unstick(engine, job)


def _unstick(engine: Engine, job: Job) -> bool:
    now = engine.clock.now()
    quiet = now - job.updated_at > QUIET and now - job.requeued_at > REQUEUE
    if job.waiting is None:
        if not quiet:
            return False
        engine.workflow.start(job.ref, job.run)
        return restart_if_lost(engine, job.ref)
    if job.waiting != "run":
        if quiet and not restart_if_lost(engine, job.ref):
            update(engine, job.ref, lambda current: Made(replace(current, requeued_at=now)))
            proceed(engine, job)
        return quiet
    chunks = engine.ledger.chunks(job.ref, job.stage)
    if not job.plan.complete or all(chunk.done for chunk in chunks):
        if quiet:
            move_on(engine, job.ref)
        return quiet
    return _requeue(engine, job, chunks)


def _requeue(engine: Engine, job: Job, chunks: list[Chunk]) -> bool:
    """Queue chunks whose worker died, and now and then those that nobody ever claimed."""
    now = engine.clock.now()
    patient = now - max(job.requeued_at, job.updated_at) < REQUEUE
    found = [chunk for chunk in ready(chunks, job.limit, now) if chunk.owner is not None or not patient]
    if not found:
        return False

    def step(current: Job) -> Made | None:
        if current.status is not Status.RUNNING:
            return None
        marked, event = note(current, EventType.RECOVERED, now, chunks=len(found))
        return Made(replace(marked, requeued_at=now), (event,))

    if update(engine, job.ref, step).status is Status.RUNNING:
        engine.queue.send([chunk_message(job, chunk) for chunk in found])
    return True


def _recover_scope(engine: Engine, tenant: str, name: str, until: float) -> bool:
    scope = engine.store.scope(tenant, name)
    now = engine.clock.now()
    if scope.hold is not None and not scope.hold.holds(now):
        releasing.release_scope(engine, None, tenant, name)
    return releasing.wake(engine, tenant, name, until)


def _revive(engine: Engine, message: Message) -> bool:
    """A message that was given up: give it another life while there is work in it."""
    if message.task == "wake":
        engine.queue.send([message])
        return True
    job = engine.store.job(message.ref)
    if job.status.final:
        return False
    if message.task in ("plan", "finish"):
        fail(engine, job.ref, job.run, f"the step {message.task} failed again and again")
        return True
    if engine.ledger.chunk(message.ref, message.stage, message.chunk).done:
        return False
    engine.queue.send([message])
    return True


def _attempt(report: Report, name: str, act: Callable[[], bool]) -> int:
    """One repair; an error in it is reported and does not stop the others."""
    try:
        return int(act())
    except NotFound:
        return 0
    except FermataError as error:
        report.errors.append(f"{name}: {error}")
        return 0
