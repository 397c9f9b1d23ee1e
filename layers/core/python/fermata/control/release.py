"""Removing holds: what nothing holds any more goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from fermata.control.engine import Engine, JobUpdate, update
from fermata.control.execution import proceed
from fermata.control.holds import change_scope, unpause, without_holds
from fermata.domain.errors import NotFound, Stale, WrongStatus
from fermata.domain.events import Mutation
from fermata.domain.holds import SYSTEM, Scope
from fermata.domain.jobs import Job, Ref
from fermata.domain.listing import FAMILIES, Listing, created_key
from fermata.domain.transitions import Status
from fermata.ports import Gate, Message, SaveScope

SETTLE = 60.0
"""Seconds that an index may lag behind the table, generously."""


def resume(engine: Engine, act: Mutation | None, ref: Ref) -> Job:
    """Remove the job's own holds; with no hold on its source or tenant either, it goes on.

    Raises WrongStatus when it is neither paused nor asked to pause.
    """

    def let_go(job: Job) -> JobUpdate | None:
        check(job, engine.clock.now())
        return without_holds(engine, job, ())

    update(engine, ref, let_go, act)
    return release(engine, ref)


def check(job: Job, now: float) -> None:
    """Raises WrongStatus unless the job may be resumed."""
    asked = bool(job.own_holds(now)) and not job.status.final
    if job.status is not Status.PAUSED and not asked:
        raise WrongStatus("resume", job.status.value)


def release(engine: Engine, ref: Ref) -> Job:
    """Let a job that nothing holds go on, where its execution waits. Safe at any moment."""
    job = unpause(engine, ref)
    if job.status in (Status.PENDING, Status.RUNNING) and not engine.store.gate(ref, job.source).holds(
        engine.clock.now()
    ):
        proceed(engine, job)
    return job


def expire(engine: Engine, gate: Gate) -> Job:
    """Remove the holds whose time is over, and let the job go on if none is left."""
    now = engine.clock.now()
    for scope in gate.scopes:
        if scope.hold is not None and not scope.hold.holds(now):
            expire_scope(engine, scope.tenant, scope.name)
    return release(engine, gate.job.ref)


def release_scope(engine: Engine, act: Mutation | None, tenant: str, name: str, workspace: str = "default") -> Scope:
    """Remove the hold on a source or the system; what waited for it alone is queued again."""
    return _waking(engine, change_scope(engine, act, tenant, name, None, workspace, None))


def expire_scope(engine: Engine, tenant: str, name: str) -> Scope:
    """Remove the hold on a source or the system if its time is over."""
    return _waking(engine, change_scope(engine, None, tenant, name, None, "default", None, by_clock=True))


def _waking(engine: Engine, scope: Scope) -> Scope:
    if scope.waking_since is not None:
        engine.queue.send([Message("wake", scope.tenant, scope.name)])
    return scope


def wake(engine: Engine, tenant: str, name: str, until: float) -> bool:
    """Release the tenant's paused jobs that waited for a scope. False when time ran out first: call it again.

    The index of paused jobs lags a little, so the scope stays due until a look that came SETTLE seconds after its release.
    """
    scope = engine.store.scope(tenant, name)
    if scope.waking_since is None:
        return True
    for ref in _waiting(engine, scope):
        if engine.clock.now() > until:
            return False
        with suppress(NotFound):
            release(engine, ref)
    if engine.clock.now() - scope.waking_since >= SETTLE:
        with suppress(Stale):
            engine.store.write(SaveScope(replace(scope, waking_since=None, rev=scope.rev + 1)))
    return True


def _waiting(engine: Engine, scope: Scope) -> Iterator[Ref]:
    """The jobs that the scope may have held: of a source its own, of the system all that are paused."""
    if scope.name != SYSTEM:
        yield from engine.jobs_of_scope(scope.tenant, scope.name)
        return
    listing = Listing(scope.tenant, FAMILIES, statuses=(Status.PAUSED,), limit=100)
    while page := engine.store.jobs(listing):
        yield from (job.ref for job in page)
        listing = replace(listing, before=created_key(page[-1]))
