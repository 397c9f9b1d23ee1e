"""The stages of an index: each document into the new one, then the new one in place of the old, then the old one's removal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fermata.content.building import Embed
from fermata.content.generations import Busy, Gone
from fermata.content.model import IndexedSection
from fermata.content.passages import passages_of
from fermata.content.vectors import packed
from fermata.content.workspace import content_of
from fermata.domain.kind import Finishing, JobError, Json, Kind, Line, Planned, Planning, Policy, Stage, Unit, UnitError
from fermata.kinds.index.parameters import Index
from fermata.toolkit.documents import document_of
from fermata.toolkit.extract import Section, outline, page
from fermata.toolkit.fetch import fetch
from fermata.toolkit.llm import SECRETS, Usage, model_for, terms, total_usage
from fermata.toolkit.llm.embeddings import embed
from fermata.toolkit.parameters import parser, schema
from fermata.toolkit.storage import patience
from fermata.toolkit.tabular.lines import lines
from fermata.toolkit.tabular.table import pieces
from fermata.toolkit.text.languages import language_of

DOCUMENTS, PUBLISH, CLEAN = "documents", "publish", "clean"
KEPT, REMOVED = "kept.jsonl", "removed.jsonl"
DOCUMENT, RECORD = "document.", "record."
"""What the names of sources begin with that an index was given, and a workspace's own don't."""

BLOCK, BLOCK_PARTS = 64_000, 500
"""Characters, and sections, that are indexed together."""

MAX_PAGES, MAX_TEXT = 2_000, 10_000_000
"""Pages, and characters, of a document that are indexed."""

PAGE = 200


def plan_contents(job: Planning) -> Iterator[Planned]:
    """A unit for each document: a ``source`` is carried over from the live index, a ``document`` fetched, a ``record`` looked up.

    Cursor: ``{"part", "at"}``, one after another.
    """
    build = content_of(job).build(job.job_id)
    cursor = job.cursor
    if cursor is None:
        try:
            build.begin()
        except Busy as busy:
            raise JobError(f"the job {busy} is building this workspace's index; wait for it, or cancel it") from None
        cursor = {"part": "kept", "at": None}
    parts: dict[str, Callable[[Planning, Any], Iterator[tuple[Json | Line, Json]]]] = {
        "kept": _kept,
        "documents": _documents,
        "records": _records,
    }
    order = list(parts)
    for name in order[order.index(cursor["part"]) :]:
        at = cursor["at"] if name == cursor["part"] else None
        for value, after in parts[name](job, at):
            yield Planned(value, {"part": name, "at": after})


def index_document(unit: Unit) -> Json:
    """One document in the new index: ``{"source_id", "title", "from": sources, documents or the table, "passages", "usage": what
    its vectors took, "truncated": whether it has more than was indexed}``."""
    value = unit.value
    build, asking = content_of(unit).build(unit.job_id), _Embedding(unit)
    try:
        with patience():
            build.go_on()
    except Busy as busy:
        raise UnitError(f"the job {busy} is building this workspace's index now; try again when it has ended") from None
    except Gone:
        raise UnitError("what this job had built was removed when another index was published; start anew") from None
    if "source" in value:
        with patience():
            passages = build.carry_over(value["source"], asking.embed, unit.params["model_name"] or "")
        return _told(value["source"], "", "sources", passages or 0, asking)
    source, title, sections, origin, truncated = _record(unit) if "record" in value else _document(unit)
    with patience():
        passages = build.add(source, list(_blocks(sections)), asking.embed)
    return _told(source, title, origin, passages, asking, truncated)


def plan_publishing(job: Planning) -> Iterator[Planned]:
    """One unit, once everything is in the new index. Raises JobError for what is not, unless it may be missing."""
    failed = {result.number: result.error for result in job.previous() if result.error is not None}
    if failed and job.params["skip_failures"]:
        # What is carried over and was not would be lost for good.
        values = enumerate(job.units(DOCUMENTS)) if failed else ()
        failed = {number: failed[number] for number, value in values if number in failed and "source" in value}
    if failed:
        number, error = min(failed.items())
        raise JobError(
            f"{len(failed)} of the documents could not be indexed, so the index stays as it was. Unit {number}: {error}"
        )
    yield Planned(None, None)


def publish(unit: Unit) -> Json:
    """``{"generation": name of the index that readers see from here on}``."""
    content = content_of(unit)
    build = content.build(unit.job_id)
    with patience():
        build.go_on()
        build.publish(unit.params["model_name"] or "")
    return {"generation": build.generation}


def plan_removal(job: Planning) -> Iterator[Planned]:
    """A unit for each source of an index that nobody reads any more: ``[generation, source]``."""
    if not job.files.exists(REMOVED):
        swept = content_of(job).build(job.job_id).sweep()
        job.files.write(REMOVED, (json.dumps(entry).encode() + b"\n" for entry in swept))
    for line, _ in lines(pieces(job.files, REMOVED)):
        yield Planned(json.loads(line), None)


def remove_source(unit: Unit) -> Json:
    """How many blocks it had."""
    with patience():
        return content_of(unit).build(unit.job_id).remove(*unit.value)


def summary(job: Finishing) -> Json:
    """``{"documents", "failed", "passages", "truncated": of them, not indexed whole, "from": documents by where they are from,
    "model", "usage"}``."""
    content_of(job).build(job.job_id).swept()
    done = [result for result in job.results(DOCUMENTS) if result.error is None]
    origins: dict[str, int] = {}
    for result in done:
        origins[result.value["from"]] = origins.get(result.value["from"], 0) + 1
    counts = {
        "documents": len(done),
        "failed": job.failed,
        "passages": sum(result.value["passages"] for result in done),
        "truncated": sum(result.value.get("truncated", False) for result in done),
        "from": origins,
        "model": job.params["model_name"],
    }
    usage = total_usage(result.value["usage"] for result in done)
    return counts | ({"usage": usage} if job.params["model_name"] else {})


class _Embedding:
    """Vectors for a unit's passages, where a model is named, and what they took."""

    def __init__(self, unit: Unit) -> None:
        self.usage = Usage()
        self._unit, self._model = unit, model_for(unit)

    @property
    def embed(self) -> Embed | None:
        return self._vectors if self._model is not None else None

    def _vectors(self, texts: Any) -> list[bytes]:
        assert self._model is not None  # noqa: S101 - it is asked for nothing otherwise
        unit = self._unit
        vectors, usage = embed(self._model, texts, unit.settings, unit.deadline, unit.check)
        self.usage += usage
        try:
            return [packed(vector) for vector in vectors]
        except ValueError as error:
            raise UnitError(f"the model endpoint answered with {error}") from None


