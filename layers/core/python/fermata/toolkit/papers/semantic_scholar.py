"""Semantic Scholar (api.semanticscholar.org/api-docs): the first thousand by relevance; those without a key share one limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.domain import strict_json
from fermata.toolkit.papers.paper import Paper, normal_doi, plain, year_of
from fermata.toolkit.papers.terms import Ask, quoted

_FIELDS = (
    "title,abstract,year,publicationDate,venue,authors,externalIds,openAccessPdf,url,citationCount,publicationTypes"
)
_IDS = {"arxiv": "ArXiv", "pmid": "PubMed", "pmcid": "PubMedCentral", "mag": "MAG", "dblp": "DBLP"}


def parameters(ask: Ask) -> Mapping[str, str]:
    # Its documentation: a word with a hyphen finds nothing.
    query = " ".join(map(quoted, ask.terms)).replace("-", " ")
    sent = {"query": query, "offset": str(ask.offset), "limit": str(ask.count), "fields": _FIELDS}
    if ask.year_from is not None or ask.year_to is not None:
        sent["year"] = f"{ask.year_from or ''}-{ask.year_to or ''}"
    return sent


def headers(ask: Ask) -> Mapping[str, str]:
    return {"x-api-key": ask.key} if ask.key else {}


def read(body: bytes) -> tuple[int, list[Paper], str]:
    answer = strict_json.loads(body)
    return int(answer["total"]), [_paper(item) for item in answer.get("data") or ()], ""


def said(body: bytes) -> str:
    error = strict_json.loads(body)
    return str(error.get("message") or error.get("error") or "")


def _paper(item: dict[str, Any]) -> Paper:
    there = item.get("externalIds") or {}
    return Paper(
        service="semantic_scholar",
        id=str(item["paperId"]),
        title=plain(item.get("title")),
        authors=[author["name"] for author in item.get("authors") or () if author.get("name")],
        year=year_of(item.get("year")),
        date=item.get("publicationDate") or str(item.get("year") or ""),
        venue=plain(item.get("venue")),
        doi=normal_doi(there.get("DOI")),
        abstract=plain(item.get("abstract")),
        url=item.get("url") or "",
        pdf_url=(item.get("openAccessPdf") or {}).get("url") or "",
        type=", ".join(item.get("publicationTypes") or ()),
        citations=item.get("citationCount"),
        ids={name: str(there[their]) for name, their in _IDS.items() if there.get(their)},
    )
