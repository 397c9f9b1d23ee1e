"""The loop over one claimed chunk: hand out units, watch the holds, commit, keep the lease alive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from fermata.control.engine import Engine
from fermata.control.results import unit_values
from fermata.domain.chunks import LEASE, Chunk, Retry
from fermata.domain.errors import Stale, Unavailable, Unsure
from fermata.domain.holds import LOOK_AGE
from fermata.domain.jobs import Job
from fermata.domain.kind import Interrupted, Json, Result, Stage, Unit, UnitRun
from fermata.domain.scrub import Scrubber
from fermata.domain.segments import Segment, pack
from fermata.domain.transitions import Status
from fermata.ports import Delivery, Gate
from fermata.runner.deadline import NEXT_LOOK, Slice
from fermata.runner.guards import Guards
from fermata.runner.slots import Slots
from fermata.runner.unit_batch import TIMED_OUT, Batch, Outbox

COMMIT = 2.0
"""Seconds that a settled unit waits for its commit; twice as long at most, where the chunk's last commit is near."""

COMMIT_BYTES = 1024 * 1024
BACKOFF = 0.2
"""Seconds before a commit that was throttled is tried again."""

BEAT = LEASE / 3
MARGIN = 2.0
"""Seconds before the lease's end after which no unit starts: what clocks may differ by."""

IN_HAND = 3.0
"""Seconds that a worker waits for the next try, or the next turn, of its units; for longer it gives the chunk back."""

GRACE = 2.0
"""Seconds in which units in hand of a job that is held may come to their end; then they are broken off, and run again later."""

BATCH_SECONDS = 0.05
BATCH_UNITS = 256
STRIKES_ALONE = 2
STRIKES_OUT = 4


class ChunkOutcome(StrEnum):
    """Why a worker left a chunk, and who goes on."""

    DRAINED = "drained"  # every unit is settled; the execution goes on when all chunks are
    HELD = "held"  # a hold; whoever removes it queues the chunk again
    YIELDED = "yielded"  # the slice is over, or its units have to wait; the chunk is queued again
    CANCELLED = "cancelled"  # the job has ended, or its time is over; nobody
    LOST = "lost"  # the lease was lost; whoever has it now
    DROPPED = "dropped"  # there was nothing to do
    BUSY = "busy"  # a worker that died still has the lease; the message comes again


BREAKING = frozenset({ChunkOutcome.HELD, ChunkOutcome.CANCELLED, ChunkOutcome.LOST})
"""For these units in hand are broken off; those whose worker only makes room for others come to their end."""


