"""Chunks and segments in memory."""

from __future__ import annotations

from collections.abc import Iterator

from fermata.adapters.memory.state import State
from fermata.domain.chunks import Chunk
from fermata.domain.errors import NotFound, Stale
from fermata.domain.jobs import Ref
from fermata.domain.segments import Segment


class MemoryLedger:
    """Implements :class:`fermata.ports.Ledger`."""

    def __init__(self, world: State) -> None:
        self.world = world

    def chunk(self, ref: Ref, stage: int, number: int) -> Chunk:
        with self.world.lock:
            try:
                return self.world.chunks[ref][stage, number]
            except KeyError:
                raise NotFound("chunk", f"{ref.id}/{stage}/{number}") from None

    def chunks(self, ref: Ref, stage: int | None = None) -> list[Chunk]:
        with self.world.lock:
            found = self.world.chunks.get(ref, {})
            return [found[place] for place in sorted(found) if stage is None or place[0] == stage]

    def save(self, ref: Ref, chunk: Chunk) -> None:
        with self.world.lock:
            stored = self.world.chunks.get(ref, {}).get((chunk.stage, chunk.number))
            if stored is None or stored.rev != chunk.rev - 1:
                raise Stale(f"chunk {chunk.stage}/{chunk.number} of {ref.id} has changed")
            self.world.chunks[ref][chunk.stage, chunk.number] = chunk

    def keep(self, ref: Ref, segment: Segment) -> None:
        with self.world.lock:
            place = (segment.stage, segment.chunk, segment.attempt, segment.number)
            self.world.segments.setdefault(ref, {})[place] = segment

    def segments(self, ref: Ref, stage: int, chunk: int, start: tuple[int, int] = (0, 0)) -> Iterator[Segment]:
        with self.world.lock:
            found = self.world.segments.get(ref, {})
            wanted = [found[at] for at in sorted(found) if at[:2] == (stage, chunk) and at[2:] >= start]
        yield from wanted
