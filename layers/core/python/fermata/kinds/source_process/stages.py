"""The stages of a source's processing: extract its text part by part, read scanned pages by OCR, then index all parts."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from fermata.content.model import IndexedSection
from fermata.content.passages import passages_of
from fermata.content.workspace import content_of
from fermata.domain.errors import NotFound
from fermata.domain.kind import (
    Finishing,
    JobError,
    Json,
    Kind,
    Planned,
    Planning,
    Policy,
    Result,
    Stage,
    Unit,
    UnitError,
)
from fermata.kinds.source_process.parameters import TEXT, SourceProcess
from fermata.toolkit import ocr
from fermata.toolkit.copies import COPIES, copied
from fermata.toolkit.extract import Outline, Section, outline, page
from fermata.toolkit.fetch.downloads import copy_source
from fermata.toolkit.fetch.limits import MIB, Limits
from fermata.toolkit.parameters import parser, schema
from fermata.toolkit.storage import patience
from fermata.toolkit.text.languages import language_of

DOCUMENT, OUTLINE, FACTS = "document", "outline.json", "facts.json"
EXTRACT, OCR, INDEX = "extract", "ocr", "index"
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
        job.files.put(OUTLINE, json.dumps(asdict(found)["sections"], ensure_ascii=False).encode())
        facts = {"format": found.format, "title": found.title, "author": found.author, "pages": found.pages or None}
        facts["truncated"] = found.truncated
        job.files.put(FACTS, json.dumps(facts | {"copy": secrets.token_hex(8)}).encode())
    sections, facts = json.loads(job.files.get(OUTLINE)), json.loads(job.files.get(FACTS))
    for number in range(job.cursor or 0, len(sections)):
        yield Planned(_named(sections[number], facts["copy"]), number + 1)


def extract_part(unit: Unit) -> Json:
    """``{"path", "page": from 1, null without pages, "text", "words"}``; a page without text has an empty one, and one that takes
    OCR has ``"scan"``: which fetch of the document it is of."""
    number = unit.value.get("page")
    if number is None:
        return _part(unit.value["path"], None, unit.value["text"])
    found = _page(unit, number)
    made = _part(unit.value["path"], number, found.text)
    return {**made, "scan": unit.value["copy"]} if found.takes_ocr else made


def plan_scans(job: Planning) -> Iterator[Planned]:
    """The pages that take OCR: ``{"part": the number of its part, "path", "page", "copy"}``."""
    for result in job.previous():
        if result.error is None and result.value.get("scan"):
            value = result.value
            named = {"part": result.number, "path": value["path"], "page": value["page"], "copy": value["scan"]}
            yield Planned(named, None)


def read_scan(unit: Unit) -> Json:
    """The part anew, with the page's text, its number as ``"part"``, and ``"confidence"``: 0 to 1, null for an empty page."""
    value, languages = unit.value, unit.params.get("languages") or ["eng"]
    with _copy(unit) as path:
        found = ocr.recognise(path, ocr.PDF, value["page"], languages, unit.deadline)
    made = _part(value["path"], value["page"], found.text[:MAX_PAGE])
    return {**made, "part": value["part"], "confidence": found.confidence}


def plan_blocks(job: Planning) -> Iterator[Planned]:
    """The parts that have text or a heading, in blocks that are indexed together: ``{"sections": [{"number", "path", "page",
    "text"}]}``."""
    block: list[dict[str, Any]] = []
    size = 0
    for number, part in _parts(job.results):
        if not (part["text"] or part["path"]):
            continue
        if block and (size + len(part["text"]) > BLOCK or len(block) == BLOCK_PARTS):
            yield Planned({"sections": block}, None)
            block, size = [], 0
        block.append({"number": number, **{name: part[name] for name in ("path", "page", "text")}})
        size += len(part["text"])
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
    """``{"source_id", "title", "format", "document_title", "author", "pages", "scanned": those read by OCR, "parts",
    "words", "passages", "truncated": whether the document has more than was read}``.

    What an earlier processing has indexed beyond these parts leaves the index. Raises JobError when there is no text at
    all, in the words of the first part that could not be read.
    """
    failures = [result.error for stage in (EXTRACT, OCR) for result in job.results(stage) if result.error is not None]
    counted = [(bool(part["text"]), part["words"], "part" in part) for _, part in _parts(job.results)]
    facts = json.loads(job.files.get(FACTS))
    indexed = {result.value["number"]: result.value for result in job.results(INDEX) if result.error is None}
    content_of(job).forget(job.params["source_id"], frozenset(indexed))
    if not any(has_text for has_text, _, _ in counted):
        reason = f"; {failures[0]}" if failures else ""
        raise JobError(f"the {facts['format'].upper()} has no text that can be read{reason}")
    return {
        "source_id": job.params["source_id"],
        "title": job.params["title"],
        "format": facts["format"],
        "document_title": facts["title"],
        "author": facts["author"],
        "pages": facts["pages"],
        "scanned": sum(by_ocr for _, _, by_ocr in counted),
        "parts": len(counted),
        "words": sum(words for _, words, _ in counted),
        "passages": sum(part["passages"] for part in indexed.values()),
        "truncated": facts.get("truncated", False),
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


def _parts(results: Callable[[str], Iterator[Result]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each part by its number: first those with a text of their own, then those that were read by OCR."""
    for result in results(EXTRACT):
        if result.error is None and not result.value.get("scan"):
            yield result.number, result.value
    for result in results(OCR):
        if result.error is None:
            yield result.value["part"], result.value


def _part(path: list[str], number: int | None, text: str) -> dict[str, Any]:
    return {"path": path, "page": number, "text": text, "words": len(text.split())}


def _page(unit: Unit, number: int) -> Section:
    with _copy(unit) as path:
        found = page(path, number, unit.deadline)
    return replace(found, text=found.text[:MAX_PAGE])


@contextmanager
def _copy(unit: Unit) -> Iterator[Path]:
    name = TEXT if unit.params["uri"] is None else DOCUMENT
    with patience(), COPIES.of((unit.tenant, unit.job_id, unit.value["copy"]), unit.files, name) as path:
        yield path


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
            OCR,
            plan_scans,
            read_scan,
            Policy(concurrency=2, chunk_size=5, timeout=240.0, attempts=4, backoff=1.0),
            worker="ocr",
        ),
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
