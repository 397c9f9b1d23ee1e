"""Passages as this family shows them."""

from __future__ import annotations

from fermata.api.search.schemas import Passage
from fermata.content.search import Hit


def passage(hit: Hit) -> Passage:
    return Passage(
        source_id=hit.source,
        title=hit.title,
        uri=hit.uri,
        section=list(hit.path),
        page=hit.page,
        part=hit.section,
        passage=hit.passage,
        score=round(hit.score, 4),
        snippet=hit.snippet,
    )