def _told(source: str, title: str, origin: str, passages: int, asking: _Embedding, truncated: bool = False) -> Json:
    usage = asking.usage.shown() if asking.usage.requests else None
    found = {"source_id": source, "title": title, "from": origin, "passages": passages, "usage": usage}
    return {**found, "truncated": truncated}


# What there is to index. -------------------------------------------------------------------------------------------------


def _kept(job: Planning, at: int | None) -> Iterator[tuple[Json | Line, Json]]:
    """What the live index keeps, but for what this job brings anew; listed once, so that the planner may be interrupted."""
    if at is None:
        job.files.write(KEPT, _listed(job))
    start = at or 0
    for line, end in lines(pieces(job.files, KEPT, start), start):
        yield Line(KEPT, start, end - len(line) + len(line.rstrip())), end
        start = end


def _listed(job: Planning) -> Iterator[bytes]:
    params = job.params
    renewed = {_name(DOCUMENT, document_of(row).file_path) for row in params["documents"]}
    with_table = f"{RECORD}{params['table']}."
    for source in content_of(job).build(job.job_id).live_sources():
        own = not source.startswith((DOCUMENT, RECORD))
        if own or (params["mode"] == "add" and source not in renewed and not source.startswith(with_table)):
            yield json.dumps({"source": source}).encode() + b"\n"


def _documents(job: Planning, at: int | None) -> Iterator[tuple[Json, Json]]:
    rows = job.params["documents"]
    for number in range(at or 0, len(rows)):
        yield {"document": rows[number]}, number + 1


