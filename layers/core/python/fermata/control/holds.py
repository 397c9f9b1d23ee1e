"""Holds: pausing a job, a source or a whole tenant.

No lock is needed. A pauser writes its hold, then reads the leases; a worker writes its lease, then reads the holds; both reads
are strongly consistent, so at least one of them sees the other. Whoever finds a job held with no live lease moves it to
``paused``, on the condition that the job, and the scope whose hold it saw, have not changed meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from fermata.control.engine import Engine, JobUpdate, update
from fermata.domain.chunks import Chunk
from fermata.domain.errors import Stale, Unavailable, WrongStatus
from fermata.domain.events import EventType, Mutation, SystemEvent, SystemEventType
from fermata.domain.holds import OWN, SYSTEM, Hold, Scope
from fermata.domain.jobs import Job, Receipt, Ref
from fermata.domain.lifecycle import apply, note
from fermata.domain.transitions import Command, Status
from fermata.ports import AddAudit, AddEvent, AddSystemEvent, Change, SaveJob, SaveScope, StillHeld

TRIES = 12
AUTOMATIC = "automatic"
"""Owner of the holds that the engine places by itself."""


def pause(engine: Engine, act: Mutation | None, ref: Ref, hold: Hold) -> Job:
    """Ask the job to stop at the next checkpoint; it is ``paused`` once no unit runs.

    Asking again before it has stopped replaces the reason. Raises WrongStatus when it has ended, is in review, or is paused
    by a hold of its own already.
    """
    now = engine.clock.now()

    def ask(job: Job) -> JobUpdate | None:
        held = job.own_holds(now)
        check(job, now)
        asked = replace(job, holds=(hold,), pause=job.pause if held else Receipt(now, _in_flight(engine, job)))
        if held:
            return JobUpdate(asked)
        asked, event = note(asked, EventType.PAUSING, now, reason=hold.reason, owner=hold.owner, until=hold.until)
        return JobUpdate(asked, (event,))

    update(engine, ref, ask, act)
    return quiesce(engine, ref)


def check(job: Job, now: float) -> None:
    """Raises WrongStatus unless the job may be paused."""
    if job.status.final or job.status is Status.WAITING_REVIEW or (job.status is Status.PAUSED and job.own_holds(now)):
        raise WrongStatus("pause", job.status.value)


def quiesce(engine: Engine, ref: Ref) -> Job:
    """Move the job to ``paused`` if it is held and at rest; otherwise leave it. Safe at any moment."""
    for _ in range(TRIES):
        job = engine.store.job(ref)
        if job.status not in (Status.PENDING, Status.RUNNING):
            return job
        gate = engine.store.gate(ref, job.source)
        now = engine.clock.now()
        holds = gate.holds(now)
        if not holds:
            return gate.job
        chunks = engine.ledger.chunks(ref, gate.job.stage)
        if gate.job.status not in (Status.PENDING, Status.RUNNING) or any(chunk.live(now) for chunk in chunks):
            return gate.job
        stopped = replace(gate.job, checkpoint=checkpoint(engine, gate.job, chunks))
        receipt = stopped.pause or Receipt(now, 0)
        stopped = replace(stopped, pause=replace(receipt, quiesced_at=now))
        facts = {"checkpoint": stopped.checkpoint, "reason": holds[0].reason, "scope": holds[0].scope}
        paused, event = apply(stopped, Command.HOLD, now, **facts)
        conditions = tuple(StillHeld(scope) for scope in gate.scopes if scope.hold in holds)
        paused = replace(paused, rev=gate.job.rev + 1)
        try:
            engine.store.write(SaveJob(paused), AddEvent(ref, event), *conditions)
        except Stale:
            continue
        return paused
    raise Unavailable(f"job {ref.id} is being changed by others; try again")


def checkpoint(engine: Engine, job: Job, chunks: Iterable[Chunk]) -> str:
    """Where a job at rest stands."""
    if job.started_at is None:
        return "pre_execution"
    if not job.plan.complete:
        return "stage"
    if any(not chunk.done for chunk in chunks):
        return "unit"
    return "pre_completion" if job.stage + 1 == len(engine.kind(job.kind).stages) else "stage"


def unpause(engine: Engine, ref: Ref) -> Job:
    """Move a paused job that nothing holds any more back to what it was; drop what has expired of its own holds."""
    return update(engine, ref, lambda job: without_holds(engine, job, job.own_holds(engine.clock.now())))


def without_holds(engine: Engine, job: Job, kept: tuple[Hold, ...]) -> JobUpdate | None:
    """The job with only ``kept`` of its own holds, and no longer paused if nothing holds it then.

    While only a scope holds it, that scope wakes it: so it must still be held when the last own hold goes.
    """
    now = engine.clock.now()
    scopes = [scope for scope in engine.store.gate(job.ref, job.source).scopes if scope.hold and scope.hold.holds(now)]
    if job.status is Status.PAUSED and not kept and not scopes:
        command = Command.RELEASE if job.started_at is not None else Command.REQUEUE
        released, event = apply(replace(job, holds=()), command, now)
        return JobUpdate(released, (event,))
    if kept == job.holds:
        return None
    return JobUpdate(replace(job, holds=kept, updated_at=now), (), tuple(StillHeld(scope) for scope in scopes))


def _in_flight(engine: Engine, job: Job) -> int:
    """Units that may be running, at most."""
    if job.status is not Status.RUNNING:
        return 0
    width = engine.kind(job.kind).stages[job.stage].policy.concurrency
    now = engine.clock.now()
    return sum(min(width, len(chunk.todo)) for chunk in engine.ledger.chunks(job.ref, job.stage) if chunk.live(now))


# Sources and the system. -------------------------------------------------------------------------------------------------


def hold_scope(engine: Engine, act: Mutation | None, tenant: str, hold: Hold, workspace: str = "default") -> Scope:
    """Place, or replace, the hold on a source or the system. Jobs stop at their next unit, new ones wait."""
    return change_scope(engine, act, tenant, hold.scope, hold, workspace, hold.reason)


def change_scope(
    engine: Engine,
    act: Mutation | None,
    tenant: str,
    name: str,
    hold: Hold | None,
    workspace: str,
    reason: str | None,
    *,
    by_clock: bool = False,
) -> Scope:
    """Replace a scope's hold, or remove it; ``by_clock``: only one whose time is over."""
    for _ in range(TRIES):
        scope = engine.store.scope(tenant, name)
        now = engine.clock.now()
        audit: tuple[Change, ...] = (AddAudit(act),) if act else ()
        standing = scope.hold is not None and scope.hold.holds(now)
        if hold is None and (scope.hold is None or (standing and by_clock)):
            if audit:
                engine.store.write(*audit)
            return scope
        kept = replace(hold, since=scope.hold.since) if hold and scope.hold and standing else hold
        changed = replace(scope, hold=kept, rev=scope.rev + 1, waking_since=now if hold is None else None)
        type_ = SystemEventType.PAUSE if hold else SystemEventType.RESUME
        event = system_event(now, type_, _about(name, reason), workspace, (name, changed.rev))
        try:
            engine.store.write(SaveScope(changed), AddSystemEvent(tenant, event), *audit)
        except Stale:
            continue
        return changed
    raise Unavailable(f"{name} is being changed by others; try again")


def system_event(at: float, type_: SystemEventType, reason: str | None, workspace: str, tie: object) -> SystemEvent:
    """A line for the system history; ``tie`` tells apart what happens at the same moment."""
    told_apart = hashlib.blake2s(repr(tie).encode(errors="surrogatepass"), digest_size=5).hexdigest()
    return SystemEvent(f"evt_{at * 1e6:016.0f}_{told_apart}", type_, at, reason, workspace)


def _about(name: str, reason: str | None) -> str | None:
    if name == SYSTEM:
        return reason
    return f"{name}: {reason}" if reason else name


def own_hold(engine: Engine, owner: str, reason: str | None, until: float | None = None) -> Hold:
    """A hold on one job, from now on."""
    return Hold(OWN, owner, reason, engine.clock.now(), until)
