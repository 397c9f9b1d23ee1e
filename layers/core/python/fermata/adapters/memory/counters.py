"""Numbers that many count on together, in memory."""

from __future__ import annotations

from fermata.adapters.memory.state import State
from fermata.domain.jobs import Ref
from fermata.ports import MADE_UP


class MemoryCounters:
    """Implements :class:`fermata.ports.Counters`."""

    def __init__(self, world: State) -> None:
        self.world = world

    def next_number(self, tenant: str, family: str, key: str | None = None) -> int:
        with self.world.lock:
            if key is not None and (known := self.world.keyed_numbers.get((tenant, family, key))):
                return known
            number = self.world.numbers.get((tenant, family), 0) + 1
            self.world.numbers[tenant, family] = number
            if key is not None:
                self.world.keyed_numbers[tenant, family, key] = number
            return number

    def reserve(self, tenant: str, key: str, interval: float, count: int, now: float, within: float) -> float:
        with self.world.lock:
            known = self.world.turns.get((tenant, key))
            first = now if known is None else max(now - MADE_UP, known)
            if first <= now + within:
                self.world.turns[tenant, key] = first + interval * count
            return first

    def spend(self, ref: Ref, amount: int, limit: int | None, now: float) -> bool:
        with self.world.lock:
            spent = self.world.spent.get(ref, 0) + amount
            if limit is not None and spent > limit:
                return False
            self.world.spent[ref] = spent
            return True
