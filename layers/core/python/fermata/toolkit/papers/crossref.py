"""Crossref (api.crossref.org): works by relevance, by offset; lists are limited to one a second unless one has a Plus token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.domain import strict_json
from fermata.toolkit.papers.paper import Paper, normal_doi, plain, year_of
from fermata.toolkit.papers.terms import Ask, quoted

_FIELDS = "DOI,title,subtitle,author,issued,container-title,abstract,URL,type,is-referenced-by-count,link"


def parameters(ask: Ask) -> Mapping[str, str]:
    dates = [("from-pub-date", ask.year_from), ("until-pub-date", ask.year_to)]
    filters = ",".join(f"{name}:{year}" for name, year in dates if year is not None)
    sent = {
        "query.bibliographic": " ".join(map(quoted, ask.terms)),
        "offset": str(ask.offset),
        "rows": str(ask.count),
        "select": _FIELDS,
    }
    return sent | {name: value for name, value in {"filter": filters, "mailto": ask.contact}.items() if value}


def headers(ask: Ask) -> Mapping[str, str]:
    return {"Crossref-Plus-API-Token": f"Bearer {ask.key}"} if ask.key else {}


def read(body: bytes) -> tuple[int, list[Paper], str]:
    message = strict_json.loads(body)["message"]
    return int(message["total-results"]), [_paper(item) for item in message["items"]], ""


def said(body: bytes) -> str:
    message = strict_json.loads(body)["message"]
    return message if isinstance(message, str) else "; ".join(str(part["message"]) for part in message)


def _paper(item: dict[str, Any]) -> Paper:
    doi = normal_doi(item["DOI"])
    parts = ((item.get("issued") or {}).get("date-parts") or [[]])[0]
    date = "-".join(f"{part:02d}" for part in parts if isinstance(part, int))
    links = (link["URL"] for link in item.get("link") or () if link.get("content-type") == "application/pdf")
    return Paper(
        service="crossref",
        id=doi or str(item["DOI"]),
        title=": ".join(filter(None, (_first(item.get("title")), _first(item.get("subtitle"))))),
        authors=[name for author in item.get("author") or () if (name := _name(author))],
        year=year_of(date),
        date=date,
        venue=_first(item.get("container-title")),
        doi=doi,
        abstract=plain(item.get("abstract")),
        url=item.get("URL") or "",
        pdf_url=next(links, ""),
        type=item.get("type") or "",
        citations=item.get("is-referenced-by-count"),
    )


def _first(texts: Any) -> str:
    return plain(texts[0]) if isinstance(texts, list) and texts else ""


def _name(author: dict[str, Any]) -> str:
    return plain(author.get("name") or " ".join(filter(None, (author.get("given"), author.get("family")))))
