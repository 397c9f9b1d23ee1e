"""Full-text indexes in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from fermata.adapters.memory.state import State
from fermata.content.model import IndexedSection, WorkspaceRef
from fermata.content.ranking import Posting, Statistics, postings_of, statistics_of


class MemoryIndex:
    """Implements :class:`fermata.content.ports.Index`."""

    def __init__(self, world: State) -> None:
        self.world = world

    def add(self, workspace: WorkspaceRef, sections: Sequence[IndexedSection]) -> int:
        with self.world.lock:
            block = sections[0].source, sections[0].number
            self.world.blocks.setdefault(workspace, {})[block] = tuple(sections)
        return len(postings_of(sections))

    def remove(self, workspace: WorkspaceRef, source: str, keep: frozenset[int] = frozenset()) -> int:
        with self.world.lock:
            blocks = self.world.blocks.get(workspace, {})
            gone = [key for key in blocks if key[0] == source and key[1] not in keep]
            for key in gone:
                del blocks[key]
            return len(gone)

    def of_source(self, workspace: WorkspaceRef, source: str) -> Iterator[IndexedSection]:
        return iter([section for (owner, _), block in self._blocks(workspace) if owner == source for section in block])

    def statistics(self, workspace: WorkspaceRef) -> Statistics:
        counted = [statistics_of(block) for _, block in self._blocks(workspace)]
        languages: Counter[str] = Counter()
        for one in counted:
            languages.update(one.languages)
        return Statistics(sum(one.passages for one in counted), sum(one.words for one in counted), dict(languages))

    def postings(self, workspace: WorkspaceRef, term: str, limit: int) -> list[Posting]:
        postings = (postings_of(block).get(term) for _, block in self._blocks(workspace))
        return [posting for posting in postings if posting is not None][:limit]

    def blocks(
        self, workspace: WorkspaceRef, wanted: Collection[tuple[str, int]]
    ) -> dict[tuple[str, int], tuple[IndexedSection, ...]]:
        return {key: block for key, block in self._blocks(workspace) if key in wanted}

    def _blocks(self, workspace: WorkspaceRef) -> list[tuple[tuple[str, int], tuple[IndexedSection, ...]]]:
        with self.world.lock:
            return sorted(self.world.blocks.get(workspace, {}).items(), key=lambda entry: entry[0])