def _records(job: Planning, after: str | None) -> Iterator[tuple[Json, Json]]:
    table = job.params["table"]
    while table:
        page_ = content_of(job).records(table, after or "", PAGE)
        for record in page_:
            yield {"record": record.key}, record.key
        if len(page_) < PAGE:
            return
        after = page_[-1].key


def _name(kind: str, of: str) -> str:
    return kind + hashlib.sha256(of.encode(errors="surrogatepass")).hexdigest()[:24]


def _document(unit: Unit) -> tuple[str, str, list[IndexedSection], str, bool]:
    row = unit.value["document"]
    if isinstance(row, Mapping) and "malformed" in row:
        raise UnitError(str(row["malformed"]))
    try:
        document = document_of(row)
    except ValueError as error:
        raise UnitError(str(error)) from None
    with fetch(document.file_source_type, document.file_path, unit.settings, deadline=unit.deadline) as copy:
        found = outline(copy.path, copy.content_type, unit.deadline)
        parts = [part if part.page is None else _page(unit, copy.path, part) for part in found.sections[:MAX_PAGES]]
    if not any(part.text for part in parts):
        raise UnitError(f"the {found.format.upper()} has no text in it; it may be a scan")
    name = _name(DOCUMENT, document.file_path)
    sections = [
        IndexedSection(
            source=name,
            number=number,
            title=document.title,
            passages=tuple(passages_of(part.text[:MAX_TEXT])),
            uri=document.file_path,
            path=part.path,
            page=part.page,
            document_title=found.title,
        )
        for number, part in enumerate(parts)
        if part.text or part.path
    ]
    return name, document.title, sections, "documents", found.truncated or len(found.sections) > len(parts)


def _page(unit: Unit, path: Any, part: Section) -> Section:
    unit.check()
    assert part.page is not None  # noqa: S101 - for the type checker
    return replace(part, text=page(path, part.page, unit.deadline).text)


def _record(unit: Unit) -> tuple[str, str, list[IndexedSection], str, bool]:
    params, key, table = unit.params, unit.value["record"], unit.params["table"]
    with patience():
        record = content_of(unit).find_records(table, [key]).get(key)
    if record is None:
        raise UnitError(f"the table {table} has no record {key[:100]!r} any more")
    title = _text(record.values.get(params["title_field"])) or key
    text = "\n\n".join(filter(None, (_text(record.values.get(name)) for name in params["text_fields"])))
    name = _name(f"{RECORD}{table}.", key)
    section = IndexedSection(
        source=name,
        number=0,
        title=title[:500],
        passages=tuple(passages_of(text[:MAX_TEXT])),
        uri=_text(record.values.get(params["url_field"])) or None,
    )
    return name, title, [section], table, len(text) > MAX_TEXT


def _text(value: Json) -> str:
    return "" if value is None else " ".join(map(_text, value)) if isinstance(value, list) else str(value).strip()


def _blocks(sections: list[IndexedSection]) -> Iterator[list[IndexedSection]]:
    """Sections that are indexed together, with the language that they are in."""
    block: list[IndexedSection] = []
    size = 0
    for section in sections:
        length = sum(map(len, section.passages))
        if block and (size + length > BLOCK or len(block) == BLOCK_PARTS):
            yield _spoken(block)
            block, size = [], 0
        block.append(section)
        size += length
    if block:
        yield _spoken(block)


def _spoken(block: list[IndexedSection]) -> list[IndexedSection]:
    language = language_of("\n".join(text for section in block for text in section.passages))
    return [replace(section, language=language) for section in block]


STORING = Policy(concurrency=4, chunk_size=10, timeout=60.0, attempts=5, backoff=1.0, rated=False)

INDEX = Kind(
    name="index",
    title="Build the index",
    stages=(
        Stage(
            DOCUMENTS,
            plan_contents,
            index_document,
            Policy(concurrency=4, chunk_size=10, timeout=300.0, attempts=5, backoff=1.0),
        ),
        Stage(PUBLISH, plan_publishing, publish, STORING),
        Stage(CLEAN, plan_removal, remove_source, STORING),
    ),
    families=frozenset({"tasks"}),
    parse=parser(Index),
    schema=schema(Index),
    finish=summary,
    secrets=SECRETS,
    terms=terms,
)
