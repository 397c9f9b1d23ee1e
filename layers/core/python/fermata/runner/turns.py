"""The turns that a job's rate gives to a worker: so many units of the job may start a minute, in all its workers together."""

from __future__ import annotations

from dataclasses import dataclass, field

from fermata.control.engine import Engine
from fermata.domain.jobs import Job

IN_HAND = 3.0
"""Seconds that a worker waits for the next try, or the next turn, of its units; for longer it gives the chunk back."""


@dataclass
class Turns:
    """A worker's turns.

    Attributes:
        taken: clock times at which units may start.
        next_at: the next turn, where it is too far off to wait for.
    """

    engine: Engine
    job: Job
    taken: list[float] = field(default_factory=list)
    next_at: float = 0.0

    def due(self, count: int, waiting: int, now: float) -> int:
        """How many of so many units may start now. Where no turns are left, those of the next second are taken for all that wait;
        or, if they are too far off, none is."""
        if not self.taken and not self._take(waiting, now):
            return 0
        due = sum(turn <= now for turn in self.taken[:count])
        self.taken = self.taken[due:]
        return due

    def _take(self, waiting: int, now: float) -> bool:
        interval = 60.0 / (self.job.rate or 60.0)
        wanted = max(1, min(waiting, int(1.0 / interval)))
        key = self.job.rate_key or self.job.id
        first = self.engine.counters.reserve(self.job.tenant, key, interval, wanted, now, IN_HAND)
        if first > now + IN_HAND:
            self.next_at = first
            return False
        self.taken = [first + interval * place for place in range(wanted)]
        return True
