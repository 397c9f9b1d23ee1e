"""The stages of a search: the first page of each source for each query, then those that follow it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fermata.content.model import Record
from fermata.content.search import MAX_HITS
from fermata.content.vectors import packed
from fermata.content.workspace import content_of
from fermata.domain.errors import InvalidInput
from fermata.domain.kind import Finishing, Json, Kind, Planned, Planning, Policy, Stage, Unit, UnitError
from fermata.kinds.search.parameters import EMBEDDING_KEY, KEYS, WORKSPACE, Search
from fermata.toolkit.fetch.rate_limit import PACE
from fermata.toolkit.llm import Model
from fermata.toolkit.llm.embeddings import embed
from fermata.toolkit.papers import SERVICES, Ask, Found, Paper, ask
from fermata.toolkit.parameters import parser, schema
from fermata.toolkit.storage import patience

FIRST, MORE = "first", "more"
SHOWN = 500
"""Papers that a page's result lists; the table has them all."""


@dataclass(frozen=True)
class Imported:
    """A paper on its way into the table: whether it is new there, or the table has one of its key."""

    paper: Paper
    new: bool


def plan_first(job: Planning) -> Iterator[Planned]:
    """A page of each source for each query. Cursor: how many are named."""
    pages = [_page(job.params, source, query, 0) for query in queries(job.params) for source in job.params["sources"]]
    for number in range(job.cursor or 0, len(pages)):
        yield Planned(pages[number], number + 1)


def plan_more(job: Planning) -> Iterator[Planned]:
    """The pages after the first that the source has and the limit allows; where it has cursors, the one after it."""
    for result in job.previous():
        if result.error is not None or result.value["source"] == WORKSPACE:
            continue
        found, service = result.value, SERVICES[result.value["source"]]
        last = min(found["total"], job.params["limit"], service.most)
        for offset in range(service.page, last, service.page):
            if not service.cursors:
                yield Planned(_page(job.params, found["source"], found["query"], offset), None)
            elif offset == service.page and found["next"]:
                yield Planned(_page(job.params, found["source"], found["query"], offset, found["next"]), None)


def search_page(unit: Unit) -> Json:
    """One page of one source for one query, put into the table.

    ``{"source", "query", "offset", "total": papers that the source has, about, "found": papers of this page, "imported": those
    that were new to the table, "known": the others, "papers": [{"key", "title", "year", "doi", "url", "new"}], "next": cursor of
    the next page, null without one}``.
    """
    page = unit.value
    found = _in_workspace(unit) if page["source"] == WORKSPACE else _in_service(unit)
    papers = list({paper.key: paper for paper in found.papers[: page["wanted"]]}.values())
    imported = _import(unit, papers)
    new = sum(one.new for one in imported)
    return {
        "source": page["source"],
        "query": page["query"],
        "offset": page["offset"],
        "total": found.total,
        "found": len(imported),
        "imported": new,
        "known": len(imported) - new,
        "papers": [_shown(one) for one in imported[:SHOWN]],
        "next": found.cursor or None,
    }


def summary(job: Finishing) -> Json:
    """``{"papers_found", "imported", "known": found ones that the table had, "table", "sources": the same by source, with the
    ``total`` that each has for the queries}``.
    """
    sources = {name: {"total": 0, "papers_found": 0, "imported": 0, "known": 0} for name in job.params["sources"]}
    for stage in (FIRST, MORE):
        for result in job.results(stage):
            if result.error is None:
                counts = sources[result.value["source"]]
                counts["total"] += result.value["total"] if stage == FIRST else 0
                counts["papers_found"] += result.value["found"]
                counts["imported"] += result.value["imported"]
                counts["known"] += result.value["known"]
    whole = {name: sum(counts[name] for counts in sources.values()) for name in ("papers_found", "imported", "known")}
    return {**whole, "table": job.params["table"], "sources": sources}


def queries(params: Mapping[str, Json]) -> list[str]:
    return [params["query"]] if params["query"] else list(params["queries"])


def _page(params: Mapping[str, Json], source: str, query: str, offset: int, cursor: str = "") -> dict[str, Any]:
    """A unit: ``count`` papers are asked for, the same on every page of a query, and ``wanted`` of them are taken."""
    most = MAX_HITS if source == WORKSPACE else SERVICES[source].page
    count = min(params["limit"], most)
    wanted = min(count, params["limit"] - offset)
    return {"source": source, "query": query, "offset": offset, "count": count, "wanted": wanted, "cursor": cursor}


def _in_service(unit: Unit) -> Found:
    page, params = unit.value, unit.params
    service = SERVICES[page["source"]]
    question = Ask(
        query=page["query"],
        base=params["endpoints"].get(page["source"], service.base),
        offset=page["offset"],
        count=page["count"],
        cursor=page["cursor"],
        year_from=params["year_from"],
        year_to=params["year_to"],
        contact=params["contact"],
        key=unit.secrets.get(KEYS.get(page["source"], ""), ""),
    )

    def turn(host: str, delay: float) -> None:
        PACE.wait(host, delay, unit.deadline, unit.wait)
        unit.check()

    return ask(service, question, unit.settings, turn, unit.deadline)


def _in_workspace(unit: Unit) -> Found:
    """The sources that have a passage which answers, best first, each once."""
    content = content_of(unit)
    vector = _vector(unit, content.model)
    try:
        with patience():
            hits = content.search(unit.value["query"], MAX_HITS, vector)
    except InvalidInput as error:
        raise UnitError(str(error)) from None
    papers: dict[str, Paper] = {}
    for hit in hits:
        paper = Paper(service=WORKSPACE, id=hit.source, title=hit.title, abstract=hit.snippet, url=hit.uri or "")
        papers.setdefault(hit.source, paper)
    return Found(len(papers), list(papers.values()))


def _vector(unit: Unit, model: str) -> bytes | None:
    """What the query means to the index's model; None where either has none."""
    url = unit.params["embedding_url"]
    if url is None or not model:
        return None
    asked = Model(model, url, unit.secrets.get(EMBEDDING_KEY, ""))
    vectors, _ = embed(asked, [unit.value["query"]], unit.settings, unit.deadline, unit.check)
    return packed(vectors[0])


def _import(unit: Unit, papers: list[Paper]) -> list[Imported]:
    found_by = {
        "query": unit.value["query"],
        "job_id": unit.job_id,
        "retrieved_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    records = [Record(paper.key, f"{unit.key}/{paper.key}", {**paper.values(), **found_by}) for paper in papers]
    with patience():
        stored = content_of(unit).add(unit.params["table"], records)
    return [Imported(paper, new) for paper, new in zip(papers, stored, strict=True)]


def _shown(imported: Imported) -> dict[str, Json]:
    paper = imported.paper
    return {
        "key": paper.key,
        "title": paper.title[:300],
        "year": paper.year,
        "doi": paper.doi or None,
        "url": paper.url,
        "new": imported.new,
    }


POLICY = Policy(concurrency=4, chunk_size=10, timeout=120.0, attempts=5, backoff=2.0)

SEARCH = Kind(
    name="search",
    title="Search for papers",
    stages=(Stage(FIRST, plan_first, search_page, POLICY), Stage(MORE, plan_more, search_page, POLICY)),
    families=frozenset({"tasks"}),
    parse=parser(Search),
    schema=schema(Search),
    finish=summary,
    secrets=frozenset({*KEYS.values(), EMBEDDING_KEY}),
    limit=1,
)
