"""Observers in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fermata.domain.errors import Stale
from fermata.domain.jobs import Ref
from fermata.domain.observers import Observer


@dataclass
class MemoryObservers:
    """Implements :class:`fermata.ports.Observers`."""

    known: dict[str, Observer] = field(default_factory=dict)

    def add(self, observer: Observer) -> None:
        self.known[observer.id] = observer

    def of(self, ref: Ref) -> list[Observer]:
        return [observer for observer in self.all() if observer.ref == ref]

    def all(self) -> list[Observer]:
        return [self.known[id_] for id_ in sorted(self.known)]

    def save(self, observer: Observer) -> Observer:
        if observer.id not in self.known or self.known[observer.id].rev != observer.rev:
            raise Stale(f"the connection {observer.id} was changed by somebody else")
        self.known[observer.id] = replace(observer, rev=observer.rev + 1)
        return self.known[observer.id]

    def remove(self, id_: str) -> None:
        self.known.pop(id_, None)
