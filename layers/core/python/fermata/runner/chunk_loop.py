"""The loop over one claimed chunk: hand out units, watch the holds, commit, keep the lease alive."""

from __future__ import annotations

from dataclasses import dataclass, field

from fermata.control.results import unit_values
from fermata.domain.chunks import Retry
from fermata.domain.errors import Stale, Unavailable
from fermata.domain.kind import Interrupted, Json, Result, Stage
from fermata.runner.claim import MARGIN, ChunkOutcome, Claim
from fermata.runner.deadline import Slice, turn
from fermata.runner.excused import excused
from fermata.runner.guards import Guards
from fermata.runner.slots import Slots
from fermata.runner.turns import IN_HAND, Turns
from fermata.runner.unit_batch import Batch
from fermata.runner.unit_environment import UnitEnvironment
from fermata.runner.unit_queue import UnitQueue

COMMIT = 2.0
"""Seconds that a settled unit waits for its commit; twice as long at most, where the chunk's last commit is near."""

COMMIT_BYTES = 1024 * 1024
BACKOFF = 0.2
"""Seconds before what was throttled is tried again."""

GRACE = 2.0
"""Seconds in which units in hand of a job that is held may come to their end; then they are broken off, and run again later."""

STRIKES_ALONE, STRIKES_OUT = 2, 4

BREAKING = frozenset({ChunkOutcome.HELD, ChunkOutcome.CANCELLED, ChunkOutcome.LOST})
"""For these units in hand are broken off; those whose worker only makes room for others come to their end."""


