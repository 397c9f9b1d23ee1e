"""The engine's ports in one process's memory."""

from __future__ import annotations

from fermata.adapters.memory.outside import MemoryBlobs, MemoryQueue, MemorySecrets, MemoryWorkflow
from fermata.adapters.memory.store import MemoryLedger, MemoryLog, MemoryStore
from fermata.adapters.memory.world import SystemClock, World

__all__ = [
    "MemoryBlobs",
    "MemoryLedger",
    "MemoryLog",
    "MemoryQueue",
    "MemorySecrets",
    "MemoryStore",
    "MemoryWorkflow",
    "SystemClock",
    "World",
]
