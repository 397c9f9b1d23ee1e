"""Recovery: looks at everything that is due and puts right what got lost. Safe at any moment, twice at once."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial

from fermata.control import health, holds, release
from fermata.control.engine import Engine, JobUpdate, restart_if_lost, update
from fermata.control.execution import chunk_message, move_on, proceed
from fermata.control.health import Signs, Thresholds
from fermata.control.termination import close, fail, time_out
from fermata.domain.chunks import Chunk, ready
from fermata.domain.errors import FermataError, NotFound
from fermata.domain.events import EventType, SystemEventType
from fermata.domain.jobs import Job, Ref
from fermata.domain.lifecycle import note
from fermata.domain.transitions import Status
from fermata.ports import AddSystemEvent, Message

QUIET = 90.0
"""Seconds without a change after which a step that should have moved is looked into."""

REQUEUE = 600.0
"""Seconds after which chunks that nobody has claimed are queued again although messages may only be late."""


@dataclass
class Report:
    """What a recovery did.

    Attributes:
        looked: jobs and scopes it looked at.
        repaired: in how many something had got lost that it put right.
        tenants: in how many of each.
        errors: what could not be looked at, in words; one failing does not keep it from the rest.
    """

    looked: int = 0
    repaired: int = 0
    tenants: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)


def recover(engine: Engine, until: float, thresholds: Thresholds | None = None) -> Report:
    """Look at everything that is due, until clock time ``until``; then tell each tenant what was put right and what is wrong."""
    report, signs = Report(), Signs()
    for message in engine.queue.dead():
        signs.dead[message.tenant] += 1
        _attempt(report, message.tenant, message.job_id, partial(_revive, engine, message))
    whole = True
    for item in engine.store.due(engine.clock.now()):
        if engine.clock.now() > until:
            whole = False
            break
        report.looked += 1
        if isinstance(item, Ref):
            _attempt(report, item.tenant, item.id, partial(recover_job, engine, item, signs))
        elif item[1] == health.SCOPE:
            signs.tenants.add(item[0])
        else:
            _attempt(report, *item, partial(_recover_scope, engine, *item, until))
    _tell(engine, report)
    if whole:  # part of the signs would look like an improvement
        _check_health(engine, report, signs, thresholds or Thresholds())
    return report


def _tell(engine: Engine, report: Report) -> None:
    """One line in the history of each tenant in whose jobs something was put right."""
    now = engine.clock.now()
    for tenant, count in report.tenants.items():
        reason = f"put {count} {'thing' if count == 1 else 'things'} right"
        event = holds.system_event(now, SystemEventType.RECOVERY, reason, "default", secrets.token_hex(8))
        with _reported(report, tenant):
            engine.store.write(AddSystemEvent(tenant, event))


def _check_health(engine: Engine, report: Report, signs: Signs, thresholds: Thresholds) -> None:
    for tenant in sorted(signs.tenants | set(signs.dead)):
        with _reported(report, tenant):
            health.check(engine, tenant, signs, thresholds)


def recover_job(engine: Engine, ref: Ref, signs: Signs | None = None) -> bool:
    """See to one job. True when something had got lost and was put right; the end of a hold, a job or its time is no repair.

    ``signs``: where to note what it comes by.
    """
    job, now = engine.store.job(ref), engine.clock.now()
    if job.status.final:
        if close(engine, ref).closed:
            engine.on_closed(job)
        return False
    if len(job.own_holds(now)) < len(job.holds):
        release.release(engine, ref)
        return False
    held = bool(engine.store.gate(ref, job.source).holds(now))
    if signs is not None:
        signs.saw(job, held=held)
    if job.status is Status.PAUSED:
        return not held and release.release(engine, ref).status is not Status.PAUSED
    if held:
        holds.quiesce(engine, ref)
        return False
    if job.timeout is not None and job.active_seconds(now) > job.timeout:
        time_out(engine, ref)
        return False
    return _unstick(engine, job)


def _unstick(engine: Engine, job: Job) -> bool:
    now = engine.clock.now()
    quiet = now - job.updated_at > QUIET and now - job.requeued_at > REQUEUE
    if job.waiting is None:
        if not quiet:
            return False
        lost = not engine.workflow.running(job.ref, job.run)
        engine.workflow.start(job.ref, job.run)
        return restart_if_lost(engine, job.ref) or lost
    if job.waiting != "run":
        if quiet and not restart_if_lost(engine, job.ref):
            update(engine, job.ref, lambda current: JobUpdate(replace(current, requeued_at=now)))
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

    def step(current: Job) -> JobUpdate | None:
        if current.status is not Status.RUNNING:
            return None
        marked, event = note(current, EventType.RECOVERED, now, chunks=len(found))
        return JobUpdate(replace(marked, requeued_at=now), (event,))

    if update(engine, job.ref, step).status is Status.RUNNING:
        engine.queue.send([chunk_message(job, chunk) for chunk in found])
    return True


def _recover_scope(engine: Engine, tenant: str, name: str, until: float) -> bool:
    scope = engine.store.scope(tenant, name)
    now = engine.clock.now()
    expired = scope.hold is not None and not scope.hold.holds(now)
    if expired:
        release.expire_scope(engine, tenant, name)
    release.wake(engine, tenant, name, until)
    return False  # a hold that ends when it was to is no repair


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


def _attempt(report: Report, tenant: str, name: str, act: Callable[[], bool]) -> None:
    """One repair; an error in it is reported and does not stop the others."""
    with suppress(NotFound), _reported(report, name):
        if act():
            report.repaired += 1
            report.tenants[tenant] += 1


@contextmanager
def _reported(report: Report, name: str) -> Iterator[None]:
    try:
        yield
    except NotFound:
        raise
    except FermataError as error:
        report.errors.append(f"{name}: {error}")
