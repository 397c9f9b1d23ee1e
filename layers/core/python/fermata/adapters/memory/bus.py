"""The event bus in memory."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.notices import Notice


class MemoryBus:
    """Implements :class:`fermata.ports.Bus`; remembers what it was given."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def put(self, notices: Sequence[Notice]) -> None:
        self.notices += notices
