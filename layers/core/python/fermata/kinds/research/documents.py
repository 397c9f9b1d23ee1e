"""What was found, each document once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fermata.toolkit.duplicates import MAX_GROUP, Rules, fingerprint, grouped, pairs, reasons
from fermata.toolkit.papers.paper import MAX_AUTHORS

RULES = Rules()


def merged(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each document once, the first of each kept, with the passages of all; those found most often and highest come first.

    Papers are one as ``dedup`` tells them. Raises ValueError for too many that look alike.
    """
    known = list(found)
    first = _first_of_each(known)
    kept: dict[str, dict[str, Any]] = {}
    for document in known:
        key = first[document["key"]]
        same = kept.setdefault(key, {**document, "found": 0, "score": 0.0, "passages": [], "also": []})
        if document["key"] != key and document["key"] not in same["also"]:
            same["also"].append(document["key"])
        same["found"] += 1
        same["score"] += 1.0 / (10 + document["rank"])
        same["passages"] += [passage for passage in document["passages"] if passage not in same["passages"]]
    best = sorted(kept.values(), key=lambda one: -one["score"])
    return [{name: value for name, value in one.items() if name not in ("rank", "authors", "doi")} for one in best]


def _first_of_each(found: Iterable[dict[str, Any]]) -> Mapping[str, str]:
    """Key of each document → key of the first one that means the same."""
    records = {document["key"]: document for document in found}
    papers = [document for document in records.values() if document["kind"] == "paper"]
    prints = [fingerprint(paper["key"], "", _record(paper), RULES) for paper in papers]
    compared = ((prints[one], prints[other]) for one, other in pairs(prints, RULES.methods))
    groups = grouped({"a": one.key, "b": other.key} for one, other in compared if reasons(one, other, RULES))
    order = {key: at for at, key in enumerate(records)}
    first = {key: key for key in records}
    for keys in groups:
        if len(keys) <= MAX_GROUP:
            first.update(dict.fromkeys(keys, min(keys, key=order.__getitem__)))
    return first


def _record(paper: Mapping[str, Any]) -> dict[str, Any]:
    """What a paper is compared by, in the columns that the rules name."""
    facts = {name: paper[name] for name in ("title", "authors", "year", "doi")}
    return {**facts, "abstract": paper["passages"][0]["text"]}


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
                "authors": list(paper.authors[:MAX_AUTHORS]),
                "doi": paper.doi,
            }
