"""The stages of research, each a checkpoint: plan what to look for, search, join the finds, read them, write the report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fermata.content.search import MAX_HITS
from fermata.content.workspace import content_of
from fermata.domain.errors import InvalidInput
from fermata.domain.kind import Finishing, JobError, Json, Kind, Planned, Planning, Policy, Stage, Unit, UnitError
from fermata.kinds.research.answers import planned_queries, written_report
from fermata.kinds.research.documents import documents_from, documents_of, merged
from fermata.kinds.research.parameters import WORKSPACE, Research
from fermata.toolkit.fetch.rate_limit import PACE
from fermata.toolkit.llm import SECRETS, Usage, model_for, terms, total_usage
from fermata.toolkit.papers import SERVICES, Ask, ask
from fermata.toolkit.parameters import parser, schema
from fermata.toolkit.storage import patience

PLAN, SEARCH, DEDUP, READ, SYNTHESISE = "plan", "search", "dedup", "read", "synthesise"
FOUND, EVIDENCE = "found.json", "evidence.json"
KEYWORDS, OF_A_DOCUMENT, PROMPTED = 4, 6, 60
"""Keywords of a question that are looked for, sentences of a document that are kept, and those that a model is told."""


def plan_question(job: Planning) -> Iterator[Planned]:
    if job.cursor is None:
        yield Planned({"question": job.params["question"]}, 1)


def plan_queries(unit: Unit) -> Json:
    """``{"queries", "by": caller, embedded or the model, "usage"}``: the draft, where a person is to approve it."""
    params = unit.params
    if params["queries"]:
        return {"queries": params["queries"], "by": "caller", "usage": None}
    model = model_for(unit)
    if model is not None:
        queries, usage = planned_queries(model, params["question"], unit)
        return {"queries": queries, "by": model.name, "usage": usage.shown()}
    from fermata.toolkit.text.keywords import keywords  # loads libraries that only workers have

    words = keywords(params["question"], KEYWORDS, [])
    return {"queries": list(dict.fromkeys([params["question"], *words.words])), "by": "embedded", "usage": None}


def plan_search(job: Planning) -> Iterator[Planned]:
    """Each query at each source."""
    for result in job.previous():
        if result.error is not None:
            raise JobError(f"the search can't be planned: {result.error}")
        for query in result.value["queries"]:
            for source in job.params["sources"]:
                yield Planned({"query": query, "source": source}, None)


def search_source(unit: Unit) -> Json:
    """``{"query", "source", "documents": [{"key", "kind", "title", "year", "url", "rank", "passages"}]}``."""
    query, source, params = unit.value["query"], unit.value["source"], unit.params
    if source == WORKSPACE:
        try:
            with patience():
                hits = content_of(unit).search(query, min(params["limit"], MAX_HITS))
        except InvalidInput as error:
            raise UnitError(str(error)) from None
        documents = list(documents_of(hits))
    else:
        service = SERVICES[source]
        count = min(params["limit"], service.page)
        base = params["endpoints"].get(source, service.base)
        asked = Ask(query=query, base=base, offset=0, count=count, cursor="", contact=params["contact"])

        def turn(host: str, delay: float) -> None:
            PACE.wait(host, delay, unit.deadline, unit.wait)
            unit.check()

        documents = list(documents_from(ask(service, asked, unit.settings, turn, unit.deadline).papers[:count]))
    return {"query": query, "source": source, "documents": documents}


def plan_dedup(job: Planning) -> Iterator[Planned]:
    """All that was found, in one unit."""
    results = list(job.previous())
    found = [document for result in results if result.error is None for document in result.value["documents"]]
    if results and all(result.error is not None for result in results):
        raise JobError(f"nothing could be searched: {results[0].error}")
    job.files.put(FOUND, json.dumps(found).encode())
    yield Planned({"found": len(found)}, None)


def join_documents(unit: Unit) -> Json:
    """``{"found", "documents": each once, the best first}``."""
    with patience():
        found = json.loads(unit.files.get(FOUND))
    try:
        return {"found": len(found), "documents": merged(found)[: unit.params["max_documents"]]}
    except ValueError as error:
        raise UnitError(str(error)) from None


def plan_read(job: Planning) -> Iterator[Planned]:
    for result in job.previous():
        if result.error is not None:
            raise JobError(f"the finds can't be put together: {result.error}")
        for document in result.value["documents"]:
            yield Planned(document, None)


def read_document(unit: Unit) -> Json:
    """``{"document", "sentences": [{"text", "score", "passage": {"section", "passage", "page", "text"}}]}``."""
    from fermata.kinds.research.evidence import scored

    document, passages = unit.value, unit.value["passages"]
    rows = scored(unit.params["question"], passages, OF_A_DOCUMENT)
    facts = {name: document[name] for name in ("key", "kind", "title", "year", "url", "also")}
    return {"document": facts, "sentences": [{**row, "passage": passages[row["passage"]]} for row in rows]}


def plan_synthesis(job: Planning) -> Iterator[Planned]:
    """All that was read, in one unit."""
    read = [result.value for result in job.previous() if result.error is None]
    job.files.put(EVIDENCE, json.dumps(read).encode())
    yield Planned({"documents": len(read)}, None)


def write_report(unit: Unit) -> Json:
    """``{"sentences": [{"text", "references": numbers, "passages": where each is said}], "references": [{"number", "title",
    "url", "key", "year"}], "text": the whole, "dropped": sentences of a model that named no passage, "usage"}``."""
    from fermata.kinds.research.evidence import chosen

    with patience():
        read = json.loads(unit.files.get(EVIDENCE))
    rows = [{**row, "document": one["document"]} for one in read for row in one["sentences"]]
    model, most = model_for(unit), unit.params["max_sentences"]
    dropped, usage = 0, Usage()
    if model is None or not rows:
        told = [(row["text"], [row]) for row in chosen(rows, most)]
    else:
        evidence = chosen(rows, PROMPTED)
        texts = [f"{row['document']['title']}: {row['text']}" for row in evidence]
        cited, dropped, usage = written_report(model, unit.params["question"], texts, most, unit)
        told = [(one.text, [evidence[number - 1] for number in one.passages]) for one in cited]
    report = _numbered(told)
    return {**report, "dropped": dropped, "usage": usage.shown() if usage.requests else None}


def summary(job: Finishing) -> Json:
    """``{"question", "report", "references", "sentences", "documents": read, "found", "queries", "usage"}``."""
    (plan,) = _values(job, PLAN)
    found: Any = next(_values(job, DEDUP), {"found": 0, "documents": []})
    report: Any = next(_values(job, SYNTHESISE), {"text": "", "references": [], "sentences": [], "usage": None})
    usage = total_usage([plan["usage"], report["usage"]]) if job.params["model_name"] else None
    return {
        "question": job.params["question"],
        "report": report["text"],
        "references": report["references"],
        "sentences": len(report["sentences"]),
        "documents": len(found["documents"]),
        "found": found["found"],
        "queries": plan["queries"],
        "usage": usage,
    }


def _numbered(told: list[tuple[str, list[dict[str, Any]]]]) -> dict[str, Any]:
    """The sentences with numbers of references, in the order in which they are first named."""
    numbers: dict[str, int] = {}
    references, lines = [], []
    for text, rows in told:
        for row in rows:
            document = row["document"]
            if document["key"] not in numbers:
                numbers[document["key"]] = len(numbers) + 1
                facts = {name: document[name] for name in ("title", "url", "key", "year")}
                references.append({"number": numbers[document["key"]], **facts})
        named = sorted({numbers[row["document"]["key"]] for row in rows})
        places = [{"reference": numbers[row["document"]["key"]], "said": row["text"], **row["passage"]} for row in rows]
        lines.append({"text": text, "references": named, "passages": places})
    body = " ".join(f"{line['text']} {''.join(f'[{number}]' for number in line['references'])}" for line in lines)
    listed = "\n".join(f"[{one['number']}] {one['title']} {one['url']}".rstrip() for one in references)
    return {
        "sentences": lines,
        "references": references,
        "text": f"{body}\n\n{listed}" if lines else "Nothing was found.",
    }


def _values(job: Finishing, stage: str) -> Iterator[Any]:
    return (result.value for result in job.results(stage) if result.error is None)


ASKING = Policy(concurrency=4, chunk_size=10, timeout=120.0, attempts=4, backoff=1.0)
POLICY = replace(ASKING, rated=False)

RESEARCH = Kind(
    name="research",
    title="Research a question",
    stages=(
        Stage(PLAN, plan_question, plan_queries, ASKING),
        Stage(SEARCH, plan_search, search_source, POLICY, review=True, unless=lambda params: not params["review"]),
        Stage(DEDUP, plan_dedup, join_documents, POLICY),
        Stage(READ, plan_read, read_document, POLICY),
        Stage(SYNTHESISE, plan_synthesis, write_report, ASKING),
    ),
    families=frozenset({"tasks"}),
    parse=parser(Research),
    schema=schema(Research),
    finish=summary,
    secrets=SECRETS,
    terms=terms,
    limit=1,
)
