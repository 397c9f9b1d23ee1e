"""The stages of a source's processing: extract its text part by part, then index each part."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from fermata.content.model import IndexedSection
from fermata.content.passages import passages_of
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
from fermata.toolkit.text.languages import language_of

DOCUMENT, OUTLINE, FACTS = "document", "outline.json", "facts.json"
EXTRACT, INDEX = "extract", "index"
LIMITS = Limits(total=120.0, size=50 * MIB)
MAX_PAGE = 50_000
"""Characters of a page that are kept."""

BLOCK, BLOCK_PARTS = 64_000, 500
"""Characters, and parts, that are indexed together; the more, the fewer items the index takes."""


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


def plan_blocks(job: Planning) -> Iterator[Planned]:
    """The parts that have text or a heading, in blocks that are indexed together: ``{"sections": [{"number", "path", "page",
    "text"}]}``."""
    block: list[dict[str, Any]] = []
    size = 0
    for result in job.previous():
        if result.error is not None or not (result.value["text"] or result.value["path"]):
            continue
        if block and (size + len(result.value["text"]) > BLOCK or len(block) == BLOCK_PARTS):
            yield Planned({"sections": block}, None)
            block, size = [], 0
        block.append({"number": result.number, **{name: result.value[name] for name in ("path", "page", "text")}})
        size += len(result.value["text"])
    if block:
        yield Planned({"sections": block}, None)


def index_block(unit: Unit) -> Json:
    """``{"number": of the first part, "parts", "passages", "words": different ones}``."""
    parts, params = unit.value.get("sections") or [unit.value], unit.params
    document_title = json.loads(unit.files.get(FACTS)).get("title") or ""
    sections = [
        IndexedSection(
            source=params["source_id"],
            number=part["number"],
            title=params["title"],
            passages=tuple(passages_of(part["text"])),
            uri=params["uri"],
            path=tuple(part["path"]),
            page=part["page"],
            document_title=document_title,
        )
        for part in parts
    ]
    language = language_of("\n".join(part["text"] for part in parts))
    with patience():
        words = content_of(unit).index([replace(section, language=language) for section in sections])
    passages = sum(len(section.passages) for section in sections)
    return {"number": sections[0].number, "parts": len(sections), "passages": passages, "words": words}


def summary(job: Finishing) -> Json:
    """``{"source_id", "title", "format", "document_title", "author", "pages", "parts", "words", "passages"}``.

    What an earlier processing has indexed beyond these parts leaves the index. Raises JobError when there is no text at
    all, in the words of the first part that could not be read.
    """
    extracted = list(job.results(EXTRACT))
    parts = {result.number: result.value for result in extracted if result.error is None}
    facts = json.loads(job.files.get(FACTS))
    indexed = {result.value["number"]: result.value for result in job.results(INDEX) if result.error is None}
    content_of(job).forget(job.params["source_id"], frozenset(indexed))
    if not any(part["text"] for part in parts.values()):
        reasons = [f"; {result.error}" for result in extracted if result.error is not None]
        raise JobError(f"the {facts['format'].upper()} has no text that can be read{reasons[0] if reasons else ''}")
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
            plan_blocks,
            index_block,
            Policy(concurrency=4, chunk_size=10, timeout=60.0, attempts=5, backoff=1.0),
        ),
    ),
    families=frozenset({"sources"}),
    parse=parser(SourceProcess),
    schema=schema(SourceProcess),
    finish=summary,
)
