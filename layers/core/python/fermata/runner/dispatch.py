"""From a message to a worker's outcome."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

from fermata.control import recovery
from fermata.control.deeds import dispatch
from fermata.control.engine import Engine
from fermata.control.finishing import finish, total
from fermata.control.lease import StepLease
from fermata.control.planning import plan_stage
from fermata.control.queueing import chunk_message, job_message, send_chunks
from fermata.control.reconcile import reconcile
from fermata.control.termination import fail
from fermata.control.view import View, onward
from fermata.domain.chunks import LEASE, Chunk, ready
from fermata.domain.errors import NotFound, Refused, Stale
from fermata.domain.holds import LOOK_AGE, SYSTEM
from fermata.domain.jobs import Job, Ref
from fermata.domain.kind import JobError, Json, UnitRetry, totals
from fermata.domain.progress import Action
from fermata.domain.transitions import Status
from fermata.ports import Delivery, Gate, Message
from fermata.runner.attended import attended
from fermata.runner.chunk_loop import Work
from fermata.runner.claim import BEAT, ChunkOutcome, Claim
from fermata.runner.deadline import Slice
from fermata.runner.excused import excused
from fermata.runner.lanes import SMALL, left_over, next_in_lane
from fermata.runner.slots import Slots

T = TypeVar("T")

WORKERS_OWN = frozenset({Action.PLAN, Action.FINISH, Action.DISPATCH})
"""Steps that a worker takes itself, instead of sending a message."""


def handle(engine: Engine, message: Message, delivery: Delivery, slots: Slots, slice: Slice) -> ChunkOutcome:
    """Do what a message asks. BUSY: deliver it again; anything else: it is done with.

    A message for a chunk that is done, leased by another, or held is dropped: duplicates and stale messages are harmless.
    """
    if message.task == "wake":
        if not recovery.wake(engine, message.tenant, message.job_id, slice.until):
            engine.queue.send([message])
        return ChunkOutcome.DRAINED
    try:
        return Worker(engine, message, delivery, slots, slice).work()
    except NotFound:
        return ChunkOutcome.DROPPED


class Worker:
    """One message in a worker's hands."""

    def __init__(self, engine: Engine, message: Message, delivery: Delivery, slots: Slots, slice: Slice) -> None:
        self.engine, self.message, self.delivery, self.slots, self.slice = engine, message, delivery, slots, slice
        self.ref: Ref = message.ref
        self.hidden_at = float("-inf")

    def work(self) -> ChunkOutcome:
        go_on = self._chunk if self.message.task == "chunk" else partial(self._advance, lost=self.delivery.again)
        while True:
            try:
                return go_on()
            except UnitRetry as error:
                if self._put_off(error):
                    return ChunkOutcome.YIELDED
                go_on = partial(self._advance, lost=False)

    def _knows(self, job: Job) -> bool:
        """Whether there is code for the job here; if not, it fails at once."""
        if job.kind in self.engine.kinds:
            return True
        known = ", ".join(sorted(self.engine.kinds))
        fail(self.engine, self.ref, job.run, f"no worker knows the kind {job.kind!r}; they know: {known}")
        return False

    def _hide(self) -> None:
        """Keep the message from being delivered again while it is worked on."""
        if (now := self.engine.clock.now()) - self.hidden_at >= BEAT:
            self.delivery.extend(LEASE + 1)
            self.hidden_at = now

    # A chunk -------------------------------------------------------------------------------------------------------------

    def _chunk(self) -> ChunkOutcome:
        gate = self.engine.store.gate(self.ref, self.message.scopes or (SYSTEM,))
        if gate.job.status is not Status.RUNNING or gate.held or not self._knows(gate.job):
            reconcile(self.engine, self.ref)
            return ChunkOutcome.CANCELLED if gate.job.status.final else ChunkOutcome.HELD
        worker = gate.job.stages[self.message.stage].worker
        if worker != self.engine.worker:
            # It was queued by a release that knew no classes, or whose kind had another one.
            self.engine.queue.send([replace(self.message, worker=worker)])
            return ChunkOutcome.YIELDED
        self._hide()
        chunk = self.engine.ledger.chunk(self.ref, self.message.stage, self.message.chunk)
        now = self.engine.clock.now()
        if chunk.done:
            return self._advance(lost=False) if self.delivery.again else ChunkOutcome.DROPPED
        if chunk.live(now):
            # The same message again means that its worker is dead or out of reach: wait for its lease to lapse.
            return ChunkOutcome.BUSY if chunk.owner == self.delivery.id else ChunkOutcome.DROPPED
        if chunk.not_before > now:
            self.engine.queue.send([self.message], chunk.not_before - now)
            return ChunkOutcome.YIELDED
        return self._run(chunk, gate.job.scope_names)

    def _run(self, chunk: Chunk, scopes: Sequence[str]) -> ChunkOutcome:
        """Claim and run a chunk, and whatever of the job may follow in this slice."""
        claimed = self._claim(chunk)
        if claimed is None:
            return ChunkOutcome.DROPPED
        # Read after the claim: what is stored now is what the lease was taken for.
        at = self.engine.clock.now()
        with excused(lambda: self.engine.ledger.save(self.ref, replace(claimed.release(), strikes=chunk.strikes))):
            gate = self.engine.store.gate(self.ref, scopes, whole=True)
        return self._work(Claim(self.engine, gate.job, claimed, gate, at, self.delivery))

    def _work(self, claim: Claim, values: list[Json] | None = None) -> ChunkOutcome:
        """Run a claimed chunk, and whatever of the job may follow in this slice; ``values``: of its units, where known."""
        job, work = claim.job, Work(claim, self.slots, self.slice, values)
        try:
            outcome = work.run()
        except JobError as error:
            fail(self.engine, self.ref, job.run, str(error))
            with suppress(Stale):
                self.engine.ledger.save(self.ref, claim.chunk.release())
            return self._advance(lost=False)
        if outcome is not ChunkOutcome.DRAINED:
            self._put_down(claim, outcome, work.turns.next_at)
            return outcome
        following = next_in_lane(self.engine, job, claim.chunk)
        if following is None:
            return self._advance(lost=False, seen=self._after(claim))
        if self.slice.over(self.engine.clock.now()):
            send_chunks(self.engine, job, [following])
            return outcome
        return self._run(following, job.scope_names)

    def _after(self, claim: Claim) -> View | None:
        """Where the job stands after its stage's only chunk, if the look at its holds is still good; else it takes another."""
        now, job, gate = self.engine.clock.now(), claim.job, claim.gate
        if job.plan.chunks != 1 or gate.job.rev != job.rev or not claim.looked(now):
            return None
        return View.of(job, gate.scopes, (claim.chunk,), claim.gate_at, now)

    def _claim(self, chunk: Chunk) -> Chunk | None:
        claimed = chunk.claim(self.delivery.id, self.engine.clock.now())
        try:
            self.engine.ledger.save(self.ref, claimed)
        except Stale:
            return None
        return claimed

    def _put_down(self, claim: Claim, outcome: ChunkOutcome, turn_at: float) -> None:
        """Once the lease is given back: who goes on? ``turn_at``: when the job's rate has a turn for it."""
        again = chunk_message(claim.job, claim.chunk)
        if outcome is ChunkOutcome.YIELDED:
            delay = max(claim.chunk.not_before, turn_at) - self.engine.clock.now()
            self.engine.queue.send([again], max(0.0, delay))
        elif outcome is ChunkOutcome.HELD:
            # A resume may have come between the look that stopped us and the lease we gave back; its message found us leasing.
            view = reconcile(self.engine, self.ref)
            if view.job.status is Status.RUNNING and not view.holds:
                self.engine.queue.send([again])
        elif outcome is ChunkOutcome.CANCELLED:
            reconcile(self.engine, self.ref)

    # The job -------------------------------------------------------------------------------------------------------------

    def _advance(self, *, lost: bool, seen: View | None = None) -> ChunkOutcome:
        """Whatever comes next for the job, as far as this worker can take it; ``seen``: the job as it has just left it."""
        engine, scopes = self.engine, self.message.scopes
        while True:
            view = reconcile(engine, self.ref, leave=WORKERS_OWN, lost=lost, scopes=scopes, seen=seen)
            lost, seen, action = False, None, view.step.action
            if action in WORKERS_OWN and not self._knows(view.job):
                continue
            if action is Action.PLAN:
                outcome = self._plan(view)
                if outcome is not None:
                    return outcome
            elif action is Action.FINISH:
                seen = self._finish(view)
            elif action is Action.DISPATCH:
                return self._spread(view)
            elif action is Action.DEFER and self.message.task == "job":
                # Its message is early, since a queue holds none back for long.
                engine.queue.send([self.message], (view.step.until or 0.0) - engine.clock.now())
                return ChunkOutcome.YIELDED
            else:
                now = engine.clock.now()
                chunk = None if self.slice.over(now) else left_over(view, engine.worker, now)
                return self._run(chunk, view.job.scope_names) if chunk else ChunkOutcome.DRAINED

    def _plan(self, view: View) -> ChunkOutcome | None:
        """Name the stage's units, and begin with them; None: the job has to be looked at again."""
        # What is not small makes room for those that may be, before it is known how large it is.
        most = SMALL + 1 if self.slice.express else sys.maxsize
        ours = partial(self._begins, view.job)
        named = self._step(view, lambda job, lease: plan_stage(self.engine, job, lease, ours, most))
        if named is None:
            return None
        job, now = named.job, self.engine.clock.now()
        if not job.plan.complete:
            self.engine.queue.send([job_message(job)])
            return ChunkOutcome.YIELDED
        if not named.chunks:
            return None
        first = named.chunks[0]
        if others := ready(named.chunks, job.lanes, now):
            send_chunks(self.engine, job, others)
        if first.owner is None:
            return ChunkOutcome.DRAINED
        # A hold of the job's own that came since the look was in the way of the write that claimed the chunk; whoever was about
        # to call the job paused for a scope's finds the job changed, and then the lease.
        return self._work(Claim(self.engine, job, first, Gate(job, view.scopes), view.at, self.delivery), named.values)

    def _begins(self, job: Job, chunks: int) -> bool:
        """Whether this worker takes a chunk of the job's stage itself, if there are so many."""
        if job.plan.worker != self.engine.worker:
            return False
        return not self.slice.over(self.engine.clock.now()) and (not self.slice.express or chunks <= SMALL)

    def _finish(self, view: View) -> View | None:
        """Sum up; None: the job has to be looked at again."""
        engine, job = self.engine, view.job
        if engine.kind(job.kind).finish is totals and len(job.stages) == 1:
            if engine.clock.now() - view.at >= LOOK_AGE:
                return None
            with suppress(Stale):
                return onward(engine, view, total(engine, job, view.chunks))
            return None
        ended = self._step(view, lambda job, lease: finish(engine, job, lease, view.chunks))
        return onward(engine, view, ended) if ended is not None else None

    def _step(self, view: View, do: Callable[[Job, StepLease], T]) -> T | None:
        """Plan or finish under a lease; None: the job has to be looked at again."""
        lease = StepLease(self.engine, self.ref, self.delivery.id, self.slice)
        try:
            job = lease.take(view.job)
        except Stale:
            return None
        try:
            with excused(lease.give_back):
                return attended(lease, self.slots, self._hide, lambda: do(job, lease))
        except Stale:
            lease.give_back()
        except (JobError, Refused) as error:
            fail(self.engine, self.ref, job.run, str(error))
        return None

    def _put_off(self, error: UnitRetry) -> bool:
        """Planning or finishing was refused for now: nobody holds on to it until it may be tried again. False: the job, or who
        plans it, has changed meanwhile, so it has to be looked at again."""
        try:
            job = StepLease(self.engine, self.ref, self.delivery.id, self.slice).put_off(error)
        except Stale:
            return False
        if job.next_try is not None:
            self.engine.queue.send([job_message(job)], job.next_try.ready_at - self.engine.clock.now())
        reconcile(self.engine, self.ref)  # whoever holds it may have waited for the lease
        return True

    def _spread(self, view: View) -> ChunkOutcome:
        """Queue the chunks that may run, but for one that this worker takes itself."""
        job, chunks = view.job, list(view.step.chunks)
        own = chunks.pop(0) if self._begins(job, job.plan.chunks) else None
        try:
            dispatch(self.engine, replace(view, step=replace(view.step, chunks=tuple(chunks))))
        except Stale:
            return self._advance(lost=False)
        return self._run(own, job.scope_names) if own else ChunkOutcome.DRAINED
