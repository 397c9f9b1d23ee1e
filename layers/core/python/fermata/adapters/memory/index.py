"""Full-text indexes in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from fermata.adapters.memory.state import State
from fermata.content.model import IndexedSection, WorkspaceRef
from fermata.content.ranking import Posting, Statistics, postings_of, statistics_of


class MemoryIndex:
    """Implements :class:`fermata.content.ports.Index`."""

    def __init__(self, world: State) -> None:
        self.world = world

    def add(self, workspace: WorkspaceRef, section: IndexedSection) -> int:
        with self.world.lock:
            self.world.sections.setdefault(workspace, {})[section.source, section.number] = section
        return len(postings_of(section))

    def remove(self, workspace: WorkspaceRef, source: str, keep: frozenset[int] = frozenset()) -> int:
        with self.world.lock:
            sections = self.world.sections.get(workspace, {})
            gone = [key for key in sections if key[0] == source and key[1] not in keep]
            for key in gone:
                del sections[key]
            return len(gone)

    def of_source(self, workspace: WorkspaceRef, source: str) -> Iterator[IndexedSection]:
        return iter([section for section in self._sections(workspace) if section.source == source])

    def statistics(self, workspace: WorkspaceRef) -> Statistics:
        counted = [statistics_of(section) for section in self._sections(workspace)]
        return Statistics(sum(one.passages for one in counted), sum(one.words for one in counted))

    def postings(self, workspace: WorkspaceRef, word: str, limit: int) -> list[Posting]:
        postings = (postings_of(section).get(word) for section in self._sections(workspace))
        return [posting for posting in postings if posting is not None][:limit]

    def sections(
        self, workspace: WorkspaceRef, wanted: Collection[tuple[str, int]]
    ) -> dict[tuple[str, int], IndexedSection]:
        return {
            (section.source, section.number): section
            for section in self._sections(workspace)
            if (section.source, section.number) in wanted
        }

    def _sections(self, workspace: WorkspaceRef) -> list[IndexedSection]:
        with self.world.lock:
            return [section for _, section in sorted(self.world.sections.get(workspace, {}).items())]
