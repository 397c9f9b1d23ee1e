"""Chunks: the ledger. A chunk is a contiguous range of a stage's units, claimed by one worker at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fermata.domain.errors import Stale
from fermata.domain.ranges import Ranges

LEASE = 15.0
"""Seconds a claim lasts unless it is renewed; a killed worker's units run again after at most this and a queue delay."""

GROWTH = 64
"""Chunks of one size in a row; then the size doubles, so that a stage of any size has a few hundred chunks."""


def chunk_size(base: int, number: int) -> int:
    """Units that chunk ``number`` (from 0) of a stage takes: small first, so that work spreads early."""
    return base << min(number // GROWTH, 9)


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
        strikes: claims in a row that ended without settling a unit or giving the lease back: its worker died.
        segments: (attempt, count) pairs: which segments are true results; others are leftovers of stalled workers.
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
    rev: int = 0

    @property
    def done(self) -> bool:
        return not self.todo

    @property
    def succeeded(self) -> int:
        return self.size - len(self.todo) - len(self.failed)

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
        )

    def renew(self, now: float) -> Chunk:
        return self._next(lease_until=now + LEASE)

    def settle(self, succeeded: Iterable[int], failed: Iterable[int], now: float) -> Chunk:
        """Count units whose results are in this attempt's next segment, and renew the lease."""
        lost = Ranges.of(failed)
        return self._next(
            todo=self.todo - (Ranges.of(succeeded) | lost),
            failed=self.failed | lost,
            segments=self._one_more_segment(),
            lease_until=now + LEASE,
            strikes=0,
        )

    def release(self) -> Chunk:
        """Give the lease back."""
        return self._next(owner=None, lease_until=0.0, strikes=0)

    def released(self) -> Chunk:
        """The lease given back as part of the same change."""
        return replace(self, owner=None, lease_until=0.0)

    def reopen(self, units: Ranges) -> Chunk:
        """Have units of this chunk, settled or not, run again."""
        return self._next(todo=self.todo | units, failed=self.failed - units, owner=None, lease_until=0.0, strikes=0)

    @property
    def next_segment(self) -> int:
        """Number, within this attempt, of the segment that is to be written next."""
        return dict(self.segments).get(self.attempt, 0)

    def _one_more_segment(self) -> tuple[tuple[int, int], ...]:
        counts = dict(self.segments)
        counts[self.attempt] = counts.get(self.attempt, 0) + 1
        return tuple(sorted(counts.items()))

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


def ready(chunks: Iterable[Chunk], limit: int | None, now: float) -> list[Chunk]:
    """The chunks of one stage that may be queued now.

    With a limit, chunk ``n`` belongs to lane ``n % limit`` and only the first open chunk of a lane runs; whoever finishes it
    queues the lane's next. So no more than ``limit`` chunks run at a time, and nobody has to count.
    """
    open_chunks = sorted((chunk for chunk in chunks if not chunk.done), key=lambda chunk: chunk.number)
    lanes: dict[int, Chunk] = {}
    for chunk in open_chunks:
        lanes.setdefault(chunk.number % limit if limit else chunk.number, chunk)
    return [chunk for chunk in lanes.values() if not chunk.live(now)]
