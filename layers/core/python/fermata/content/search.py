"""Searching a workspace's index."""

from __future__ import annotations

from dataclasses import dataclass

from fermata.content.model import WorkspaceRef
from fermata.content.ports import Index
from fermata.content.ranking import ranked, snippet, terms_of
from fermata.domain.errors import InvalidInput

MAX_QUESTION = 500
"""Characters."""

MAX_HITS = 100
MAX_POSTINGS = 5_000
"""Parts that have a word which are looked at; a word of more says little about any of them. About 500 KB to read."""


@dataclass(frozen=True)
class Hit:
    """A passage that answers a question.

    Attributes:
        source, title, uri, path, page: see :class:`fermata.content.model.IndexedSection`.
        section, passage: its place in the source: the section's number, and its own in that, from 0.
        score: the higher the better; comparable within one answer only.
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


def search(index: Index, workspace: WorkspaceRef, question: str, limit: int = 10) -> list[Hit]:
    """The passages that answer best, best first. Raises InvalidInput for a question without a word."""
    if len(question) > MAX_QUESTION:
        raise InvalidInput("q", f"must have at most {MAX_QUESTION} characters")
    if not 1 <= limit <= MAX_HITS:
        raise InvalidInput("limit", f"must be 1 to {MAX_HITS}")
    terms = terms_of(question)
    if not terms:
        raise InvalidInput("q", "has no word to look for")
    postings = {term: index.postings(workspace, term, MAX_POSTINGS) for term in terms}
    best = ranked(postings, index.statistics(workspace), limit)
    sections = index.sections(workspace, {(hit.source, hit.section) for hit in best})
    hits = []
    for hit in best:
        # A section that is just being removed or stored anew may lack the passage that its words still name.
        section = sections.get((hit.source, hit.section))
        if section is not None and hit.passage < len(section.passages):
            text = snippet(section.passages[hit.passage], terms)
            hits.append(
                Hit(
                    section.source,
                    section.title,
                    section.uri,
                    section.path,
                    section.page,
                    hit.section,
                    hit.passage,
                    hit.score,
                    text,
                )
            )
    return hits
