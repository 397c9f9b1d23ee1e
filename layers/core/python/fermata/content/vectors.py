"""What passages mean, as vectors: how near each is to a question.

A vector is kept at length one and with eight bits for each number: a quarter of the space, and the order of the nearest hardly
changes. All vectors of a workspace are looked at, which is exact, and quick enough for tens of thousands of passages.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice
from math import sqrt
from operator import mul

from fermata.content.model import IndexedSection

SCALE = 127
MAX_VECTORS = 50_000
"""Passages whose vectors are looked at."""

NEAREST = 200
"""Passages that are taken for near."""

Place = tuple[str, int, int, int]
"""A passage: its source, block, section and number."""


@dataclass(frozen=True)
class Vectors:
    """Those of a block's passages, each with its section's number and its own in that."""

    source: str
    block: int
    places: tuple[tuple[int, int], ...]
    vectors: tuple[bytes, ...]

    @classmethod
    def of(cls, block: Sequence[IndexedSection], vectors: Sequence[bytes]) -> Vectors:
        places = ((section.number, number) for section in block for number, _ in enumerate(section.passages))
        return cls(block[0].source, block[0].number, tuple(places), tuple(vectors))


def packed(numbers: Sequence[float]) -> bytes:
    """A model's vector as it is kept. Raises ValueError for one that has no direction."""
    length = sqrt(sum(map(mul, numbers, numbers)))
    if not 0 < length < float("inf"):
        raise ValueError("a vector without a direction")
    return array("b", (round(number / length * SCALE) for number in numbers)).tobytes()


def nearest(question: bytes, vectors: Iterable[Vectors], most: int = NEAREST) -> list[Place]:
    """The passages that are nearest to the question, best first; those of another length than its vector are none."""
    scored = islice(_scored(array("b", question), vectors), MAX_VECTORS)
    return [place for _, place in nlargest(most, scored, key=lambda entry: (entry[0], entry[1]))]


def _scored(question: array[int], vectors: Iterable[Vectors]) -> Iterator[tuple[int, Place]]:
    for block in vectors:
        for (section, passage), vector in zip(block.places, block.vectors, strict=True):
            if len(vector) == len(question):
                near = sum(map(mul, question, array("b", vector)))
                if near > 0:
                    yield near, (block.source, block.block, section, passage)
