"""What was found, each document once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

SAME = 92.0
"""How alike two titles of some length are, of 100, that mean one document."""

_FOLD = re.compile(r"\W+")


def merged(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each document once, the first of each kept, with the passages of all; those found most often and highest come first."""
    from rapidfuzz import fuzz

    kept: list[dict[str, Any]] = []
    by_key: dict[str, dict[str, Any]] = {}
    for document in found:
        title = _FOLD.sub(" ", document["title"]).strip().casefold()
        same = by_key.get(document["key"])
        if same is None and document["kind"] == "paper" and len(title.split()) > 3:
            titles = (
                one for one in kept if one["kind"] == "paper" and abs((one["year"] or 0) - (document["year"] or 0)) <= 1
            )
            same = next((one for one in titles if fuzz.token_sort_ratio(one["folded"], title) >= SAME), None)
        if same is None:
            same = {**document, "folded": title, "found": 0, "score": 0.0, "passages": [], "also": []}
            kept.append(same)
        elif document["key"] != same["key"]:
            same["also"].append(document["key"])
        by_key[document["key"]] = same
        same["found"] += 1
        same["score"] += 1.0 / (10 + document["rank"])
        same["passages"] += [passage for passage in document["passages"] if passage not in same["passages"]]
    kept.sort(key=lambda one: -one["score"])
    return [{name: value for name, value in one.items() if name not in ("folded", "rank")} for one in kept]


def documents_of(hits: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """The workspace's passages, by source."""
    for rank, hit in enumerate(hits):
        place = {"section": hit.section, "passage": hit.passage, "page": hit.page, "text": hit.text}
        yield {
            "key": f"source:{hit.source}",
            "kind": "source",
            "title": hit.title,
            "year": None,
            "url": hit.uri or "",
            "rank": rank,
            "passages": [place],
        }


def documents_from(papers: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Papers that have an abstract, which is their passage."""
    for rank, paper in enumerate(papers):
        if paper.abstract:
            place = {"section": None, "passage": 0, "page": None, "text": paper.abstract[:20_000]}
            yield {
                "key": paper.key,
                "kind": "paper",
                "title": paper.title[:500],
                "year": paper.year,
                "url": paper.url,
                "rank": rank,
                "passages": [place],
            }
