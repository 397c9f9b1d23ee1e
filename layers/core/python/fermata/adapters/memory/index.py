"""Full-text indexes in memory."""

from __future__ import annotations

from collections.abc import Collection

from fermata.adapters.memory.state import State
from fermata.domain.search import Posting, Statistics, postings_of, statistics_of
from fermata.domain.shelf import Part, Place


class MemoryIndex:
    """Implements :class:`fermata.ports.Index`."""

    def __init__(self, world: State) -> None:
        self.world = world

    def add(self, place: Place, part: Part) -> int:
        with self.world.lock:
            self.world.parts.setdefault(place, {})[part.source, part.number] = part
        return len(postings_of(part))

    def remove(self, place: Place, source: str, keep: frozenset[int] = frozenset()) -> int:
        with self.world.lock:
            parts = self.world.parts.get(place, {})
            gone = [key for key in parts if key[0] == source and key[1] not in keep]
            for key in gone:
                del parts[key]
            return len(gone)

    def statistics(self, place: Place) -> Statistics:
        counted = [statistics_of(part) for part in self._parts(place)]
        return Statistics(sum(one.passages for one in counted), sum(one.words for one in counted))

    def postings(self, place: Place, word: str, limit: int) -> list[Posting]:
        postings = (postings_of(part).get(word) for part in self._parts(place))
        return [posting for posting in postings if posting is not None][:limit]

    def parts(self, place: Place, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], Part]:
        return {(part.source, part.number): part for part in self._parts(place) if (part.source, part.number) in wanted}

    def _parts(self, place: Place) -> list[Part]:
        with self.world.lock:
            return [part for _, part in sorted(self.world.parts.get(place, {}).items())]
