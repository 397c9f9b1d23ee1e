"""The engine's ports in one process's memory."""

from __future__ import annotations

from fermata.adapters.memory.blobs import MemoryBlobs
from fermata.adapters.memory.ledger import MemoryLedger
from fermata.adapters.memory.log import MemoryLog
from fermata.adapters.memory.queue import MemoryQueue
from fermata.adapters.memory.secrets import MemorySecrets
from fermata.adapters.memory.state import State, SystemClock
from fermata.adapters.memory.store import MemoryStore
from fermata.adapters.memory.workflow import MemoryWorkflow

__all__ = [
    "MemoryBlobs",
    "MemoryLedger",
    "MemoryLog",
    "MemoryQueue",
    "MemorySecrets",
    "MemoryStore",
    "MemoryWorkflow",
    "State",
    "SystemClock",
]
