"""arXiv (info.arxiv.org/help/api): an Atom feed by offset, and one request in three seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fermata.domain.kind import UnitError
from fermata.toolkit.papers.paper import Paper, normal_doi, plain, year_of
from fermata.toolkit.papers.terms import Ask, quoted

_ATOM, _SEARCH, _OWN = (
    "{http://www.w3.org/2005/Atom}",
    "{http://a9.com/-/spec/opensearch/1.1/}",
    "{http://arxiv.org/schemas/atom}",
)
_VERSION = re.compile(r"v\d+$")


def parameters(ask: Ask) -> Mapping[str, str]:
    query = " AND ".join(f"all:{quoted(term)}" for term in ask.terms)
    if ask.year_from is not None or ask.year_to is not None:
        first, last = ask.year_from or 1991, ask.year_to or 2999
        query += f" AND submittedDate:[{first}01010000 TO {last}12312359]"
    return {
        "search_query": query,
        "start": str(ask.offset),
        "max_results": str(ask.count),
        "sortBy": "relevance",
        "sortOrder": "descending",
    }


def read(body: bytes) -> tuple[int, list[Paper], str]:
    feed = _feed(body)
    if feed.tag != f"{_ATOM}feed":
        raise ValueError("no Atom feed")
    entries = feed.findall(f"{_ATOM}entry")
    if failure := _failure(entries):
        raise UnitError(failure)
    return int(_text(feed, f"{_SEARCH}totalResults")), [_paper(entry) for entry in entries], ""


def said(body: bytes) -> str:
    """Errors are an entry of a feed, or a line of text."""
    if body.lstrip().startswith(b"<"):
        return _failure(_feed(body).findall(f"{_ATOM}entry"))
    return body[:500].decode("utf-8", "replace")


def _feed(body: bytes) -> Any:
    from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
    from defusedxml.ElementTree import ParseError, fromstring  # type: ignore[import-untyped]

    try:
        return fromstring(body)
    except (ParseError, DefusedXmlException) as error:
        raise ValueError("no XML") from error


def _failure(entries: list[Any]) -> str:
    failed = (entry for entry in entries if "arxiv.org/api/errors" in _text(entry, f"{_ATOM}id"))
    return next((_text(entry, f"{_ATOM}summary") for entry in failed), "")


def _paper(entry: Any) -> Paper:
    url = _text(entry, f"{_ATOM}id")
    name = _VERSION.sub("", url.partition("/abs/")[2] or url)
    doi = normal_doi(_text(entry, f"{_OWN}doi"))
    published = _text(entry, f"{_ATOM}published")[:10]
    pdf = (link.get("href", "") for link in entry.findall(f"{_ATOM}link") if link.get("title") == "pdf")
    category = entry.find(f"{_OWN}primary_category")
    return Paper(
        service="arxiv",
        id=name,
        title=plain(_text(entry, f"{_ATOM}title")),
        authors=[_text(author, f"{_ATOM}name") for author in entry.findall(f"{_ATOM}author")],
        year=year_of(published),
        date=published,
        venue=plain(_text(entry, f"{_OWN}journal_ref")) or "arXiv",
        doi=doi,
        abstract=plain(_text(entry, f"{_ATOM}summary")),
        url=url,
        pdf_url=next(pdf, ""),
        type="preprint",
        ids={"arxiv": name} | ({"arxiv_category": category.get("term", "")} if category is not None else {}),
    )


def _text(element: Any, name: str) -> str:
    return " ".join((element.findtext(name) or "").split())
