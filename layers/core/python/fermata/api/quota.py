"""How many requests a tenant may make in a minute."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from fermata.api.errors import TooMany

MINUTE = 60


class Counter(Protocol):
    """Counts for all instances of the function together."""

    def add(self, tenant: str, minute: int, amount: int) -> int:
        """How many requests of this minute (number since the epoch) have been counted, with these."""
        ...


@dataclass
class Quota:
    """A tenant's requests by calendar minute, over all instances.

    Counting each request in the table would double its cost, so an instance counts blocks ahead: of a hundredth of the limit,
    which is how far off it may be for each instance.
    """

    limit: int
    counter: Counter
    now: Callable[[], float]
    _left: dict[str, tuple[int, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, tenant: str) -> None:
        """Count a request. Raises TooMany."""
        minute, second = divmod(int(self.now()), MINUTE)
        with self._lock:
            of, left = self._left.get(tenant, (minute, 0))
            if of != minute or left == 0:
                left = self._block(tenant, minute)
            self._left[tenant] = (minute, max(0, left - 1) if left > 0 else left)
        if left < 0:
            raise TooMany(self.limit, MINUTE - second)

    def _block(self, tenant: str, minute: int) -> int:
        """Requests that may be made before counting again; below zero: none in this minute."""
        size = max(1, self.limit // 100)
        counted = self.counter.add(tenant, minute, size)
        return size if counted <= self.limit else -1


@dataclass
class LocalCounter:
    """Implements :class:`Counter` for a single process."""

    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def add(self, tenant: str, minute: int, amount: int) -> int:
        count = self.counts.get((tenant, minute), 0) + amount
        self.counts = {place: known for place, known in self.counts.items() if place[1] == minute}
        self.counts[tenant, minute] = count
        return count
