"""Imported records in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence

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

    def find(self, workspace: WorkspaceRef, table: str, keys: Collection[str]) -> dict[str, Record]:
        with self.world.lock:
            stored = self.world.records.get((workspace, table), {})
            return {key: stored[key] for key in keys if key in stored}

    def replace(self, workspace: WorkspaceRef, table: str, record: Record, old: str) -> bool:
        with self.world.lock:
            stored = self.world.records.get((workspace, table), {})
            if record.key not in stored or stored[record.key].by not in (old, record.by):
                return False
            stored[record.key] = record
            return True

    def remove(self, workspace: WorkspaceRef, table: str, key: str, by: str) -> bool:
        with self.world.lock:
            stored = self.world.records.get((workspace, table), {})
            if key in stored and stored[key].by != by:
                return False
            stored.pop(key, None)
            return True
