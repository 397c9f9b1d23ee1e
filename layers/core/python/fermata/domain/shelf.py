"""What a workspace keeps beyond its jobs: passages that can be searched, and imported records."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol


class Place(NamedTuple):
    """Whose shelf: everything on it is sealed off from every other tenant and workspace."""

    tenant: str
    workspace: str


@dataclass(frozen=True)
class Part:
    """A part of a source, as it goes into the index: what one unit has indexed.

    Attributes:
        source: the source's id.
        number: of the part in its source; the same again replaces it.
        title, uri: of the source.
        path: the headings above the part, outermost first.
        page: its page, from 1, where the source has pages.
        passages: its text, in overlapping pieces of about 200 words.
    """

    source: str
    number: int
    title: str
    passages: tuple[str, ...]
    uri: str | None = None
    path: tuple[str, ...] = ()
    page: int | None = None


@dataclass(frozen=True)
class Record:
    """A row of an imported table.

    Attributes:
        key: unique in the table; the first record of a key stays.
        by: what adds it (an idempotency key): the same again is no second record.
        values: by column; JSON.
    """

    key: str
    by: str
    values: Mapping[str, Any]


class Shelf(Protocol):
    """What a kind may do there. Every method may be repeated: the second time changes nothing."""

    def index(self, part: Part) -> int:
        """Make the part's passages searchable, in place of those it had. How many words it has that differ."""
        ...

    def forget(self, source: str, keep: Collection[int] = ()) -> int:
        """Take a source out of the index, but for the parts numbered in ``keep``; how many parts."""
        ...

    def add(self, table: str, records: Sequence[Record]) -> list[bool]:
        """Store records; for each whether it is there now. False: another one has its key."""
        ...


class NoShelf:
    """Implements :class:`Shelf` where there is none: every use fails."""

    def index(self, part: Part) -> int:
        raise LookupError("there is no index here")

    def forget(self, source: str, keep: Collection[int] = ()) -> int:
        raise LookupError("there is no index here")

    def add(self, table: str, records: Sequence[Record]) -> list[bool]:
        raise LookupError("there are no records here")
