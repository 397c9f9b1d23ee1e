"""The stages of a source's processing: extract its text part by part, then index each part."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from fermata.content.model import IndexedSection
from fermata.content.ranking import passages_of
from fermata.content.workspace import content_of
from fermata.domain.errors import NotFound
from fermata.domain.kind import Finishing, JobError, Json, Kind, Planned, Planning, Policy, Stage, Unit, UnitError
from fermata.kinds.source_process.copies import COPIES, copied
from fermata.kinds.source_process.parameters import TEXT, SourceProcess
from fermata.toolkit.extract import Outline, outline, page
from fermata.toolkit.fetch.downloads import copy_source
from fermata.toolkit.fetch.limits import MIB, Limits
from fermata.toolkit.parameters import parser, schema
from fermata.toolkit.storage import patience

DOCUMENT, OUTLINE, FACTS = "document", "outline.json", "facts.json"
EXTRACT, INDEX = "extract", "index"
LIMITS = Limits(total=120.0, size=50 * MIB)
MAX_PAGE = 50_000
"""Characters of a page that are kept."""


def plan_parts(job: Planning) -> Iterator[Planned]:
    """Fetch the document once and name its parts: ``{"path": headings, "page", "copy": which fetch it was}``, or ``{"path",
    "text"}`` where there are no pages.

    Cursor: how many are named.
    """
    if job.cursor is None:
        found = _outlined(job)
        job.files.put(OUTLINE, json.dumps(asdict(found)["sections"]).encode())
        facts = {"format": found.format, "title": found.title, "author": found.author, "pages": found.pages or None}
        job.files.put(FACTS, json.dumps(facts | {"copy": secrets.token_hex(8)}).encode())
    sections, facts = json.loads(job.files.get(OUTLINE)), json.loads(job.files.get(FACTS))
    for number in range(job.cursor or 0, len(sections)):
        yield Planned(_named(sections[number], facts["copy"]), number + 1)


def extract_part(unit: Unit) -> Json:
    """``{"path", "page": from 1, null without pages, "text", "words"}``; a page without text has an empty one."""
    number = unit.value.get("page")
    text = unit.value["text"] if number is None else _page(unit, number)
    return {"path": unit.value["path"], "page": number, "text": text, "words": len(text.split())}


def plan_passages(job: Planning) -> Iterator[Planned]:
    """The parts that have text."""
    for result in job.previous():
        if result.error is None and result.value["text"]:
            part = {name: result.value[name] for name in ("path", "page", "text")}
            yield Planned({"number": result.number, **part}, None)


def index_part(unit: Unit) -> Json:
    """``{"number": of the part, "passages", "words": different ones}``."""
    value, params = unit.value, unit.params
    section = IndexedSection(
        source=params["source_id"],
        number=value["number"],
        title=params["title"],
        passages=tuple(passages_of(value["text"])),
        uri=params["uri"],
        path=tuple(value["path"]),
        page=value["page"],
    )
    with patience():
        words = content_of(unit).index(section)
    return {"number": value["number"], "passages": len(section.passages), "words": words}


def summary(job: Finishing) -> Json:
    """``{"source_id", "title", "format", "document_title", "author", "pages", "parts", "words", "passages"}``.

    What an earlier processing has indexed beyond these parts leaves the index. Raises JobError when there is no text at all.
    """
    parts = {result.number: result.value for result in job.results(EXTRACT) if result.error is None}
    kept = {number for number, part in parts.items() if part["text"]}
    facts = json.loads(job.files.get(FACTS))
    content_of(job).forget(job.params["source_id"], kept)
    if not kept and not job.failed:
        raise JobError(f"the {facts['format'].upper()} has no text in it; it may be a scan")
    indexed = {result.value["number"]: result.value for result in job.results(INDEX) if result.error is None}
    return {
        "source_id": job.params["source_id"],
        "title": job.params["title"],
        "format": facts["format"],
        "document_title": facts["title"],
        "author": facts["author"],
        "pages": facts["pages"],
        "parts": len(parts),
        "words": sum(part["words"] for part in parts.values()),
        "passages": sum(part["passages"] for part in indexed.values()),
    }


def _outlined(job: Planning) -> Outline:
    uri, content_type, name = job.params["uri"], "", TEXT
    if uri is not None:
        content_type, name = copy_source(job, uri, DOCUMENT, LIMITS), DOCUMENT
    try:
        with copied(job.files, name) as path:
            return outline(path, content_type)
    except UnitError as error:
        raise JobError(str(error)) from None
    except (NotFound, KeyError):
        raise JobError("there is nothing to process: neither uri nor text was given") from None


def _page(unit: Unit, number: int) -> str:
    name = TEXT if unit.params["uri"] is None else DOCUMENT
    with patience(), COPIES.of((unit.tenant, unit.job_id, unit.value["copy"]), unit.files, name) as path:
        return page(path, number, unit.deadline).text[:MAX_PAGE]


def _named(section: Mapping[str, Any], copy: str) -> dict[str, Any]:
    if section["page"] is None:
        return {"path": section["path"], "text": section["text"]}
    return {"path": section["path"], "page": section["page"], "copy": copy}


SOURCE_PROCESS = Kind(
    name="source.process",
    title="Process a source",
    stages=(
        Stage(EXTRACT, plan_parts, extract_part, Policy(concurrency=2, chunk_size=20, timeout=90.0, attempts=4)),
        Stage(
            INDEX,
            plan_passages,
            index_part,
            Policy(concurrency=4, chunk_size=10, timeout=60.0, attempts=5, backoff=1.0),
        ),
    ),
    parse=parser(SourceProcess),
    schema=schema(SourceProcess),
    finish=summary,
)
