"""How many requests a tenant may make in a minute."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from fermata.api.errors import TooMany

MINUTE = 60
BUSY = 1.0
"""Seconds within which an instance uses up a block, if it is to count a larger one next."""

PARTS = 1_000
"""A block is at most this part of what is left: a hundred instances may hold one each, and let the rest of the minute pass."""

MOST_TENANTS = 1_000


class Counter(Protocol):
    """Counts for all instances of the function together."""

    def add(self, tenant: str, minute: int, amount: int) -> int:
        """How many requests of this minute (number since the epoch) have been counted, with these."""
        ...


@dataclass(frozen=True)
class Block:
    """Requests that an instance has counted ahead.

    Attributes:
        minute: number since the epoch.
        size, left: how many it counted, and how many of them may still be made; below zero: none in this minute.
        since: when it counted them.
    """

    minute: int
    size: int
    left: int
    since: float


@dataclass
class Quota:
    """A tenant's requests by calendar minute, over all instances.

    Counting each request in the table would double its cost, so an instance that is busy counts blocks ahead. One that is not
    counts one by one: a warm instance must not keep what others need. Blocks grow only while they are used up within a second,
    and shrink as the limit comes near, so that about all of the limit can be used, and never more.
    """

    limit: int
    counter: Counter
    now: Callable[[], float]
    _blocks: dict[str, Block] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, tenant: str) -> None:
        """Count a request. Raises TooMany."""
        now = self.now()
        minute, second = divmod(int(now), MINUTE)
        with self._lock:
            block = self._blocks.get(tenant)
            if block is None or block.minute != minute or block.left == 0:
                self._forget(minute)
                block = self._count(tenant, minute, now, block)
            self._blocks[tenant] = replace(block, left=block.left - 1) if block.left > 0 else block
        if block.left < 0:
            raise TooMany(self.limit, MINUTE - second)

    def _count(self, tenant: str, minute: int, now: float, last: Block | None) -> Block:
        size = 1
        if last is not None and last.minute == minute and now - last.since < BUSY:
            size = min(last.size * 2, max(1, self.limit // PARTS))
        counted = self.counter.add(tenant, minute, size)
        if counted <= self.limit:
            near = (self.limit - counted) // PARTS
            return Block(minute, min(size, max(1, near)), size, now)
        # Of a block that goes beyond the limit, what lies below it may be made.
        left = size - (counted - self.limit)
        return Block(minute, 1, left if left > 0 else -1, now)

    def _forget(self, minute: int) -> None:
        if len(self._blocks) > MOST_TENANTS:
            self._blocks = {tenant: block for tenant, block in self._blocks.items() if block.minute == minute}


@dataclass
class LocalCounter:
    """Implements :class:`Counter` for a single process."""

    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def add(self, tenant: str, minute: int, amount: int) -> int:
        count = self.counts.get((tenant, minute), 0) + amount
        self.counts = {place: known for place, known in self.counts.items() if place[1] == minute}
        self.counts[tenant, minute] = count
        return count