@dataclass
class Work:
    """The loop, with what it has in hand.

    Attributes:
        known: the values of all the chunk's units, first to last, where they need not be read.
        reason: why no further unit starts; None: they do.
        pace: seconds that a unit takes; batch_size: units that a slot gets together.
    """

    claim: Claim
    slots: Slots
    slice: Slice
    known: list[Json] | None = None
    batches: list[Batch] = field(default_factory=list)
    reason: ChunkOutcome | None = None
    stopped_at: float = 0.0
    pace: float = 0.0
    batch_size: int = 1

    def __post_init__(self) -> None:
        claim, number = self.claim, self.claim.chunk.stage
        self.engine, self.job, self.outbox = claim.engine, claim.job, claim.outbox
        self.stage: Stage = self.engine.kind(self.job.kind).stage(self.job.stages[number].name, number)
        self.guards = Guards(self.engine, self.job, claim.chunk.throttled_since)
        self.turns = Turns(self.engine, self.job)
        # A chunk that killed its worker again and again: one unit runs at a time and is committed before the next begins, so that
        # the first one left is the one that does it.
        self.alone = claim.chunk.strikes >= STRIKES_ALONE
        self.width = 1 if self.alone else self.stage.policy.concurrency

    def run(self) -> ChunkOutcome:
        """Run the chunk's units until there are none, or something stops it; the lease is given back. When a service fails it may
        not be known what was stored: it raises that, the message comes again and the lease lapses."""
        try:
            with excused(lambda: self.claim.save(self.claim.chunk.excuse())):
                self._begin()
                while self._turn():
                    pass
                return self._let_go()
        except Stale:
            return ChunkOutcome.LOST
        finally:
            self._stop(self.reason if self.reason in BREAKING else ChunkOutcome.LOST)

    def _begin(self) -> None:
        chunk = self.claim.chunk
        self.environment = UnitEnvironment(self.claim, self.stage, self.slots, self._check, self._break_off)
        values = self.known if self.known is not None else unit_values(self.engine, self.job, chunk)
        self._check_gate()
        self.queue = UnitQueue.of(chunk, values)
        if chunk.strikes >= STRIKES_OUT and self.queue.ready:
            ((culprit, _, _),) = self.queue.take(1)
            self.outbox.results.append(Result(culprit, None, f"the worker died {chunk.strikes} times while running it"))

    def _turn(self) -> bool:
        """One turn of the loop; whether another is needed."""
        self._hand_out()
        busy = self._collect()
        now = self.engine.clock.now()
        self._watch(now, busy=busy)
        ending = not busy and (self.reason is not None or not self.queue)
        if self._commit_due(now, ending):
            self._commit(now, ending)
            if self.reason is None and self.guards.check_share(now, last=not self.queue.ready):
                self._stop(ChunkOutcome.HELD)
        else:
            self.claim.renew(now)
        waiting = self.reason is None and bool(self.queue)
        if busy or (waiting and not self._able(self.engine.clock.now())):
            self.slots.wait(self._patience(self.engine.clock.now()))
        return busy or waiting or bool(self.outbox.results)

    def _watch(self, now: float, *, busy: bool) -> None:
        """See what stops a worker whose units take their time, or wait."""
        goes_on = busy if self.reason is ChunkOutcome.YIELDED else self.reason is None and (busy or not self._able(now))
        if goes_on and not self.claim.looked(now):
            self._look(now)
        if self.reason is None and self.outbox.hold is not None:
            self.guards.hold_for(self.outbox.hold, self.environment.scrub)
            self._stop(ChunkOutcome.HELD)
        throttled, idle = len(self.outbox.throttled), not (busy or self.queue.ready)
        if self.reason is None and self.guards.check_throttling(throttled, self.queue.resting, now, idle=idle):
            self.queue.unthrottled()
            self._stop(ChunkOutcome.HELD)
        if self.reason is None and not busy and self._next_start(now) - now > IN_HAND:
            self._stop(ChunkOutcome.YIELDED)
        if self.reason is None and self.slice.over(now):
            self._stop(ChunkOutcome.YIELDED)
        if busy and self.slice.stopping and self.claim.chunk.strikes >= 0:
            self.claim.save(self.claim.chunk.excuse())

    def _able(self, now: float) -> bool:
        """Whether a unit could start now, if a slot were free."""
        return self.reason is None and self._next_start(now) <= now

    def _next_start(self, now: float) -> float:
        return self.queue.next_at(now, self.turns.taken)

    def _patience(self, now: float) -> float:
        """Seconds until the loop has something to do by itself."""
        waits = [self.claim.due_at - now]
        if len(self.batches) < self.width and self.queue:
            waits.append(self._next_start(now) - now)
        if self.outbox.results:
            waits.append(self._next_commit() - now)
        if self.stage.policy.timeout is not None:
            waits += [
                batch.began + self.stage.policy.timeout - now for batch in self.batches if batch.began is not None
            ]
            waits.append(1.0)
        return max(0.001, min(waits))

    def _hand_out(self) -> None:
        if self.reason is None:
            self.queue.wake(self.engine.clock.now())
        while self.queue.ready and len(self.batches) < self.width and self._may_start():
            count = self._in_turn(1 if self.alone else min(self.batch_size, self._share()))
            if not count:
                return
            self.batches.append(self.environment.batch(self.queue.take(count)))
            self.slots.start(self.batches[-1].run)

    def _share(self) -> int:
        """No slot takes more than its part of what is left, so that none idles at the end."""
        return max(1, len(self.queue.ready) // self.width)

    def _may_start(self) -> bool:
        if self.alone and self.outbox.results:
            return False
        if self.reason is None:
            now = self.engine.clock.now()
            # Turns that a rate has given to this worker would be lost with it; they are a few seconds off at most.
            if self.slice.over(now) or (not self.turns.taken and self._turn_over(now)):
                self._stop(ChunkOutcome.YIELDED)
            elif not self.claim.looked(now):
                return self._look(now)
        return self.reason is None

    def _turn_over(self, now: float) -> bool:
        return self.slice.turn_over(now, lambda: self.engine.queue.backlog(self.engine.worker), turn(self.job.priority))

    def _in_turn(self, count: int) -> int:
        """How many of so many units the job's rate lets start now."""
        if self.job.rate is None or not self.stage.policy.rated:
            return count
        due = self.turns.due(count, len(self.queue.ready), self.engine.clock.now())
        if self.turns.next_at:
            self._stop(ChunkOutcome.YIELDED)
        return due

    def _look(self, now: float) -> bool:
        """Read the holds; whether units may start."""
        try:
            self.claim.look(now)
        except Unavailable:
            self.engine.clock.sleep(BACKOFF)
            return False
        self._check_gate()
        return self.reason is None

    def _check_gate(self) -> None:
        """Stop if the last look at the holds says so."""
        if (verdict := self.claim.verdict()) is not None:
            self._stop(verdict)

    def _stop(self, reason: ChunkOutcome) -> None:
        if reason is not self.reason:
            self.reason, self.stopped_at = reason, self.engine.clock.now()
        self.outbox.stop = True

    def _check(self) -> None:
        """From inside a unit: it goes on only while the lease surely holds, for then nobody has called the job paused."""
        if self.reason in BREAKING or self.slice.stopping or self.engine.clock.now() >= self.outbox.until:
            self.outbox.interrupted = True
            raise Interrupted

    def _break_off(self) -> None:
        """From inside a unit that takes long: in a job that is held it may come to its end, if that is soon."""
        if self.reason is not ChunkOutcome.HELD or self.engine.clock.now() >= self.stopped_at + GRACE:
            self._check()

    def _collect(self) -> bool:
        """Take back what slots have left over; whether any is still at work."""
        now = self.engine.clock.now()
        for batch in self.batches:
            if not batch.ended:
                batch.time_out(now)
            if batch.ended or batch.abandoned:
                self._take_back(batch)
        self.batches = [batch for batch in self.batches if not (batch.ended or batch.abandoned)]
        self.queue.resting += self.outbox.take_retries()
        return bool(self.batches)

    def _take_back(self, batch: Batch) -> None:
        if not batch.abandoned:
            self.pace = batch.seconds / max(1, batch.at)
            self.batch_size = batch.fitting(self.batch_size)
        left = batch.left()
        self.queue.put_back(left)
        if left and self.reason is None and not batch.abandoned and self.engine.clock.now() >= self.outbox.until:
            self._stop(ChunkOutcome.YIELDED)

    def _commit_due(self, now: float, ending: bool) -> bool:
        if not self.outbox.results:
            return False
        if self.alone or self.outbox.slow or self.outbox.bytes >= COMMIT_BYTES or ending:
            return True
        return now >= self._next_commit()

    def _next_commit(self) -> float:
        """Clock time of the next commit. What is left of a chunk that is nearly done goes with its last one, if that is soon."""
        left = self.pace * len(self.queue.ready) / self.width
        return self.claim.commit_at + (COMMIT if left > COMMIT else 2 * COMMIT)

    def _commit(self, now: float, ending: bool) -> None:
        """Commit what is settled; the last commit gives the lease back."""
        results = [self.environment.scrub.result(result) for result in self.outbox.take()]
        try:
            self.claim.commit(results, now, self._unfinished() if ending else None)
        except Unavailable:
            if self.engine.clock.now() >= self.claim.chunk.lease_until - MARGIN:
                raise
            self.outbox.put_back(results)
            self.engine.clock.sleep(BACKOFF)

    def _unfinished(self) -> tuple[tuple[Retry, ...], float]:
        """What the next worker has to know."""
        return tuple(self.queue.unfinished()), self.guards.throttled_since

    def _let_go(self) -> ChunkOutcome:
        self.claim.give_back(self._unfinished())
        return ChunkOutcome.DRAINED if self.claim.chunk.done else self.reason or ChunkOutcome.DRAINED
