"""What stands beside a keyword in a workspace's passages, more often than elsewhere in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import log

from fermata.content.model import WorkspaceRef
from fermata.content.ports import Index
from fermata.content.question import MAX_QUESTION
from fermata.content.search import MAX_HITS, MAX_POSTINGS, search
from fermata.content.words import words
from fermata.domain import interruption

SAMPLE = 30
"""Passages, the best ones, whose text says which terms are looked at; about as much as they are looked for in."""

CANDIDATES = 40
"""Terms whose places in the workspace are read, each at about a hundredth of the index."""

Passage = tuple[str, int, int]
"""Its source, section and number."""


@dataclass(frozen=True)
class Companion:
    """A term beside a keyword.

    Attributes:
        passages: with both, of the best :data:`~fermata.content.search.MAX_HITS` that have the keyword.
        workspace: passages of the whole workspace that have the term.
        score: how much more often it is beside the keyword than anywhere, by the log-likelihood of the two; above zero.
    """

    term: str
    passages: int
    workspace: int
    score: float


def companions(
    index: Index, workspace: WorkspaceRef, keyword: str, terms_of: Callable[[str, int], Sequence[str]]
) -> tuple[list[Companion], int]:
    """The terms beside a keyword, best first, and how many passages that have it were looked at.

    ``terms_of``: at most so many terms that a text is about. Raises InvalidInput for a keyword without a word.
    """
    index = index.at(index.generations(workspace).live)
    found = search(index, workspace, f'"{keyword[: MAX_QUESTION - 2]}"', MAX_HITS)
    texts = [hit.text for hit in found]
    if not texts:
        return [], 0
    whole = index.statistics(workspace)
    languages = ("", *whole.languages)
    beside = {(hit.source, hit.section, hit.passage) for hit in found}
    own = _keys(keyword, languages)
    companions = []
    for term in terms_of("\n\n".join(texts[:SAMPLE]), CANDIDATES):
        interruption.check()
        if not own.isdisjoint(_keys(term, languages)):
            continue
        places = _places(index, workspace, term, languages)
        both = len(places & beside)
        score = _likelihood(both, len(beside), len(places), max(whole.passages, len(places), len(beside)))
        if both and score > 0:
            companions.append(Companion(term, both, len(places), round(score, 3)))
    return sorted(companions, key=lambda one: (-one.score, one.term)), len(texts)


def _keys(term: str, languages: Iterable[str]) -> set[tuple[str, ...]]:
    """What a term is the same as another by: its words' stems, in each language."""
    return {tuple(word[0] for word in words(term, language)) for language in languages}


def _places(index: Index, workspace: WorkspaceRef, term: str, languages: Sequence[str]) -> set[Passage]:
    """The passages that have all the words of a term."""
    places: set[Passage] | None = None
    for forms in zip(*(words(term, language) for language in languages), strict=True):
        having = {
            (posting.source, section, passage)
            for form in {form for reading in forms for form in reading}
            for posting in index.postings(workspace, form, MAX_POSTINGS)
            for section, passage, _, _ in posting.entries
        }
        places = having if places is None else places & having
    return places or set()


def _likelihood(both: int, keyword: int, term: int, whole: int) -> float:
    """Dunning's log-likelihood ratio of two terms' meeting, negative where they meet less often than by chance.

    Source: Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence" (1993).
    """
    table = ((both, keyword - both), (term - both, whole - keyword - term + both))
    rows = [sum(row) for row in table]
    columns = [sum(column) for column in zip(*table, strict=True)]
    ratio = 2 * sum(
        count * log(count * whole / (rows[i] * columns[j]))
        for i, row in enumerate(table)
        for j, count in enumerate(row)
        if count > 0
    )
    return ratio if both * whole > keyword * term else -ratio
