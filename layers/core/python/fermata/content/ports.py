"""What workspace content needs of the world: small protocols, each implemented twice and proved alike by one contract suite."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from fermata.content.generations import Generations
from fermata.content.model import IndexedSection, Record, Source, SourceListing, SourceState, WorkspaceRef
from fermata.content.ranking import Posting, Statistics
from fermata.content.vectors import Vectors
from fermata.ports import ForeignChange


@dataclass(frozen=True)
class SaveSource(ForeignChange):
    """Store the source if the stored one has ``rev`` one below it; a source of rev 1 must be new."""

    source: Source


class Sources(Protocol):
    """Sources as they stand; they are changed by Store.write, together with their jobs."""

    def find(self, tenant: str, ids: Sequence[str]) -> list[SourceState]:
        """Those that exist and are not deleted, each once, in the order of the ids; strongly consistent."""
        ...

    def page(self, listing: SourceListing) -> list[SourceState]:
        """One page, newest first, without deleted ones; at most ``listing.limit``."""
        ...


class Index(Protocol):
    """The full-text indexes of the workspaces, of one generation. Reads may be a moment behind writes.

    Sections that are stored together are a block, which is named by the number of its first one.
    """

    def at(self, generation: str) -> Self:
        """The indexes of another generation; the first one has no name."""
        ...

    def generations(self, workspace: WorkspaceRef) -> Generations:
        """Which generations a workspace has; strongly consistent."""
        ...

    def save_generations(self, workspace: WorkspaceRef, generations: Generations) -> None:
        """Store them if the stored ones have ``rev`` one below it (0: there are none). Raises Stale."""
        ...

    def add(self, workspace: WorkspaceRef, sections: Sequence[IndexedSection], vectors: Sequence[bytes] = ()) -> int:
        """Store a block, in place of the one of its source and number; how many different terms it has. May be repeated.

        ``vectors``: one for each passage, in order, or none; see :mod:`fermata.content.vectors`.
        """
        ...

    def remove(self, workspace: WorkspaceRef, source: str, keep: frozenset[int] = frozenset()) -> int:
        """Remove a source's blocks but for those numbered in ``keep``; how many there were. May be repeated."""
        ...

    def sources(self, workspace: WorkspaceRef) -> Iterator[str]:
        """The names of the sources that have a block, each once, in order; but for what 0.1.0 has stored."""
        ...

    def of_source(self, workspace: WorkspaceRef, source: str) -> Iterator[tuple[IndexedSection, ...]]:
        """A source's blocks, in order; strongly consistent."""
        ...

    def vectors(self, workspace: WorkspaceRef, source: str | None = None) -> Iterator[Vectors]:
        """Those of a source, or of all, block by block."""
        ...

    def statistics(self, workspace: WorkspaceRef) -> Statistics: ...

    def postings(self, workspace: WorkspaceRef, term: str, limit: int) -> list[Posting]:
        """Of one term, in order of source and block; at most ``limit``."""
        ...

    def blocks(
        self, workspace: WorkspaceRef, wanted: Collection[tuple[str, int]]
    ) -> dict[tuple[str, int], tuple[IndexedSection, ...]]:
        """By source and number; those that exist."""
        ...


class Records(Protocol):
    """The tables of imported records of the workspaces."""

    def add(self, workspace: WorkspaceRef, table: str, records: Sequence[Record]) -> list[bool]:
        """Store records whose key is new; for each whether it is there now, by this or an earlier call. May be repeated."""
        ...

    def page(self, workspace: WorkspaceRef, table: str, after: str = "", limit: int = 100) -> list[Record]:
        """Those with a key above ``after``, ascending by the key's bytes; at most ``limit``."""
        ...

    def find(self, workspace: WorkspaceRef, table: str, keys: Collection[str]) -> dict[str, Record]:
        """Those that exist, by key; strongly consistent."""
        ...

    def replace(self, workspace: WorkspaceRef, table: str, record: Record, old: str) -> bool:
        """Store the record in place of the one of its key that was added ``by`` old; whether it is there now. False: the one
        there is another's, or there is none. May be repeated."""
        ...

    def remove(self, workspace: WorkspaceRef, table: str, key: str, by: str) -> bool:
        """Remove the record that was added ``by`` this; whether there is none of its key now. May be repeated."""
        ...
