"""Chunks: the ledger. A chunk is a contiguous range of a stage's units, claimed by one worker at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fermata.domain.errors import Stale
from fermata.domain.ranges import Ranges

LEASE = 7.0
"""Seconds a claim lasts unless it is renewed; a killed worker's units run again after at most this and a queue delay."""

MAX_RETRIES = 200
"""Units that a chunk remembers to be between two tries; it lies in one item. What is beyond them starts counting anew."""

GROWTH = 64
"""Chunks of one size in a row; then the size doubles, so that a stage of any size has a few hundred chunks."""


def chunk_size(base: int, number: int) -> int:
    """Units that chunk ``number`` (from 0) of a stage takes: small first, so that work spreads early."""
    return base << min(number // GROWTH, 9)


@dataclass(frozen=True)
class Retry:
    """A unit between two tries.

    Attributes:
        attempt: number of the try that comes next; the first is 1.
        ready_at: clock time before which it is not tried.
        throttled: a provider said "too many requests".
    """

    number: int
    attempt: int
    ready_at: float
    throttled: bool = False


@dataclass(frozen=True)
class Chunk:
    """A range of units and what has become of each.

    Succeeded units are those neither in ``todo`` nor in ``failed``, so the three always add up to ``size``.

    Attributes:
        stage, number: its place: stage of the job, number in the stage (both from 0).
        first, size: its units are numbers ``first`` to ``first + size - 1`` of the stage.
        file, start, end: where the units' values lie: bytes ``start`` to ``end`` of one of the job's files, a line each.
        todo: units not settled yet.
        failed: units settled with an error.
        attempt: rises with each claim; fences the segments of a stalled worker.
        owner: who holds the lease (a queue message's id), None: nobody.
        lease_until: seconds since the epoch; after it anybody may claim the chunk.
        strikes: claims in a row that ended without settling a unit or giving the lease back: its worker died. Below zero: so
            many such ends are excused, since the worker was told to stop.
        segments: (attempt, count) pairs: which segments are true results; others are leftovers of stalled workers.
        tail: packed results of an attempt's newest units, which fill no segment yet: they go on where its segments end, and the
            segment that they become has these rows first.
        tail_attempt: that attempt.
        retries: units that wait for their next try, in the hands of nobody.
        throttled_since: since when providers have refused every unit, 0 while they do not.
        reopened: settled units have been opened again, so a unit may have several results; the last one counts.
        busy: seconds that workers have had it in hand, up to each one's last change of it.
        began_at, settled_at: when it was claimed for the first time, and when one of its units was settled last, since any were
            opened again; 0: not yet.
        rev: number of its last change.
    """

    stage: int
    number: int
    first: int
    size: int
    file: str
    start: int
    end: int
    todo: Ranges
    failed: Ranges = Ranges()
    attempt: int = 0
    owner: str | None = None
    lease_until: float = 0.0
    strikes: int = 0
    segments: tuple[tuple[int, int], ...] = ()
    tail: bytes = b""
    tail_attempt: int = 0
    retries: tuple[Retry, ...] = ()
    throttled_since: float = 0.0
    reopened: bool = False
    busy: float = 0.0
    began_at: float = 0.0
    settled_at: float = 0.0
    rev: int = 0

    @property
    def done(self) -> bool:
        return not self.todo

    @property
    def succeeded(self) -> int:
        return self.size - len(self.todo) - len(self.failed)

    @property
    def not_before(self) -> float:
        """Clock time before which none of its units may be tried; 0 where one may at once."""
        if len(self.retries) < len(self.todo) or not self.retries:
            return 0.0
        return min(retry.ready_at for retry in self.retries)

    def live(self, now: float) -> bool:
        """Whether a worker may be running its units."""
        return self.owner is not None and now < self.lease_until

    def claim(self, owner: str, now: float) -> Chunk:
        """Take the lease. Raises Stale when it is not to be had."""
        if self.done or self.live(now):
            raise Stale(f"chunk {self.stage}/{self.number} is done or leased")
        return self._next(
            owner=owner,
            attempt=self.attempt + 1,
            lease_until=now + LEASE,
            strikes=self.strikes + 1 if self.owner is not None else self.strikes,
            began_at=self.began_at or round(now, 3),
        )

    def renew(self, now: float) -> Chunk:
        return self._next(lease_until=now + LEASE, busy=self._busy(now))

    def settle(self, succeeded: Iterable[int], failed: Iterable[int], now: float, tail: bytes = b"") -> Chunk:
        """Count units whose results are in the ``tail``, or else in this attempt's next segment, and renew the lease."""
        lost = Ranges.of(failed)
        kept = tail or (self.tail if self.foreign_tail else b"")
        return self._next(
            todo=self.todo - (Ranges.of(succeeded) | lost),
            failed=self.failed | lost,
            segments=self.segments if tail else self._one_more_segment(),
            tail=kept,
            tail_attempt=self.attempt if tail else self.tail_attempt,
            lease_until=now + LEASE,
            busy=self._busy(now),
            settled_at=round(now, 3),
            strikes=0,
        )

    def release(self, retries: tuple[Retry, ...] = (), throttled_since: float = 0.0) -> Chunk:
        """Give the lease back, with the units that are between two tries."""
        return self._next(strikes=0).released(retries, throttled_since)

    def released(self, retries: tuple[Retry, ...] = (), throttled_since: float = 0.0) -> Chunk:
        """The same as part of the change that it already holds."""
        return replace(
            self, owner=None, lease_until=0.0, retries=retries[:MAX_RETRIES], throttled_since=throttled_since
        )

    def excuse(self) -> Chunk:
        """The worker is being stopped in good order: that it does not come to give the lease back is no strike."""
        return self._next(strikes=-1)

    def reopen(self, units: Ranges) -> Chunk:
        """Have units of this chunk, settled or not, run again."""
        return self.released()._next(
            todo=self.todo | units, failed=self.failed - units, strikes=0, reopened=True, began_at=0.0, settled_at=0.0
        )

    @property
    def next_segment(self) -> int:
        """Number, within this attempt, of the segment that is to be written next."""
        return self._segments_of(self.attempt)

    @property
    def foreign_tail(self) -> bool:
        """Whether an attempt that was broken off has left a tail: it stays, and this attempt can have none."""
        return bool(self.tail) and self.tail_attempt != self.attempt

    @property
    def tail_place(self) -> tuple[int, int]:
        """Attempt and number of the segment that the tail is the beginning of."""
        return self.tail_attempt, self._segments_of(self.tail_attempt)

    def _segments_of(self, attempt: int) -> int:
        return dict(self.segments).get(attempt, 0)

    def _one_more_segment(self) -> tuple[tuple[int, int], ...]:
        counts = dict(self.segments)
        counts[self.attempt] = counts.get(self.attempt, 0) + 1
        return tuple(sorted(counts.items()))

    def _busy(self, now: float) -> float:
        """Each change by its owner lets the lease end so many seconds later, so the lease tells when the last one was."""
        return round(self.busy + min(max(0.0, now - (self.lease_until - LEASE)), LEASE), 3)

    def _next(self, **changes: object) -> Chunk:
        return replace(self, rev=self.rev + 1, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Counts:
    """How the units of a job stand. ``total`` may still grow while a job plans."""

    total: int = 0
    succeeded: int = 0
    failed: int = 0

    @property
    def remaining(self) -> int:
        return self.total - self.succeeded - self.failed

    @property
    def settled(self) -> int:
        return self.succeeded + self.failed


def count(chunks: Iterable[Chunk], expected: int = 0) -> Counts:
    """Sum of the ledger; ``expected`` units at least, of which some may not be planned yet."""
    total = succeeded = failed = 0
    for chunk in chunks:
        total += chunk.size
        succeeded += chunk.succeeded
        failed += len(chunk.failed)
    return Counts(max(total, expected), succeeded, failed)


def ready(chunks: Iterable[Chunk], lanes: int | None, now: float) -> list[Chunk]:
    """The chunks of one stage that may be queued now.

    Chunk ``n`` belongs to lane ``n % lanes`` and only the first open chunk of a lane runs; whoever finishes it goes on with the
    lane's next. So no more than ``lanes`` chunks are queued or run at a time, and nobody has to count.
    """
    open_chunks = sorted((chunk for chunk in chunks if not chunk.done), key=lambda chunk: chunk.number)
    first: dict[int, Chunk] = {}
    for chunk in open_chunks:
        first.setdefault(chunk.number % lanes if lanes else chunk.number, chunk)
    return [chunk for chunk in first.values() if not chunk.live(now) and chunk.not_before <= now]