@dataclass
class Work:
    """A claimed chunk in a worker's hands.

    Attributes:
        chunk: as stored last.
        gate: the look at the holds that units start on, taken after the claim; gate_at: clock time before it.
        known: the values of all its units, first to last, where they need not be read.
        queue: number and attempt of the units that may start, the next one last.
        resting: units between two tries.
        turns: clock times at which the job's rate lets units start; turn_at: the next one, where it is too far off to wait for.
        alone: the chunk killed its worker again and again: one unit runs at a time and is committed before the next begins, so
            that the first one left is the one that does it.
    """

    engine: Engine
    job: Job
    chunk: Chunk
    gate: Gate
    delivery: Delivery
    slots: Slots
    slice: Slice
    known: list[Json] | None = None
    values: dict[int, Json] = field(default_factory=dict)
    queue: list[tuple[int, int]] = field(default_factory=list)
    resting: list[Retry] = field(default_factory=list)
    turns: list[float] = field(default_factory=list)
    turn_at: float = 0.0
    batches: list[Batch] = field(default_factory=list)
    reason: ChunkOutcome | None = None
    stopped_at: float = 0.0
    alone: bool = False
    pace: float = 0.0
    batch_size: int = 1
    gate_at: float = 0.0
    beat_at: float = 0.0
    saved_at: float = 0.0
    commit_at: float = 0.0

    def run(self) -> ChunkOutcome:
        """Run the chunk's units until there are none, or something stops it. The lease is given back.

        Raises Unavailable or Unsure when it can't be known what was stored; the message comes again and the lease lapses.
        """
        self._begin()
        try:
            while self._turn():
                pass
            return self._let_go()
        except Stale:
            return ChunkOutcome.LOST
        finally:
            self._stop(self.reason if self.reason in BREAKING else ChunkOutcome.LOST)

    def _turn(self) -> bool:
        """One turn of the loop; whether another is needed."""
        self._hand_out()
        busy = self._collect()
        now = self.engine.clock.now()
        self._watch(now, busy=busy)
        ending = not busy and (self.reason is not None or not (self.queue or self.resting))
        if self._commit_due(now, ending):
            self._commit(now, ending)
            if self.reason is None and self.guards.check_share(now, last=not self.queue):
                self._stop(ChunkOutcome.HELD)
        elif now - self.saved_at >= BEAT:
            self._save(self.chunk.renew(now))
        waiting = self.reason is None and bool(self.queue or self.resting)
        if busy or (waiting and not self._able(self.engine.clock.now())):
            self.slots.wait(self._patience(self.engine.clock.now()))
        return busy or waiting or bool(self.outbox.results)

    def _watch(self, now: float, *, busy: bool) -> None:
        """See what stops a worker whose units take their time, or wait."""
        goes_on = busy if self.reason is ChunkOutcome.YIELDED else self.reason is None and (busy or not self._able(now))
        if goes_on and now - self.gate_at >= LOOK_AGE:
            self._look(now)
        if self.reason is None and self.outbox.hold is not None:
            self.guards.hold_for(self.outbox.hold, self.scrub)
            self._stop(ChunkOutcome.HELD)
        throttled, idle = len(self.outbox.throttled), not (busy or self.queue)
        if self.reason is None and self.guards.check_throttling(throttled, self.resting, now, idle=idle):
            self.resting = [retry for retry in self.resting if not retry.throttled]
            self._stop(ChunkOutcome.HELD)
        if self.reason is None and not busy and self._next_start(now) - now > IN_HAND:
            self._stop(ChunkOutcome.YIELDED)
        if self.reason is None and self.slice.over(now):
            self._stop(ChunkOutcome.YIELDED)
        if busy and self.slice.stopping and self.chunk.strikes >= 0:
            self._save(self.chunk.excuse())

    def _able(self, now: float) -> bool:
        """Whether a unit could start now, if a slot were free."""
        return self.reason is None and self._next_start(now) <= now

    def _next_start(self, now: float) -> float:
        """Clock time at which the next unit may start; without units left, now."""
        if self.queue:
            return self.turns[0] if self.turns else now
        return min((retry.ready_at for retry in self.resting), default=now)

    @property
    def stage(self) -> Stage:
        return self.engine.kind(self.job.kind).stage(self.job.stages[self.chunk.stage].name, self.chunk.stage)

    @property
    def width(self) -> int:
        """Units at a time."""
        return 1 if self.alone else self.stage.policy.concurrency

    def _begin(self) -> None:
        now = self.engine.clock.now()
        self.beat_at = self.saved_at = self.commit_at = now
        self.alone = self.chunk.strikes >= STRIKES_ALONE
        self.guards = Guards(self.engine, self.job, self.chunk.throttled_since)
        self.outbox = Outbox(until=self.chunk.lease_until - MARGIN)
        self.secrets = self.engine.open_secrets(self.job)
        self.scrub = Scrubber.of(self.secrets.values())
        self.files = self.engine.files(self.job)
        self.workspace_content = self.engine.workspace_content(self.job.tenant, self.job.workspace)
        values = self.known if self.known is not None else unit_values(self.engine, self.job, self.chunk)
        self._check_gate()
        self.values = {number: values[number - self.chunk.first] for number in self.chunk.todo}
        self.resting = [retry for retry in self.chunk.retries if retry.number in self.values]
        known = {retry.number for retry in self.resting}
        numbers = reversed(self.chunk.todo.first(self.chunk.size))
        self.queue = [(number, 1) for number in numbers if number not in known]
        if self.chunk.strikes >= STRIKES_OUT and self.queue:
            culprit, _ = self.queue.pop()
            self.outbox.results.append(
                Result(culprit, None, f"the worker died {self.chunk.strikes} times while running it")
            )

    # Handing out ---------------------------------------------------------------------------------------------------------

    def _hand_out(self) -> None:
        now = self.engine.clock.now()
        ready = [retry for retry in self.resting if retry.ready_at <= now]
        if ready and self.reason is None:
            self.resting = [retry for retry in self.resting if retry.ready_at > now]
            self.queue += [(retry.number, retry.attempt) for retry in ready]
        while self.queue and len(self.batches) < self.width and self._may_start():
            count = self._in_turn(1 if self.alone else min(self.batch_size, self._share()))
            if not count:
                return
            taken = [self.queue.pop() for _ in range(count)]
            units = [(number, self.values[number], attempt) for number, attempt in taken]
            batch = Batch(
                self.stage,
                units,
                self._unit,
                self.outbox,
                self.engine.clock.now,
                self.scrub,
                self.delivery.worker,
                self._break_off,
            )
            self.batches.append(batch)
            self.slots.start(batch.run)

    def _share(self) -> int:
        """No slot takes more than its part of what is left, so that none idles at the end."""
        return max(1, len(self.queue) // self.width)

    def _may_start(self) -> bool:
        if self.alone and self.outbox.results:
            return False
        if self.reason is None:
            now = self.engine.clock.now()
            # Turns that a rate has given to this worker would be lost with it; they are a few seconds off at most.
            ours = self.slice.turn_until if not self.turns else float("inf")
            if self.slice.over(now) or (now >= ours and self._others_wait(now)):
                self._stop(ChunkOutcome.YIELDED)
            elif now - self.gate_at >= LOOK_AGE:
                return self._look(now)
        return self.reason is None

    def _others_wait(self, now: float) -> bool:
        self.slice.turn_until = now + NEXT_LOOK
        return self.engine.queue.backlog(self.engine.worker) > 0

    def _in_turn(self, count: int) -> int:
        """How many of so many units the job's rate lets start now."""
        if self.job.rate is None or not self.stage.policy.rated:
            return count
        now, interval = self.engine.clock.now(), 60.0 / self.job.rate
        if not self.turns:
            wanted = max(1, min(len(self.queue), int(1.0 / interval)))
            key = self.job.rate_key or self.job.id
            first = self.engine.counters.reserve(self.job.tenant, key, interval, wanted, now, IN_HAND)
            if first > now + IN_HAND:
                self.turn_at = first
                self._stop(ChunkOutcome.YIELDED)
                return 0
            self.turns = [first + interval * place for place in range(wanted)]
        due = sum(turn <= now for turn in self.turns[:count])
        self.turns = self.turns[due:]
        return due

    def _look(self, now: float) -> bool:
        """Read the holds; whether units may start."""
        try:
            self.gate = self.engine.store.gate(self.job.ref, self.job.scope_names)
        except Unavailable:
            self.engine.clock.sleep(BACKOFF)
            return False
        self.gate_at = now
        self._check_gate()
        return self.reason is None

    def _check_gate(self) -> None:
        """Stop if the last look at the gate says so."""
        if self.gate.job.status.final or self.gate.job.run != self.job.run or self.gate.job.overdue(self.gate_at):
            self._stop(ChunkOutcome.CANCELLED)
        elif self.gate.job.status is not Status.RUNNING or self.gate.held:
            self._stop(ChunkOutcome.HELD)

    def _stop(self, reason: ChunkOutcome) -> None:
        if reason is not self.reason:
            self.reason, self.stopped_at = reason, self.engine.clock.now()
        self.outbox.stop = True

    def _unit(self, number: int, value: Json, deadline: float, log: Callable[[str], None]) -> Unit:
        job = self.job
        return Unit(
            tenant=job.tenant,
            workspace=job.workspace,
            job_id=job.id,
            key=f"{job.tenant}/{job.id}/{self.chunk.stage}/{number}",
            value=value,
            params=job.params,
            secrets=self.secrets,
            settings=self.engine.settings_for(job),
            files=self.files,
            deadline=deadline,
            workspace_content=self.workspace_content,
            check=self._check,
            wait=self._wait,
            log=log,
            spend=self._spend,
        )

    def _check(self) -> None:
        """From inside a unit: it goes on only while the lease surely holds, for then nobody has called the job paused."""
        if self.reason in BREAKING or self.slice.stopping or self.engine.clock.now() >= self.outbox.until:
            self.outbox.interrupted = True
            raise Interrupted

    def _break_off(self) -> None:
        """From inside a unit that takes long: in a job that is held it may come to its end, if that is soon."""
        if self.reason is not ChunkOutcome.HELD or self.engine.clock.now() >= self.stopped_at + GRACE:
            self._check()

    def _wait(self, seconds: float) -> None:
        if not self.slots.rest(seconds, self._halted):
            self.outbox.interrupted = True
            raise Interrupted

    def _spend(self, amount: int, used: bool = False) -> bool:
        if self.job.budget is None:
            return True
        limit = None if used or amount <= 0 else self.job.budget
        return self.engine.counters.spend(self.job.ref, amount, limit, self.engine.clock.now())

    def _halted(self) -> bool:
        return self.outbox.stop or self.engine.clock.now() >= self.outbox.until

    # Collecting ----------------------------------------------------------------------------------------------------------

    def _collect(self) -> bool:
        """Take back what slots have left over; whether any is still at work."""
        now = self.engine.clock.now()
        for batch in self.batches:
            if not batch.ended:
                self._check_timeout(batch, now)
            if batch.ended or batch.abandoned:
                self._take_back(batch)
        self.batches = [batch for batch in self.batches if not (batch.ended or batch.abandoned)]
        self.resting += self.outbox.take_retries()
        return bool(self.batches)

    def _take_back(self, batch: Batch) -> None:
        if not batch.abandoned:
            ran = max(1, batch.at)
            self.pace = batch.seconds / ran
            fits = batch.at == len(batch.units) and batch.seconds < BATCH_SECONDS / 2
            self.batch_size = (
                min(self.batch_size * 2, BATCH_UNITS)
                if fits
                else max(1, self.batch_size // 2)
                if batch.seconds > BATCH_SECONDS
                else self.batch_size
            )
        left = batch.left()
        self.queue += reversed(left)
        if left and self.reason is None and not batch.abandoned and self.engine.clock.now() >= self.outbox.until:
            self._stop(ChunkOutcome.YIELDED)

    def _check_timeout(self, batch: Batch, now: float) -> None:
        limit, began = self.stage.policy.timeout, batch.began
        if limit is None or began is None or now - began < limit:
            return
        with self.outbox.lock:
            if batch.ended or batch.began != began:
                return
            batch.abandoned = True
            number, value, attempt = batch.units[batch.at]
            if attempt >= self.stage.policy.attempts:
                run = UnitRun(began, now, self.delivery.worker, tuple(batch.lines))
                self.outbox.results.append(Result(number, None, TIMED_OUT.format(seconds=limit), attempt, run))
                batch.at += 1
            else:
                batch.units[batch.at] = (number, value, attempt + 1)

    # Committing ----------------------------------------------------------------------------------------------------------

    def _commit_due(self, now: float, ending: bool) -> bool:
        if not self.outbox.results:
            return False
        if self.alone or self.outbox.slow or self.outbox.bytes >= COMMIT_BYTES or ending:
            return True
        return now >= self._next_commit()

    def _next_commit(self) -> float:
        """Clock time of the next commit. What is left of a chunk that is nearly done goes with its last one, if that is soon."""
        left = self.pace * len(self.queue) / self.width
        return self.commit_at + (COMMIT if left > COMMIT else 2 * COMMIT)

    def _commit(self, now: float, ending: bool) -> None:
        """Store the results as a segment, then count them in the chunk: from then on they are settled.

        The last commit gives the lease back in the same write.
        """
        results, chunk = [self.scrub.result(result) for result in self.outbox.take()], self.chunk
        segment = Segment(chunk.stage, chunk.number, chunk.attempt, chunk.next_segment, pack(results))
        self.commit_at = now
        try:
            self.engine.ledger.keep(self.job.ref, segment)
            succeeded = (result.number for result in results if result.error is None)
            failed = (result.number for result in results if result.error is not None)
            counted = chunk.settle(succeeded, failed, now)
            self._save(counted.released(*self._unfinished()) if ending else counted)
        except Unavailable:
            if self.engine.clock.now() >= chunk.lease_until - MARGIN:
                raise
            self.outbox.put_back(results)
            self.engine.clock.sleep(BACKOFF)

    def _unfinished(self) -> tuple[tuple[Retry, ...], float]:
        """What the next worker has to know of the units between two tries."""
        tried = (Retry(number, attempt, 0.0) for number, attempt in self.queue if attempt > 1)
        return (*self.resting, *tried), self.guards.throttled_since

    def _save(self, chunk: Chunk) -> None:
        """Store the chunk. A write that seems to have failed may have been done: look before trying another."""
        try:
            self.engine.ledger.save(self.job.ref, chunk)
        except (Stale, Unavailable):
            if self._stored(chunk) != chunk:
                raise
        now = self.engine.clock.now()
        if now < self.chunk.lease_until:
            self.outbox.until = chunk.lease_until - MARGIN
        # Otherwise the old lease had lapsed before it was renewed: somebody may have paused the job meanwhile, so no unit starts.
        self.chunk, self.saved_at = chunk, now
        if now - self.beat_at >= BEAT:
            self.beat_at = now
            self.delivery.extend(LEASE + 1)

    def _stored(self, chunk: Chunk) -> Chunk:
        try:
            return self.engine.ledger.chunk(self.job.ref, chunk.stage, chunk.number)
        except Unavailable as error:
            raise Unsure(f"chunk {chunk.stage}/{chunk.number} may or may not have been stored") from error

    def _patience(self, now: float) -> float:
        """Seconds until the loop has something to do by itself."""
        waits = [self.saved_at + BEAT - now, self.gate_at + LOOK_AGE - now]
        if len(self.batches) < self.width and (self.queue or self.resting):
            waits.append(self._next_start(now) - now)
        if self.outbox.results:
            waits.append(self._next_commit() - now)
        if self.stage.policy.timeout is not None:
            waits += [
                batch.began + self.stage.policy.timeout - now for batch in self.batches if batch.began is not None
            ]
            waits.append(1.0)
        return max(0.001, min(waits))

    def _let_go(self) -> ChunkOutcome:
        if self.chunk.done:
            self.reason = ChunkOutcome.DRAINED
        if self.chunk.owner is not None:
            self._save(self.chunk.release(*self._unfinished()))
        return self.reason or ChunkOutcome.DRAINED
