"""Where words are, and which passages answer best: everything about an index but where it lies."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log

from fermata.content.model import IndexedSection
from fermata.content.passages import PASSAGE
from fermata.content.question import Clause, Question, Term
from fermata.content.words import words

HEADING, TITLE = 2.0, 3.0
"""How often a word of a heading above a passage, and of its source's title, counts in place of once."""

_K1, _B = 1.2, 0.75
"""The usual constants of BM25: how soon repeats of a word stop to count, and how much long passages are held back."""

_FUSION = 60
"""How little the first places of a ranking count above those that follow, when rankings are fused; the usual constant."""


@dataclass(frozen=True)
class Posting:
    """Where a word is in a block: sections of one source that were indexed together.

    Attributes:
        block: number of the first of the sections, which the block is named by.
        title: whether it is in the source's title.
        headings: numbers of the sections that have it in the headings above them.
        entries: for each passage that has it: its section's number, its own, how often, and how many words the passage has.
    """

    source: str
    block: int
    title: bool = False
    headings: tuple[int, ...] = ()
    entries: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True)
class Statistics:
    """How many passages and words a workspace's index has, and in which languages: passages by code."""

    passages: int = 0
    words: int = 0
    languages: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Scored:
    """A passage and how well it answers; comparable by rank, best first."""

    score: float
    source: str
    block: int
    section: int
    passage: int

    @property
    def rank(self) -> tuple[float, str, int, int]:
        return (-self.score, self.source, self.section, self.passage)

    @property
    def place(self) -> Place:
        return (self.source, self.block, self.section, self.passage)


Place = tuple[str, int, int, int]
"""A passage: its source, block, section and number."""


def fused(*rankings: Sequence[Place]) -> list[Scored]:
    """Rankings by other measures as one, by reciprocal rank fusion: what is high in several comes first.

    Source: Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods" (2009).
    """
    scores: dict[Place, float] = defaultdict(float)
    for ranking in rankings:
        for rank, place in enumerate(ranking, start=1):
            scores[place] += 1 / (_FUSION + rank)
    return sorted((Scored(score, *place) for place, score in scores.items()), key=lambda hit: hit.rank)


def postings_of(sections: Sequence[IndexedSection]) -> dict[str, Posting]:
    """The terms of sections of one source that are indexed together, and where each is."""
    block, source = sections[0].number, sections[0].source
    entries: dict[str, list[tuple[int, int, int, int]]] = defaultdict(list)
    headings: dict[str, list[int]] = defaultdict(list)
    title: set[str] = set()
    for section in sections:
        language = section.language
        for text in {section.title, section.document_title}:
            title |= {term for word in words(text, language) for term in word}
        for term in {term for heading in section.path for word in words(heading, language) for term in word}:
            headings[term].append(section.number)
        for number, text in enumerate(section.passages):
            found = list(words(text, language))
            counted = Counter(term for word in found for term in word)
            for term, times in counted.items():
                entries[term].append((section.number, number, times, len(found)))
    return {
        term: Posting(source, block, term in title, tuple(headings.get(term, ())), tuple(entries.get(term, ())))
        for term in dict.fromkeys([*entries, *headings, *title])
    }


def statistics_of(sections: Sequence[IndexedSection]) -> Statistics:
    passages = [text for section in sections for text in section.passages]
    languages = Counter({section.language: 0 for section in sections if section.language})
    for section in sections:
        if section.language:
            languages[section.language] += len(section.passages)
    return Statistics(len(passages), sum(len(text.split()) for text in passages), dict(languages))


class Found:
    """What the index says of a question's terms."""

    def __init__(self, postings: Mapping[str, Iterable[Posting]], whole: Statistics) -> None:
        self._postings = {term: list(found) for term, found in postings.items()}
        self._whole = whole
        self._average = whole.words / whole.passages if whole.passages else PASSAGE
        self._known: dict[Term, dict[Place, tuple[int, int]]] = {}
        self._heads: dict[Term, set[tuple[str, int, int]]] = {}
        self._titles: dict[Term, set[tuple[str, int]]] = {}

    def ranked(self, question: Question) -> list[Scored]:
        """The passages by BM25, best first; equal ones in order of their place. Phrases are still to be looked at."""
        scores: dict[Place, float] = defaultdict(float)
        bodies = [self._bodies(term) for term in question.ranked]
        headed = [self._headed(term) for term in question.ranked]
        titled = [self._titled(term) for term in question.ranked]
        places = {place for place in self._places(bodies, headed, titled) if self.admits(place, question)}
        for body, heads, titles in zip(bodies, headed, titled, strict=True):
            rarity = self._rarity(len(body) + len(heads) + len(titles))
            for place in places:
                times, length = body.get(place, (0, 0))
                weight = times + HEADING * (place[:3] in heads) + TITLE * (place[:2] in titles)
                if weight:
                    norm = 1 - _B + _B * (length or self._average) / max(self._average, 1.0)
                    scores[place] += rarity * weight * (_K1 + 1) / (weight + _K1 * norm)
        return sorted((Scored(score, *place) for place, score in scores.items()), key=lambda hit: hit.rank)

    def admits(self, place: Place, question: Question) -> bool:
        """Whether a passage may have all that the question needs, and has none of the words that are unwanted."""
        return all(self._may_have(place, clause) for clause in question.needed) and not any(
            self._may_have(place, clause) for clause in question.unwanted if not clause.phrase
        )

    def _places(
        self,
        bodies: Iterable[Mapping[Place, tuple[int, int]]],
        headed: Iterable[set[tuple[str, int, int]]],
        titled: Iterable[set[tuple[str, int]]],
    ) -> set[Place]:
        """Passages that have a word; for a heading or title that has it, the first one below."""
        places = {place for body in bodies for place in body}
        places |= {(*section, 0) for heads in headed for section in heads}
        return places | {(source, block, block, 0) for titles in titled for source, block in titles}

    def _may_have(self, place: Place, clause: Clause) -> bool:
        """Whether all the words of a clause are where they have to be; of a phrase, in whatever order."""
        in_title = all(place[:3] in self._headed(term) or place[:2] in self._titled(term) for term in clause.terms)
        return in_title or (not clause.title and all(place in self._bodies(term) for term in clause.terms))

    def _rarity(self, count: int) -> float:
        # The counts may be a moment older than the postings; a word is never in more passages than there are.
        whole = max(self._whole.passages, count)
        return log(1 + (whole - count + 0.5) / (count + 0.5))

    def _of(self, term: Term) -> Iterable[Posting]:
        return (posting for alternative in term for posting in self._postings.get(alternative, ()))

    def _bodies(self, term: Term) -> dict[Place, tuple[int, int]]:
        if term not in self._known:
            found: dict[Place, tuple[int, int]] = {}
            for posting in self._of(term):
                for section, passage, times, length in posting.entries:
                    place = (posting.source, posting.block, section, passage)
                    found[place] = max(found.get(place, (0, 0)), (times, length))
            self._known[term] = found
        return self._known[term]

    def _headed(self, term: Term) -> set[tuple[str, int, int]]:
        if term not in self._heads:
            self._heads[term] = {
                (posting.source, posting.block, section) for posting in self._of(term) for section in posting.headings
            }
        return self._heads[term]

    def _titled(self, term: Term) -> set[tuple[str, int]]:
        if term not in self._titles:
            self._titles[term] = {(posting.source, posting.block) for posting in self._of(term) if posting.title}
        return self._titles[term]
