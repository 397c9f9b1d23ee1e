"""Histories in memory."""

from __future__ import annotations

import heapq

from fermata.adapters.memory.state import State
from fermata.domain.events import AuditRecord, Event, FeedLine, Head, SystemEvent, SystemEventType, feed_key
from fermata.domain.jobs import Ref


class MemoryLog:
    """Implements :class:`fermata.ports.Log`."""

    def __init__(self, world: State) -> None:
        self.world = world

    def events(self, ref: Ref, after: int = 0, limit: int = 500) -> list[Event]:
        with self.world.lock:
            return [event for event in self.world.events.get(ref, []) if event.number > after][:limit]

    def audit(self, tenant: str, after: int = 0, limit: int = 500, *, refused: bool = False) -> list[AuditRecord]:
        with self.world.lock:
            chain = (self.world.refused if refused else self.world.audit).get(tenant, [])
            return [record for record in chain if record.number > after][:limit]

    def anchored(self, tenant: str, *, refused: bool = False) -> Head | None:
        with self.world.lock:
            return self.world.anchors.get((tenant, refused))

    def system_events(self, tenant: str, type_: SystemEventType | None, limit: int) -> list[SystemEvent]:
        with self.world.lock:
            events = sorted(self.world.system_events.get(tenant, []), key=lambda event: event.id, reverse=True)
            return [event for event in events if type_ is None or event.type is type_][:limit]

    def feed(self, tenant: str, after: str, limit: int) -> list[FeedLine]:
        with self.world.lock:
            lines = [
                FeedLine(feed_key(ref.id, event), ref.id, event)
                for ref, events in self.world.events.items()
                if ref.tenant == tenant
                for event in events
            ]
            lines += [FeedLine(feed_key("", event), "", event) for event in self.world.system_events.get(tenant, [])]
        return heapq.nsmallest(limit, (line for line in lines if line.key > after), key=lambda line: line.key)

    def clear_system_events(self, tenant: str) -> int:
        with self.world.lock:
            return len(self.world.system_events.pop(tenant, []))
