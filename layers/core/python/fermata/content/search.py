"""Searching a workspace's index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from fermata.content.generations import live
from fermata.content.model import IndexedSection, WorkspaceRef
from fermata.content.passages import snippet
from fermata.content.ports import Index
from fermata.content.question import MAX_QUESTION, Clause, Question, Term, question_of
from fermata.content.ranking import Found, Scored, fused
from fermata.content.vectors import NEAREST, nearest
from fermata.content.words import words
from fermata.domain.errors import InvalidInput

__all__ = ["MAX_HITS", "MAX_QUESTION", "Hit", "search"]

MAX_HITS = 100
MAX_POSTINGS = 5_000
"""Blocks that have a word which are looked at; a word of more says little about any of them."""

MAX_READ = 300
"""Passages, at most, that are read for whether they have a phrase."""


@dataclass(frozen=True)
class Hit:
    """A passage that answers a question.

    Attributes:
        source, title, uri, path, page: see :class:`fermata.content.model.IndexedSection`.
        section, passage: its place in the source: the section's number, and its own in that, from 0.
        score: the higher the better; comparable within one answer only.
        text: the whole passage.
    """

    source: str
    title: str
    uri: str | None
    path: tuple[str, ...]
    page: int | None
    section: int
    passage: int
    score: float
    snippet: str
    text: str = ""


def search(index: Index, workspace: WorkspaceRef, text: str, limit: int = 10, vector: bytes | None = None) -> list[Hit]:
    """The passages that answer best, best first. Raises InvalidInput for a question without a word.

    ``vector``: of the question, by the model that the index has embeddings of; what is near to it is found as well.
    """
    if not 1 <= limit <= MAX_HITS:
        raise InvalidInput("limit", f"must be 1 to {MAX_HITS}")
    question_of(text)
    index = live(index, workspace)
    whole = index.statistics(workspace)
    languages = sorted(whole.languages, key=lambda language: -whole.languages[language])
    question = question_of(text, languages)
    postings = {term: index.postings(workspace, term, MAX_POSTINGS) for term in question.terms}
    found = Found(postings, whole)
    ranked = found.ranked(question)
    if vector is not None:
        near = nearest(vector, index.vectors(workspace))
        ranked = fused([hit.place for hit in ranked[:NEAREST]], [it for it in near if found.admits(it, question)])
    return list(islice(_hits(index, workspace, question, ranked, limit), limit))


def _hits(
    index: Index, workspace: WorkspaceRef, question: Question, ranked: Sequence[Scored], limit: int
) -> Iterator[Hit]:
    """The passages that also have the question's phrases, read some at a time."""
    phrased = any(clause.phrase for clause in (*question.needed, *question.unwanted))
    wanted = frozenset().union(*question.ranked)
    for start in range(0, min(len(ranked), MAX_READ if phrased else limit), limit):
        some = ranked[start : start + limit]
        blocks = index.blocks(workspace, {(hit.source, hit.block) for hit in some})
        for hit in some:
            # A block that is just being removed or stored anew may lack the passage that its words still name.
            sections = blocks.get((hit.source, hit.block), ())
            section = next((section for section in sections if section.number == hit.section), None)
            if section is not None and _shows(section, hit.passage) and _answers(section, hit.passage, question):
                yield _hit(section, hit, wanted)


def _hit(section: IndexedSection, hit: Scored, wanted: Term) -> Hit:
    def has(piece: str) -> bool:
        return any(not wanted.isdisjoint(terms) for terms in words(piece, section.language))

    text = section.passages[hit.passage] if section.passages else " – ".join(section.path[-1:])
    return Hit(
        source=section.source,
        title=section.title,
        uri=section.uri,
        path=section.path,
        page=section.page,
        section=hit.section,
        passage=hit.passage,
        score=hit.score,
        snippet=snippet(text, has),
        text=text,
    )


def _shows(section: IndexedSection, passage: int) -> bool:
    """A heading without text is found as if it had one passage, its own words."""
    return passage < max(1, len(section.passages))


def _answers(section: IndexedSection, passage: int, question: Question) -> bool:
    """Whether the question's phrases are there, and the unwanted ones are not."""
    return all(_has(section, passage, clause) for clause in question.needed if clause.phrase) and not any(
        _has(section, passage, clause) for clause in question.unwanted if clause.phrase
    )


def _has(section: IndexedSection, passage: int, clause: Clause) -> bool:
    titles = (section.title, section.document_title, *section.path)
    body = section.passages[passage : passage + 1] if not clause.title else ()
    return any(_in_order(list(words(text, section.language)), clause.terms) for text in (*body, *titles))


def _in_order(text: Sequence[tuple[str, ...]], phrase: Sequence[Term]) -> bool:
    return any(
        all(not term.isdisjoint(text[at + place]) for place, term in enumerate(phrase))
        for at in range(len(text) - len(phrase) + 1)
    )
