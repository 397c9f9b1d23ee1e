"""The lease of whoever plans or finishes a job: one at a time, and nobody while the job is held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from fermata.control.ending import ended
from fermata.control.engine import Engine, JobUpdate, update
from fermata.control.queueing import noted
from fermata.domain.chunks import LEASE
from fermata.domain.errors import Stale
from fermata.domain.jobs import Job, Lease, NextTry, Ref
from fermata.domain.kind import UnitRetry
from fermata.domain.lifecycle import started
from fermata.domain.transitions import Command

POLL = 0.1
"""Seconds between two looks of a planner that waits."""

STRIKES_OUT = 4
"""Workers in a row that may die of planning or finishing a job."""


class Slice(Protocol):
    """How long an invocation may work."""

    def over(self, now: float) -> bool: ...

    def turn_over(self, now: float, waiting: Callable[[], int]) -> bool: ...

    @property
    def stopping(self) -> bool: ...


@dataclass
class StepLease:
    """A planner's or finisher's hold on its job.

    Attributes:
        until: clock time up to which it is ours.
        stop: the job is held, has ended or is somebody else's: go no further.
    """

    engine: Engine
    ref: Ref
    owner: str
    slice: Slice
    until: float = 0.0
    stop: bool = False

    def take(self, job: Job) -> Job:
        """The job with the lease written into it. Raises Stale when it has changed since it was looked at, or has failed now
        because this has killed its worker again and again."""

        def step(current: Job) -> JobUpdate:
            now, left = self.engine.clock.now(), current.lease
            if current.rev != job.rev or (left is not None and left.live(now)):
                raise Stale(f"job {job.id} has changed")
            strikes = left.strikes + 1 if left is not None else 0
            if strikes >= STRIKES_OUT:
                return ended(self.engine, current, Command.FAIL, f"its worker died {strikes} times while {_doing(job)}")
            begun, events = started(current, now)
            self.until = now + LEASE
            return JobUpdate(replace(begun, lease=Lease(self.owner, self.until, strikes)), events)

        taken = update(self.engine, self.ref, step, known=job)
        if taken.status.final:
            raise Stale(f"job {job.id} has failed")
        return taken

    def renewed(self, job: Job, strikes: int = 0) -> Job:
        """The job with the lease prolonged. Raises Stale when it is lost, or the job has ended."""
        if job.lease is None or job.lease.owner != self.owner or job.status.final:
            self.stop = True
            raise Stale(f"job {job.id} is not ours to plan or finish any more")
        self.until = self.engine.clock.now() + LEASE
        return replace(job, lease=Lease(self.owner, self.until, strikes))

    def beat(self) -> None:
        """Prolong the lease, also of a job that is held: until the work has stopped, it must not be called paused.

        Raises Stale when the lease is lost.
        """

        def step(current: Job) -> JobUpdate:
            strikes = current.lease.strikes if current.lease is not None else 0
            return JobUpdate(self.renewed(current, -1 if self.slice.stopping else strikes))

        job = update(self.engine, self.ref, step)
        if self.engine.store.gate(self.ref, job.scope_names).held:
            self.stop = True

    def give_back(self) -> None:
        def step(job: Job) -> JobUpdate | None:
            if job.lease is None or job.lease.owner != self.owner:
                return None
            return JobUpdate(replace(job, lease=None))

        update(self.engine, self.ref, step)

    def put_off(self, error: UnitRetry) -> Job:
        """Give the lease back until the work may be tried again; the job, which has failed if that was often enough.

        Raises Stale when the lease is lost, or the job has ended.
        """

        def step(job: Job) -> JobUpdate:
            self.renewed(job)
            policy, now = self.engine.kind(job.kind).stage(job.plan.name, job.stage).policy, self.engine.clock.now()
            attempt = job.next_try.attempt if job.next_try is not None else 1
            if attempt >= policy.throttled_attempts:
                return ended(self.engine, job, Command.FAIL, f"{error} (tried {attempt} times)")
            wait = policy.wait_after(attempt, error)
            waiting = replace(job, lease=None, next_try=NextTry(attempt + 1, now + wait), queued_until=0.0)
            return JobUpdate(noted(waiting, now, wait))

        return update(self.engine, self.ref, step)

    def over(self) -> bool:
        """Whether the work has to go on in another invocation: time is up, or others have waited long enough."""
        now, queue = self.engine.clock.now(), self.engine.queue
        return self.slice.over(now) or self.slice.turn_over(now, lambda: queue.backlog(self.engine.worker))

    def check(self) -> None:
        """Raises Stale when the work must go no further."""
        if self.stop or self.engine.clock.now() >= self.until:
            raise Stale("the job is held, has ended, or is somebody else's")

    def wait(self, seconds: float) -> None:
        """Wait, unless the work must go no further: then it raises Stale."""
        end = self.engine.clock.now() + seconds
        while (left := end - self.engine.clock.now()) > 0:
            self.check()
            self.engine.clock.sleep(min(left, POLL))
        self.check()


def _doing(job: Job) -> str:
    return "summing up" if job.plan.complete else "naming its units"
