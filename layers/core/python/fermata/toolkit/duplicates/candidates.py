"""Which pairs are worth comparing: those that share a DOI, a title, a rare word of a title, or a part of a sketch."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import combinations

from fermata.domain import interruption
from fermata.toolkit.duplicates.fingerprints import Fingerprint

RARE = 5
"""Words of a title, the rarest in the table, of which two that mean the same share one, or two common ones."""

CROWD = 60
"""Records that share a word, or part of a sketch, beyond which it says nothing."""

MAX_PAIRS = 1_000_000
"""About 100 MB of them."""

BAND = 4
"""Values of a sketch that make a part of it: two texts with half of their phrases in common share one almost surely."""


def pairs(prints: Sequence[Fingerprint], methods: Collection[str]) -> list[tuple[int, int]]:
    """The places of each two in the sequence, each pair once, in order. Raises ValueError when there are too many."""
    found: set[tuple[int, int]] = set()
    for group in _groups(prints, methods):
        interruption.check()
        found.update((one, other) for at, one in enumerate(group) for other in group[at + 1 :])
        if len(found) > MAX_PAIRS:
            raise ValueError(f"more than {MAX_PAIRS} pairs of records look alike; choose fewer methods")
    for group in _same(prints, methods):
        found.update((group[0], other) for other in group[1:])
    return sorted(found)


def _same(prints: Sequence[Fingerprint], methods: Collection[str]) -> Iterator[list[int]]:
    """Those of one DOI or one title, of which the first stands for all, however many they are."""
    if "doi" in methods:
        yield from _by(enumerate(one.doi for one in prints))
    if "title" in methods or "fuzzy" in methods:
        yield from _by(enumerate(one.title for one in prints))


def _groups(prints: Sequence[Fingerprint], methods: Collection[str]) -> Iterator[list[int]]:
    if "fuzzy" in methods:
        titles = [frozenset(one.title.split()) for one in prints]
        counted = Counter(word for words in titles for word in words)
        rare = (
            (number, name)
            for number, words in enumerate(titles)
            for name in _names(sorted(words, key=lambda word: (counted[word], word))[:RARE])
        )
        yield from (group for group in _by(rare) if len(group) <= CROWD)
        # A title with a slip in each of its rare words still has its authors and its year.
        people = (
            (number, f"{surname}/{year}/{one.title[:1]}")
            for number, one in enumerate(prints)
            for surname in one.surnames[:3]
            for year in ((one.year, one.year + 1) if one.year is not None else (None,))
        )
        yield from (group for group in _by(people) if len(group) <= CROWD)
    if "text" in methods:
        parts = (
            (number, f"{at}:{one.sketch[at : at + BAND]}")
            for number, one in enumerate(prints)
            for at in range(0, len(one.sketch), BAND)
        )
        yield from (group for group in _by(parts) if len(group) <= CROWD)


def _names(words: list[str]) -> Iterator[str]:
    """Each word, and each two of them."""
    yield from words
    yield from (" ".join(sorted(pair)) for pair in combinations(words, 2))


def _by(named: Iterable[tuple[int, str]]) -> Iterator[list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for number, name in named:
        interruption.check()
        if name:
            groups[name].append(number)
    return (group for group in groups.values() if len(group) > 1)
