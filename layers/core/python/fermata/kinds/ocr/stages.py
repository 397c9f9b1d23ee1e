"""The stages of reading images: what pages each document has to be read, then each page."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from fermata.domain.kind import Finishing, Json, Kind, Planned, Planning, Policy, Stage, Unit, UnitError
from fermata.kinds.ocr.parameters import Ocr
from fermata.toolkit import ocr
from fermata.toolkit.copies import COPIES
from fermata.toolkit.documents import document_of
from fermata.toolkit.fetch import fetch
from fermata.toolkit.fetch.limits import MIB, Limits
from fermata.toolkit.llm import SECRETS, Usage, model_for, total_usage
from fermata.toolkit.llm import terms as model_terms
from fermata.toolkit.llm.vision import transcribe
from fermata.toolkit.parameters import parser, schema
from fermata.toolkit.storage import patience

DOCUMENTS, PAGES = "documents", "pages"
WORKER = "ocr"
LIMITS = Limits(total=120.0, size=50 * MIB)
MAX_TEXT, MAX_LINES = 50_000, 1_000
"""Characters of a page that are kept, and lines of it that are told with their places."""


def plan_documents(job: Planning) -> Iterator[Planned]:
    """A unit for each document. Cursor: how many are named."""
    rows = job.params["documents"]
    for number in range(job.cursor or 0, len(rows)):
        yield Planned({"document": number, "row": rows[number]}, number + 1)


def find_pages(unit: Unit) -> Json:
    """What of a document has to be read: ``{"document": its number, "title", "file", "copy": which fetch it was, "format",
    "pages": how many it has, "numbers": those to read}``."""
    number = unit.value["document"]
    try:
        document = document_of(unit.value["row"])
    except ValueError as error:
        raise UnitError(str(error)) from None
    name = f"document-{number}"
    with fetch(document.file_source_type, document.file_path, unit.settings, LIMITS, unit.deadline) as copy:
        found = ocr.pages(copy.path, unit.deadline)
        with copy.path.open("rb") as stream, patience():
            unit.files.write(name, iter(lambda: stream.read(MIB), b""))
    every = found.format == ocr.PDF and unit.params["pages"] == "all"
    return {
        "document": number,
        "title": document.title,
        "file": name,
        "copy": secrets.token_hex(8),
        "format": found.format,
        "pages": found.count,
        "numbers": list(range(1, found.count + 1)) if every else list(found.without_text),
    }


def plan_pages(job: Planning) -> Iterator[Planned]:
    """A unit for each page that has to be read: ``{"document", "title", "file", "copy", "format", "page": from 1}``."""
    for result in job.previous():
        if result.error is None:
            shared = {name: result.value[name] for name in ("document", "title", "file", "copy", "format")}
            for number in result.value["numbers"]:
                yield Planned({**shared, "page": number}, None)


def read_page(unit: Unit) -> Json:
    """``{"document", "title", "page", "text", "confidence": 0 to 1, null where nobody says, "width", "height": of the image in
    pixels, "turned": degrees clockwise by which it was turned to be upright, "lines": [{"text", "confidence", "box": [left, top,
    width, height]}], "engine": Tesseract or the model, "usage"}``."""
    page, usage = unit.value, Usage()
    model = model_for(unit)
    with patience(), COPIES.of((unit.tenant, unit.job_id, page["copy"]), unit.files, page["file"]) as path:
        if model is None:
            found = ocr.recognise(path, page["format"], page["page"], unit.params["languages"], unit.deadline)
        else:
            image = ocr.drawn(path, page["format"], page["page"], unit.deadline)
            unit.check()
            found, usage = transcribe(model, image, unit.settings, unit.deadline)
    return {
        "document": page["document"],
        "title": page["title"],
        "page": page["page"],
        "text": found.text[:MAX_TEXT],
        "confidence": found.confidence,
        "width": found.width,
        "height": found.height,
        "turned": found.turned,
        "lines": [line.shown() for line in found.lines[:MAX_LINES]] if unit.params["boxes"] else [],
        "engine": found.engine,
        "usage": usage.shown() if usage.requests else None,
    }


def summary(job: Finishing) -> Json:
    """``{"documents", "pages": those that were read, "characters", "failed"}``, with a model also ``"usage"``."""
    read = [result.value for result in job.results(PAGES) if result.error is None]
    counts = {
        "documents": sum(result.error is None for result in job.results(DOCUMENTS)),
        "pages": len(read),
        "characters": sum(len(page["text"]) for page in read),
        "failed": job.failed,
    }
    if not job.params["model_name"]:
        return counts
    return counts | {"usage": total_usage(page["usage"] for page in read)}


OCR = Kind(
    name="ocr",
    title="Read images",
    stages=(
        Stage(
            DOCUMENTS,
            plan_documents,
            find_pages,
            Policy(concurrency=2, chunk_size=10, timeout=180.0, attempts=4, backoff=1.0),
            worker=WORKER,
        ),
        Stage(
            PAGES,
            plan_pages,
            read_page,
            Policy(concurrency=2, chunk_size=5, timeout=240.0, attempts=4, backoff=1.0),
            worker=WORKER,
        ),
    ),
    families=frozenset({"tasks"}),
    parse=parser(Ocr),
    schema=schema(Ocr),
    finish=summary,
    secrets=SECRETS,
    terms=model_terms,
)
