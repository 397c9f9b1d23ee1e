"""Building a workspace's index anew beside the one that is live, until it is whole and takes its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fermata.content import generations
from fermata.content.generations import Generations, generation_of, in_each
from fermata.content.model import IndexedSection, SourceListing, WorkspaceRef
from fermata.content.ports import Index, Sources
from fermata.domain import interruption
from fermata.domain.errors import Unavailable

TRIES = 10
PAGE = 500

Block = Sequence[IndexedSection]
Embed = Callable[[Sequence[str]], list[bytes]]
"""The vectors of passages."""


@dataclass(frozen=True)
class IndexBuild:
    """What a job builds. Every step may be repeated, and a job that was stopped goes on where it was."""

    indexed: Index
    given: Sources
    workspace: WorkspaceRef
    job_id: str

    @property
    def generation(self) -> str:
        return generation_of(self.job_id)

    def begin(self) -> None:
        """Build from here on; what is stored meanwhile goes into both. Raises Busy, with the id of the job that builds."""
        self._change(lambda known: known.claimed(self.generation, self.job_id, new=True))

    def go_on(self) -> None:
        """Build on, after the job was stopped and tried again. Raises Busy, and Gone when what it had built was removed."""
        self._change(
            lambda known: (
                known if known.live == self.generation else known.claimed(self.generation, self.job_id, new=False)
            )
        )

    def live_sources(self) -> Iterator[str]:
        """The sources that the live index has, or may have."""
        yield from self._sources(self._known().live)

    def add(self, source: str, blocks: Sequence[Block], embed: Embed | None = None) -> int:
        """Put a document into what is built, in place of the one of its name there; how many passages. Of an index that is
        live already, as after a retry, the document is replaced there."""
        for block in blocks:
            interruption.check()
            vectors = embed(passages(block)) if embed is not None else ()
            self._each(lambda index, block=block, vectors=vectors: index.add(self.workspace, block, vectors))  # type: ignore[misc]
        keep = frozenset(block[0].number for block in blocks)
        self._each(lambda index: index.remove(self.workspace, source, keep))
        return sum(len(passages(block)) for block in blocks)

    def carry_over(self, source: str, embed: Embed | None = None, model: str = "") -> int | None:
        """Copy a source of the live index into what is built; how many passages, None when it has gone.

        Its vectors come along where ``model`` made them; otherwise ``embed`` makes them. A source that is processed at the same
        time is copied again until both have the same.
        """
        if self._known().live == self.generation:
            return None
        built = self.indexed.at(self.generation)
        for _ in range(TRIES):
            before = self._live_blocks(source)
            known = self._known_vectors(source, model)
            for block in before:
                interruption.check()
                vectors = known.get(block[0].number) or (embed(passages(block)) if embed is not None else ())
                built.add(self.workspace, block, vectors)
            built.remove(self.workspace, source, frozenset(block[0].number for block in before))
            if self._live_blocks(source) == before:
                return sum(len(passages(block)) for block in before) if before else None
        raise Unavailable(f"the source {source} is being changed again and again; try again")

    def publish(self, model: str = "") -> None:
        """Make what is built what readers see, at once."""
        self._change(lambda known: known if known.live == self.generation else known.published(model))

    def sweep(self) -> list[tuple[str, str]]:
        """The sources of generations that nobody needs, each with its generation's name: they are to be removed."""
        known = self._change(Generations.swept)
        return [(name, source) for name in known.doomed for source in self._sources(name)]

    def remove(self, generation: str, source: str) -> int:
        """Remove a source from a generation that nobody needs; how many blocks it had."""
        if generation not in self._known().doomed:
            return 0
        return self.indexed.at(generation).remove(self.workspace, source)

    def swept(self) -> None:
        """Forget the generations that have nothing left."""
        for name in self._known().doomed:
            if next(self.indexed.at(name).sources(self.workspace), None) is None:
                self._change(lambda known, name=name: known.removed(name))  # type: ignore[misc]

    def release(self) -> None:
        """The job has ended: if it was building, another may; what it has built stays until one has published."""
        self._change(lambda known: known.released(self.generation))

    def _each(self, change: Callable[[Index], int]) -> int:
        if self._known().live == self.generation:
            return in_each(self.indexed, self.workspace, change)
        return change(self.indexed.at(self.generation))

    def _known(self) -> Generations:
        return self.indexed.generations(self.workspace)

    def _change(self, step: Callable[[Generations], Generations]) -> Generations:
        return generations.change(self.indexed, self.workspace, step)

    def _live_blocks(self, source: str) -> list[tuple[IndexedSection, ...]]:
        return list(self.indexed.at(self._known().live).of_source(self.workspace, source))

    def _known_vectors(self, source: str, model: str) -> dict[int, tuple[bytes, ...]]:
        known = self._known()
        if not model or known.model != model:
            return {}
        return {found.block: found.vectors for found in self.indexed.at(known.live).vectors(self.workspace, source)}

    def _sources(self, generation: str) -> Iterator[str]:
        """Of the first generation, which 0.1.0 began, those that were given as well: it kept no list."""
        seen = set()
        for source in self.indexed.at(generation).sources(self.workspace):
            seen.add(source)
            yield source
        if not generation:
            yield from (source for source in self._given() if source not in seen)

    def _given(self) -> Iterator[str]:
        before: str | None = None
        while True:
            page = self.given.page(SourceListing(self.workspace.tenant, self.workspace.workspace, before, PAGE))
            yield from (state.source.id for state in page)
            if len(page) < PAGE:
                return
            before = page[-1].source.created_key


def passages(block: Block) -> list[str]:
    return [passage for section in block for passage in section.passages]
