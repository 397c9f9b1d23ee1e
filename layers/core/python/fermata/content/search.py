"""Searching a workspace's index."""

from __future__ import annotations

from dataclasses import dataclass

from fermata.control.engine import Engine
from fermata.domain.errors import InvalidInput
from fermata.domain.search import ranked, snippet, terms_of
from fermata.domain.shelf import Place

MAX_QUESTION = 500
"""Characters."""

MAX_HITS = 100
MAX_POSTINGS = 5_000
"""Parts that have a word which are looked at; a word of more says little about any of them. About 500 KB to read."""


@dataclass(frozen=True)
class Hit:
    """A passage that answers a question.

    Attributes:
        source, title, uri, path, page: see :class:`fermata.domain.shelf.Part`.
        part, passage: its place in the source: the part's number, and its own in that, from 0.
        score: the higher the better; comparable within one answer only.
    """

    source: str
    title: str
    uri: str | None
    path: tuple[str, ...]
    page: int | None
    part: int
    passage: int
    score: float
    snippet: str


def search(engine: Engine, place: Place, question: str, limit: int = 10) -> list[Hit]:
    """The passages that answer best, best first. Raises InvalidInput for a question without a word."""
    if len(question) > MAX_QUESTION:
        raise InvalidInput("q", f"must have at most {MAX_QUESTION} characters")
    if not 1 <= limit <= MAX_HITS:
        raise InvalidInput("limit", f"must be 1 to {MAX_HITS}")
    terms = terms_of(question)
    if not terms:
        raise InvalidInput("q", "has no word to look for")
    index = engine.index
    if index is None:
        return []
    postings = {term: index.postings(place, term, MAX_POSTINGS) for term in terms}
    best = ranked(postings, index.statistics(place), limit)
    parts = index.parts(place, {(hit.source, hit.part) for hit in best})
    hits = []
    for hit in best:
        # A part that is just being removed or stored anew may lack the passage that its words still name.
        part = parts.get((hit.source, hit.part))
        if part is not None and hit.passage < len(part.passages):
            text = snippet(part.passages[hit.passage], terms)
            hits.append(
                Hit(part.source, part.title, part.uri, part.path, part.page, hit.part, hit.passage, hit.score, text)
            )
    return hits
