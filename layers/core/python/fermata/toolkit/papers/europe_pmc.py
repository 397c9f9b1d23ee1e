"""Europe PMC (europepmc.org/RestfulWebService): life sciences, by cursor, up to a thousand at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.domain import strict_json
from fermata.domain.kind import UnitError
from fermata.toolkit.papers.paper import Paper, normal_doi, plain, year_of
from fermata.toolkit.papers.terms import Ask, quoted


def parameters(ask: Ask) -> Mapping[str, str]:
    query = " AND ".join(map(quoted, ask.terms))
    if ask.year_from is not None or ask.year_to is not None:
        query = f"({query}) AND FIRST_PDATE:[{ask.year_from or 1000}-01-01 TO {ask.year_to or 2999}-12-31]"
    sent = {
        "query": query,
        "resultType": "core",
        "format": "json",
        "pageSize": str(ask.count),
        "cursorMark": ask.cursor or "*",
    }
    return sent | ({"email": ask.contact} if ask.contact else {})


def read(body: bytes) -> tuple[int, list[Paper], str]:
    answer = strict_json.loads(body)
    if answer.get("errMsg"):
        raise UnitError(str(answer["errMsg"]))
    papers = [_paper(item) for item in answer["resultList"]["result"]]
    return int(answer["hitCount"]), papers, answer.get("nextCursorMark") or ""


def said(body: bytes) -> str:
    error = strict_json.loads(body)
    return str(error.get("errMsg") or error.get("message") or "")


def _paper(item: dict[str, Any]) -> Paper:
    journal = (item.get("journalInfo") or {}).get("journal") or {}
    listed = (item.get("authorList") or {}).get("author") or ()
    authors = [plain(author.get("fullName") or author.get("collectiveName")) for author in listed]
    texts = (item.get("fullTextUrlList") or {}).get("fullTextUrl") or ()
    pdfs = (text["url"] for text in texts if text.get("documentStyle") == "pdf")
    name = f"{item.get('source', 'MED')}/{item['id']}"
    return Paper(
        service="europe_pmc",
        id=name,
        title=plain(item.get("title")).removesuffix("."),
        authors=list(filter(None, authors)) or _split(item.get("authorString")),
        year=year_of(item.get("pubYear") or item.get("firstPublicationDate")),
        date=item.get("firstPublicationDate") or str(item.get("pubYear") or ""),
        venue=plain(journal.get("title")),
        doi=normal_doi(item.get("doi")),
        abstract=plain(item.get("abstractText")),
        url=f"https://europepmc.org/article/{name}",
        pdf_url=next(pdfs, ""),
        type=", ".join((item.get("pubTypeList") or {}).get("pubType") or ()),
        language=item.get("language") or "",
        citations=item.get("citedByCount"),
        ids={there: str(item[there]) for there in ("pmid", "pmcid") if item.get(there)},
    )


def _split(authors: Any) -> list[str]:
    return [name.strip(" .") for name in authors.split(",") if name.strip(" .")] if isinstance(authors, str) else []
