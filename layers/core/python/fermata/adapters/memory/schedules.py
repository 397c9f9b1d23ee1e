"""Schedules in memory."""

from __future__ import annotations

from fermata.adapters.memory.state import State
from fermata.domain.errors import NotFound
from fermata.domain.schedules import Firing, Schedule


class MemorySchedules:
    """Implements :class:`fermata.ports.Schedules`."""

    def __init__(self, world: State) -> None:
        self.world = world

    def find(self, tenant: str, id_: str) -> Schedule:
        with self.world.lock:
            found = self.world.schedules.get((tenant, id_))
        if found is None or found.deleted_at is not None:
            raise NotFound("schedule", id_)
        return found

    def all(self, tenant: str) -> list[Schedule]:
        with self.world.lock:
            found = [one for one in self.world.schedules.values() if one.tenant == tenant and one.deleted_at is None]
        return sorted(found, key=lambda one: one.id)

    def firings(self, tenant: str, id_: str, before: float | None = None, limit: int = 50) -> list[Firing]:
        with self.world.lock:
            found = self.world.firings.get((tenant, id_), {})
            lines = [line for due, line in found.items() if before is None or due < before]
        return sorted(lines, key=lambda line: line.due, reverse=True)[:limit]


class MemoryScheduler:
    """Implements :class:`fermata.ports.Scheduler`; whoever drives the world sees to what is set."""

    def __init__(self, world: State) -> None:
        self.world = world

    def put(self, schedule: Schedule) -> None:
        with self.world.lock:
            self.world.timers.add((schedule.tenant, schedule.id))

    def remove(self, tenant: str, id_: str) -> None:
        with self.world.lock:
            self.world.timers.discard((tenant, id_))
