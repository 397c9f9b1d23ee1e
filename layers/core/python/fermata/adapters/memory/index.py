"""Full-text indexes in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from fermata.adapters.memory.state import State
from fermata.content.generations import Generations
from fermata.content.model import IndexedSection, WorkspaceRef
from fermata.content.ranking import Posting, Statistics, postings_of, statistics_of
from fermata.content.vectors import Vectors
from fermata.domain.errors import Stale

Block = tuple[IndexedSection, ...]


class MemoryIndex:
    """Implements :class:`fermata.content.ports.Index`."""

    def __init__(self, world: State, generation: str = "") -> None:
        self.world, self.generation = world, generation

    def at(self, generation: str) -> MemoryIndex:
        return self if generation == self.generation else MemoryIndex(self.world, generation)

    def generations(self, workspace: WorkspaceRef) -> Generations:
        with self.world.lock:
            return self.world.generations.get(workspace, Generations())

    def save_generations(self, workspace: WorkspaceRef, generations: Generations) -> None:
        with self.world.lock:
            if self.generations(workspace).rev != generations.rev - 1:
                raise Stale("the generations have changed")
            self.world.generations[workspace] = generations

    def add(self, workspace: WorkspaceRef, sections: Sequence[IndexedSection], vectors: Sequence[bytes] = ()) -> int:
        source, number = sections[0].source, sections[0].number
        with self.world.lock:
            self.world.blocks.setdefault((workspace, self.generation), {})[source, number] = tuple(sections)
            self.world.vectors[workspace, self.generation, source, number] = tuple(vectors)
        return len(postings_of(sections))

    def remove(self, workspace: WorkspaceRef, source: str, keep: frozenset[int] = frozenset()) -> int:
        with self.world.lock:
            blocks = self.world.blocks.get((workspace, self.generation), {})
            gone = [key for key in blocks if key[0] == source and key[1] not in keep]
            for key in gone:
                del blocks[key]
                self.world.vectors.pop((workspace, self.generation, *key), None)
            return len(gone)

    def sources(self, workspace: WorkspaceRef) -> Iterator[str]:
        return iter(sorted({source for (source, _), _ in self._blocks(workspace)}))

    def of_source(self, workspace: WorkspaceRef, source: str) -> Iterator[Block]:
        return iter([block for (owner, _), block in self._blocks(workspace) if owner == source])

    def vectors(self, workspace: WorkspaceRef, source: str | None = None) -> Iterator[Vectors]:
        for (owner, number), block in self._blocks(workspace):
            found = self.world.vectors.get((workspace, self.generation, owner, number), ())
            if found and source in (None, owner):
                yield Vectors.of(block, found)

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

    def _blocks(self, workspace: WorkspaceRef) -> list[tuple[tuple[str, int], Block]]:
        with self.world.lock:
            blocks = self.world.blocks.get((workspace, self.generation), {})
            return sorted(blocks.items(), key=lambda entry: entry[0])
