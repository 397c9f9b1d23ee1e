"""Imported records in memory."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.adapters.memory.state import State
from fermata.content.model import Record, WorkspaceRef


class MemoryRecords:
    """Implements :class:`fermata.content.ports.Records`."""

    def __init__(self, world: State) -> None:
        self.world = world

    def add(self, workspace: WorkspaceRef, table: str, records: Sequence[Record]) -> list[bool]:
        with self.world.lock:
            stored = self.world.records.setdefault((workspace, table), {})
            return [stored.setdefault(record.key, record).by == record.by for record in records]

    def page(self, workspace: WorkspaceRef, table: str, after: str = "", limit: int = 100) -> list[Record]:
        with self.world.lock:
            found = sorted(self.world.records.get((workspace, table), {}).items(), key=lambda entry: entry[0].encode())
        return [record for key, record in found if key.encode() > after.encode()][:limit]
