"""The units of a chunk that are not settled: those that may start, and those between two tries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from fermata.domain.chunks import Chunk, Retry
from fermata.domain.kind import Json


@dataclass
class UnitQueue:
    """What is left to do of a chunk.

    Attributes:
        values: of its units, by number.
        ready: number and attempt of the units that may start, the next one last.
        resting: units between two tries.
    """

    values: dict[int, Json]
    ready: list[tuple[int, int]] = field(default_factory=list)
    resting: list[Retry] = field(default_factory=list)

    @classmethod
    def of(cls, chunk: Chunk, values: Sequence[Json]) -> UnitQueue:
        """``values``: of all units of the chunk, first to last."""
        todo = {number: values[number - chunk.first] for number in chunk.todo}
        resting = [retry for retry in chunk.retries if retry.number in todo]
        tried = {retry.number for retry in resting}
        return cls(todo, [(number, 1) for number in sorted(todo, reverse=True) if number not in tried], resting)

    def __bool__(self) -> bool:
        return bool(self.ready or self.resting)

    def wake(self, now: float) -> None:
        """Units whose next try is due may start."""
        due = [retry for retry in self.resting if retry.ready_at <= now]
        if due:
            self.resting = [retry for retry in self.resting if retry.ready_at > now]
            self.ready += [(retry.number, retry.attempt) for retry in due]

    def take(self, count: int) -> list[tuple[int, Json, int]]:
        """Number, value and attempt of the next units."""
        taken = [self.ready.pop() for _ in range(count)]
        return [(number, self.values[number], attempt) for number, attempt in taken]

    def put_back(self, left: Sequence[tuple[int, int]]) -> None:
        """Units that were taken and not begun are the next ones again."""
        self.ready += reversed(left)

    def unthrottled(self) -> None:
        """Providers that refused are asked anew: such units count as never tried."""
        self.resting = [retry for retry in self.resting if not retry.throttled]

    def next_at(self, now: float, turns: Sequence[float] = ()) -> float:
        """Clock time at which the next unit may start, if so by the turns of a rate; without units left, now."""
        if self.ready:
            return turns[0] if turns else now
        return min((retry.ready_at for retry in self.resting), default=now)

    def unfinished(self) -> Iterable[Retry]:
        """What the next worker has to know of units that were tried."""
        return (*self.resting, *(Retry(number, attempt, 0.0) for number, attempt in self.ready if attempt > 1))
