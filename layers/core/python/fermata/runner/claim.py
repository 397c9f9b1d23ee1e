"""A claimed chunk in a worker's hands: its lease, the look at the holds that units start on, and what is committed of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from fermata.control.engine import Engine
from fermata.domain.chunks import LEASE, Chunk, Retry
from fermata.domain.errors import Stale, Unavailable, Unsure
from fermata.domain.holds import LOOK_AGE
from fermata.domain.jobs import Job
from fermata.domain.kind import Result
from fermata.domain.segments import Segment, pack, unpack
from fermata.domain.transitions import Status
from fermata.ports import Delivery, Gate
from fermata.runner.unit_batch import Outbox

BEAT = LEASE / 3
MARGIN = 2.0
"""Seconds before the lease's end after which no unit starts: what clocks may differ by."""

TAIL = 480
"""Bytes of packed results that a chunk carries itself, beside the 500 that it has anyway: a write is priced by the KB, so they
cost nothing, and what is gathered into fewer segments takes less room for as long as it is kept."""


class ChunkOutcome(StrEnum):
    """Why a worker left a chunk, and who goes on."""

    DRAINED = "drained"  # every unit is settled; the execution goes on when all chunks are
    HELD = "held"  # a hold; whoever removes it queues the chunk again
    YIELDED = "yielded"  # the slice is over, or its units have to wait; the chunk is queued again
    CANCELLED = "cancelled"  # the job has ended, or its time is over; nobody
    LOST = "lost"  # the lease was lost; whoever has it now
    DROPPED = "dropped"  # there was nothing to do
    BUSY = "busy"  # a worker that died still has the lease; the message comes again


@dataclass
class Claim:
    """What a worker holds while it is at a chunk.

    Attributes:
        job: as it was when the chunk was claimed.
        chunk: as stored last.
        gate: the last look at the holds, the first one taken after the claim; gate_at: clock time before it.
        outbox: what its slots have settled; it says until when units may start, and that is until shortly before the lease ends.
        lapsed: the lease was renewed too late, and the holds have not been looked at since: no unit starts.
        saved_at, commit_at, beat_at: when the chunk was stored, its results were, and its message was told that it lives.
    """

    engine: Engine
    job: Job
    chunk: Chunk
    gate: Gate
    gate_at: float
    delivery: Delivery
    outbox: Outbox = field(init=False)
    lapsed: bool = False

    def __post_init__(self) -> None:
        self.outbox = Outbox(until=self.chunk.lease_until - MARGIN)
        self.beat_at = self.saved_at = self.commit_at = self.engine.clock.now()

    def look(self, now: float) -> None:
        """Read the holds. Raises Unavailable."""
        self.gate = self.engine.store.gate(self.job.ref, self.job.scope_names)
        self.gate_at = now
        if self.lapsed and self.verdict() is None:
            self.lapsed, self.outbox.until = False, self.chunk.lease_until - MARGIN

    def looked(self, now: float) -> bool:
        """Whether the last look at the holds is still good."""
        return now - self.gate_at < LOOK_AGE

    def verdict(self) -> ChunkOutcome | None:
        """Why the last look at the holds forbids to go on; None: it does not."""
        job = self.gate.job
        if job.status.final or job.run != self.job.run or job.overdue(self.gate_at):
            return ChunkOutcome.CANCELLED
        return ChunkOutcome.HELD if job.status is not Status.RUNNING or self.gate.held else None

    @property
    def due_at(self) -> float:
        """Clock time by which the lease has to be renewed or the holds looked at."""
        return min(self.saved_at + BEAT, self.gate_at + LOOK_AGE)

    def renew(self, now: float) -> None:
        """Prolong the lease, where it is time to."""
        if now - self.saved_at >= BEAT:
            self.save(self.chunk.renew(now))

    def commit(self, results: Sequence[Result], now: float, unfinished: tuple[tuple[Retry, ...], float] | None) -> None:
        """Store the results and count them in the chunk, in one write where they are few: from then on they are settled.

        More than the chunk can carry become a segment, which is stored before the chunk says so. With what is ``unfinished`` the
        lease is given back in the same write. Raises Stale when it was lost, and Unavailable.
        """
        chunk, self.commit_at = self.chunk, now
        succeeded = [result.number for result in results if result.error is None]
        failed = [result.number for result in results if result.error is not None]
        data = pack(results if chunk.foreign_tail or not chunk.tail else [*unpack(chunk.tail), *results])
        left_undone = unfinished is not None and len(results) < len(chunk.todo)
        if len(data) > TAIL or chunk.foreign_tail or left_undone:
            segment = Segment(chunk.stage, chunk.number, chunk.attempt, chunk.next_segment, data)
            self.engine.ledger.keep(self.job.ref, segment)
            counted = chunk.settle(succeeded, failed, now)
        else:
            counted = chunk.settle(succeeded, failed, now, data)
        self.save(counted.released(*unfinished) if unfinished is not None else counted)

    def give_back(self, unfinished: tuple[tuple[Retry, ...], float]) -> None:
        """Give the lease back, if we have it. What the chunk carries becomes a segment: the next attempt can't go on with it."""
        if self.chunk.owner is None:
            return
        if self.chunk.tail and not self.chunk.foreign_tail and not self.chunk.done:
            self.commit((), self.engine.clock.now(), unfinished)
        else:
            self.save(self.chunk.release(*unfinished))

    def save(self, chunk: Chunk) -> None:
        """Store the chunk. A write that seems to have failed may have been done: look before trying another."""
        try:
            self.engine.ledger.save(self.job.ref, chunk)
        except (Stale, Unavailable):
            if self._stored() != chunk:
                raise
        now = self.engine.clock.now()
        if now >= self.chunk.lease_until:  # somebody may have called the job paused before it was renewed
            self.lapsed, self.gate_at = True, float("-inf")
        self.chunk, self.saved_at = chunk, now
        if not self.lapsed:
            self.outbox.until = chunk.lease_until - MARGIN
        if now - self.beat_at >= BEAT:
            self.beat_at = now
            self.delivery.extend(LEASE + 1)

    def _stored(self) -> Chunk:
        try:
            return self.engine.ledger.chunk(self.job.ref, self.chunk.stage, self.chunk.number)
        except Unavailable as error:
            raise Unsure(f"chunk {self.chunk.stage}/{self.chunk.number} may or may not have been stored") from error
