"""Sets of unit numbers as sorted, disjoint half-open ranges; what a chunk still has to do, and what failed in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from fermata.domain.errors import InvalidInput

MAX_TEXT = 32 * 1024
"""Characters of ranges that a caller names; they lie in the job's record."""


@dataclass(frozen=True)
class Ranges:
    """An immutable set of non-negative integers, compact while they are contiguous.

    Attributes:
        spans: ``(start, end)`` pairs, ``end`` exclusive, ascending, neither touching nor overlapping.
    """

    spans: tuple[tuple[int, int], ...] = ()

    @classmethod
    def span(cls, start: int, end: int) -> Ranges:
        return cls(((start, end),)) if end > start else cls()

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Ranges:
        spans: list[tuple[int, int]] = []
        for number in sorted(set(numbers)):
            if spans and spans[-1][1] == number:
                spans[-1] = (spans[-1][0], number + 1)
            else:
                spans.append((number, number + 1))
        return cls(tuple(spans))

    @classmethod
    def parse(cls, text: str) -> Ranges:
        """The inverse of ``str``: ``"0-5,7"`` is the numbers 0 to 5, and 7."""
        pairs = (part.partition("-") for part in text.split(",") if part)
        return cls(tuple((int(low), int(high or low) + 1) for low, _, high in pairs))

    def __str__(self) -> str:
        return ",".join(str(low) if high == low + 1 else f"{low}-{high - 1}" for low, high in self.spans)

    @cached_property
    def _size(self) -> int:
        return sum(high - low for low, high in self.spans)

    def __len__(self) -> int:
        return self._size

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __iter__(self) -> Iterator[int]:
        for low, high in self.spans:
            yield from range(low, high)

    def __contains__(self, number: int) -> bool:
        return any(low <= number < high for low, high in self.spans)

    def first(self, count: int) -> list[int]:
        return list(islice(self, count))

    def __or__(self, other: Ranges) -> Ranges:
        merged: list[tuple[int, int]] = []
        for low, high in sorted(self.spans + other.spans):
            if merged and low <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        return Ranges(tuple(merged))

    def __sub__(self, other: Ranges) -> Ranges:
        left: list[tuple[int, int]] = []
        cuts = other.spans
        at = 0
        for low, high in self.spans:
            while at < len(cuts) and cuts[at][1] <= low:
                at += 1
            cut = at
            while cut < len(cuts) and cuts[cut][0] < high:
                if cuts[cut][0] > low:
                    left.append((low, cuts[cut][0]))
                low = max(low, cuts[cut][1])
                cut += 1
            if low < high:
                left.append((low, high))
        return Ranges(tuple(left))

    def __and__(self, other: Ranges) -> Ranges:
        return self - (self - other)


def check_size(name: str, ranges: Ranges) -> None:
    """Raises InvalidInput, naming the field, when the ranges are too scattered to lie in a job's record."""
    if len(str(ranges)) > MAX_TEXT:
        raise InvalidInput(name, f"are too scattered: as ranges they may have {MAX_TEXT} characters")
