"""From a message to a worker's outcome."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from fermata.control import recovery
from fermata.control.engine import Engine
from fermata.control.finishing import finish
from fermata.control.lease import StepLease
from fermata.control.planning import plan_stage
from fermata.control.queueing import chunk_message, job_message, send_chunks
from fermata.control.reconcile import View, dispatch, reconcile
from fermata.control.termination import fail
from fermata.domain.chunks import LEASE, Chunk, ready
from fermata.domain.errors import NotFound, Retryable, Stale
from fermata.domain.holds import SYSTEM
from fermata.domain.jobs import Job, Ref
from fermata.domain.kind import JobError
from fermata.domain.progress import Action
from fermata.domain.transitions import Status
from fermata.ports import Delivery, Gate, Message
from fermata.runner.chunk_loop import BEAT, ChunkOutcome, Work
from fermata.runner.deadline import Slice
from fermata.runner.slots import Slots

WORKERS_OWN = frozenset({Action.PLAN, Action.FINISH, Action.DISPATCH})
"""Steps that a worker takes itself, instead of sending a message."""

SMALL = 4
"""Chunks of a stage up to which quick work is done where it was planned; more of them wait in the queue."""


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

    def work(self) -> ChunkOutcome:
        return self._chunk() if self.message.task == "chunk" else self._advance(lost=self.delivery.again)

    def _knows(self, job: Job) -> bool:
        """Whether there is code for the job here; if not, it fails at once."""
        if job.kind in self.engine.kinds:
            return True
        known = ", ".join(sorted(self.engine.kinds))
        fail(self.engine, self.ref, job.run, f"no worker knows the kind {job.kind!r}; they know: {known}")
        return False

    # A chunk -------------------------------------------------------------------------------------------------------------

    def _chunk(self) -> ChunkOutcome:
        gate = self.engine.store.gate(self.ref, self.message.scopes or (SYSTEM,))
        if gate.job.status is not Status.RUNNING or gate.held or not self._knows(gate.job):
            reconcile(self.engine, self.ref)
            return ChunkOutcome.CANCELLED if gate.job.status.final else ChunkOutcome.HELD
        self.delivery.extend(LEASE + 1)
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
        return self._run(chunk)

    def _run(self, chunk: Chunk) -> ChunkOutcome:
        """Run a chunk, and whatever of the job may follow in this slice."""
        while True:
            claimed = self._claim(chunk)
            if claimed is None:
                return ChunkOutcome.DROPPED
            # Read after the claim: what is stored now is what the lease was taken for.
            job = self.engine.store.job(self.ref)
            gate = Gate(job, self.engine.store.scopes(job.tenant, job.scope_names))
            work = Work(self.engine, job, claimed, gate, self.delivery, self.slots, self.slice)
            outcome = work.run()
            if outcome is not ChunkOutcome.DRAINED:
                self._put_down(work, outcome)
                return outcome
            following = self._next_in_lane(job, claimed)
            if following is None:
                return self._advance(lost=False)
            if self.slice.over(self.engine.clock.now()):
                send_chunks(self.engine, job, [following])
                return outcome
            chunk = following

    def _claim(self, chunk: Chunk) -> Chunk | None:
        claimed = chunk.claim(self.delivery.id, self.engine.clock.now())
        try:
            self.engine.ledger.save(self.ref, claimed)
        except Stale:
            return None
        return claimed

    def _put_down(self, work: Work, outcome: ChunkOutcome) -> None:
        """Once the lease is given back: who goes on?"""
        again = chunk_message(work.job, work.chunk)
        if outcome is ChunkOutcome.YIELDED:
            delay = max(work.chunk.not_before, work.turn_at) - self.engine.clock.now()
            self.engine.queue.send([again], max(0.0, delay))
        elif outcome is ChunkOutcome.HELD:
            # A resume may have come between the look that stopped us and the lease we gave back; its message found us leasing.
            view = reconcile(self.engine, self.ref)
            if view.job.status is Status.RUNNING and not view.holds:
                self.engine.queue.send([again])
        elif outcome is ChunkOutcome.CANCELLED:
            reconcile(self.engine, self.ref)

    def _next_in_lane(self, job: Job, chunk: Chunk) -> Chunk | None:
        """The chunk that the lane goes on with: it is there, so this one can't have been the stage's last."""
        if job.lanes is None:
            return None
        for number in range(chunk.number + job.lanes, job.stages[chunk.stage].chunks, job.lanes):
            following = self.engine.ledger.chunk(job.ref, chunk.stage, number)
            if not following.done:
                live = following.live(self.engine.clock.now()) or following.not_before > self.engine.clock.now()
                return None if live else following
        return None

    # The job -------------------------------------------------------------------------------------------------------------

    def _advance(self, *, lost: bool) -> ChunkOutcome:
        """Whatever comes next for the job, as far as this worker can take it."""
        while True:
            view = reconcile(self.engine, self.ref, leave=WORKERS_OWN, lost=lost)
            lost, action = False, view.step.action
            if action in WORKERS_OWN and not self._knows(view.job):
                continue
            if action is Action.PLAN:
                if not self._step(view, plan_stage):
                    return ChunkOutcome.YIELDED
            elif action is Action.FINISH:
                self._step(view, finish)
            elif action is Action.DISPATCH:
                return self._spread(view)
            else:
                chunk = self._left_over(view)
                return self._run(chunk) if chunk else ChunkOutcome.DRAINED

    def _step(self, view: View, do: Callable[[Engine, Job, StepLease], Job]) -> bool:
        """Plan or finish under a lease; False: the slice is over, and somebody else goes on."""
        self.delivery.extend(LEASE + 1)
        lease = StepLease(self.engine, self.ref, self.delivery.id, self.slice)
        try:
            job = lease.take(view.job)
        except Stale:
            return True
        try:
            job = self._attended(lease, lambda: do(self.engine, job, lease))
        except Stale:
            lease.give_back()
            return True
        except JobError as error:
            fail(self.engine, self.ref, job.run, str(error))
            return True
        if not job.status.final and not job.plan.complete:
            lease.give_back()
            self.engine.queue.send([job_message(job)])
            return False
        return True

    def _attended(self, lease: StepLease, do: Callable[[], Job]) -> Job:
        """Do it in a slot, and keep the lease and the message alive meanwhile."""
        outcome: list[Job | BaseException] = []

        def run() -> None:
            try:
                outcome.append(do())
            except BaseException as error:
                outcome.append(error)

        self.slots.start(run)
        while not outcome:
            self.slots.wait(BEAT)
            if not outcome and lease.until - self.engine.clock.now() < LEASE - BEAT:
                with suppress(Retryable):  # without a lease it goes no further, see StepLease.check
                    lease.beat()
                    self.delivery.extend(LEASE + 1)
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]

    def _spread(self, view: View) -> ChunkOutcome:
        """Queue the chunks that may run, but for one that this worker takes itself."""
        job, chunks = view.job, list(view.step.chunks)
        own = None
        if not self.slice.over(self.engine.clock.now()) and (not self.slice.express or job.plan.chunks <= SMALL):
            own = chunks.pop(0)
        try:
            dispatch(self.engine, replace(view, step=replace(view.step, chunks=tuple(chunks))))
        except Stale:
            return self._advance(lost=False)
        return self._run(own) if own else ChunkOutcome.DRAINED

    def _left_over(self, view: View) -> Chunk | None:
        """A chunk that waits in the queue although its job is small and a worker is at hand: this one."""
        now = self.engine.clock.now()
        if self.slice.over(now) or view.step.action is not Action.WAIT or view.job.status is not Status.RUNNING:
            return None
        if view.holds or not view.job.plan.complete or view.job.plan.chunks > SMALL:
            return None
        able = ready(view.chunks, view.job.lanes, now)
        return next((chunk for chunk in able if chunk.owner is None), None)
