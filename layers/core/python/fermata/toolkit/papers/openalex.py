"""OpenAlex (developers.openalex.org): works by relevance, counted pages of 100, a free key for more than a few searches a day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.domain import strict_json
from fermata.toolkit.papers.paper import Paper, normal_doi, plain, year_of
from fermata.toolkit.papers.terms import Ask, quoted

_FIELDS = (
    "id,doi,display_name,publication_year,publication_date,type,language,cited_by_count,authorships,primary_location,"
    "best_oa_location,abstract_inverted_index,ids"
)
_IDS = {"pmid": "pmid", "pmcid": "pmcid", "mag": "mag"}


def parameters(ask: Ask) -> Mapping[str, str]:
    dates = [("from_publication_date", ask.year_from, "01-01"), ("to_publication_date", ask.year_to, "12-31")]
    filters = ",".join(f"{name}:{year}-{day}" for name, year, day in dates if year is not None)
    sent = {
        "search": " ".join(map(quoted, ask.terms)),
        "page": str(ask.offset // ask.count + 1),
        "per_page": str(ask.count),
        "select": _FIELDS,
    }
    optional = {"filter": filters, "mailto": ask.contact, "api_key": ask.key}
    return sent | {name: value for name, value in optional.items() if value}


def read(body: bytes) -> tuple[int, list[Paper], str]:
    answer = strict_json.loads(body)
    return int(answer["meta"]["count"]), [_paper(work) for work in answer["results"]], ""


def said(body: bytes) -> str:
    error = strict_json.loads(body)
    return str(error.get("message") or error.get("error") or "")


def _paper(work: dict[str, Any]) -> Paper:
    place, free = work.get("primary_location") or {}, work.get("best_oa_location") or {}
    authors = (authorship.get("author") or {} for authorship in work.get("authorships") or ())
    ids = {name: _tail(work["ids"][there]) for name, there in _IDS.items() if (work.get("ids") or {}).get(there)}
    return Paper(
        service="openalex",
        id=_tail(work["id"]),
        title=plain(work.get("display_name")),
        authors=[author["display_name"] for author in authors if author.get("display_name")],
        year=year_of(work.get("publication_year")),
        date=work.get("publication_date") or "",
        venue=plain((place.get("source") or {}).get("display_name")),
        doi=normal_doi(work.get("doi")),
        abstract=_unfolded(work.get("abstract_inverted_index")),
        url=place.get("landing_page_url") or work["id"],
        pdf_url=free.get("pdf_url") or place.get("pdf_url") or "",
        type=work.get("type") or "",
        language=work.get("language") or "",
        citations=work.get("cited_by_count"),
        ids=ids,
    )


def _unfolded(index: Any) -> str:
    """The abstract, which is given as the places of each word."""
    if not isinstance(index, dict):
        return ""
    placed = sorted((place, word) for word, places in index.items() for place in places)
    return plain(" ".join(word for _, word in placed))


def _tail(url: Any) -> str:
    return str(url).rstrip("/").rpartition("/")[2]
