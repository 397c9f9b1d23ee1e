"""Large values in memory."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import IO

from fermata.adapters.memory.state import State
from fermata.domain.errors import NotFound


class MemoryBlobs:
    """Implements :class:`fermata.ports.Blobs`."""

    def __init__(self, world: State) -> None:
        self.world = world

    def put(self, key: str, data: bytes) -> None:
        with self.world.lock:
            self.world.blobs[key] = data

    def get(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        with self.world.lock:
            try:
                return self.world.blobs[key][start:end]
            except KeyError:
                raise NotFound("blob", key) from None

    def open(self, key: str, start: int = 0) -> IO[bytes]:
        return io.BytesIO(self.get(key, start))

    def write(self, key: str, parts: Iterable[bytes]) -> int:
        data = b"".join(parts)
        self.put(key, data)
        return len(data)

    def exists(self, key: str) -> bool:
        with self.world.lock:
            return key in self.world.blobs

    def link(self, key: str, seconds: int) -> str:
        return f"memory:{key}"
