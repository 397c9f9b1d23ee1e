"""Results as rows: what became of each document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fermata.control.engine import Engine
from fermata.control.results import Position, unit_values, unread
from fermata.domain.chunks import Chunk
from fermata.domain.jobs import Job
from fermata.domain.kind import Json, Result
from fermata.kinds.documents import FIELDS, document_of

PAGE_BYTES = 2 * 1024 * 1024
"""Of a page, but for its last row. A response may have 6 MB, in which each quote takes two bytes."""

STAGE = 0


@dataclass(frozen=True)
class Page:
    """Rows, where to go on after them, and whether there may be more."""

    rows: list[dict[str, Json]]
    position: Position
    more: bool


def page_of(engine: Engine, job: Job, position: Position, limit: int) -> Page:
    """At most ``limit`` rows, and not many more bytes than a page may have."""
    rows: list[dict[str, Json]] = []
    size = 0
    named = Documents(engine, job)
    for result, after in unread(engine, job, STAGE, position):
        if len(rows) == limit or size > PAGE_BYTES:
            return Page(rows, position, more=True)
        row = named.row(result)
        rows.append(row)
        size += len(json.dumps(row))
        position = after
    return Page(rows, position, more=not job.closed)


@dataclass
class Documents:
    """Makes rows. A failed result does not say which document it was, so its chunk's documents are read."""

    engine: Engine
    job: Job
    chunks: list[Chunk] | None = None
    chunk: Chunk | None = None
    values: tuple[Json, ...] = ()

    def row(self, result: Result) -> dict[str, Json]:
        value = result.value if result.error is None else self._document(result.number)
        known: Mapping[str, Json] = value if isinstance(value, Mapping) else {}
        return {
            "row": result.number + 1,
            **{name: known.get(name) for name in FIELDS},
            "columns": known.get("columns", {}),
            "tags": known.get("tags"),
            "error": result.error,
        }

    def _document(self, number: int) -> dict[str, Json]:
        value = self._value(number)
        try:
            document = document_of(value, self.job.params.get("column_mapping"))
        except ValueError:
            return {}
        return {
            "title": document.title,
            "file_path": document.file_path,
            "file_source_type": document.file_source_type,
            "columns": dict(document.columns),
        }

    def _value(self, number: int) -> Json:
        if self.chunk is None or not self.chunk.first <= number < self.chunk.first + self.chunk.size:
            self.chunks = self.chunks or self.engine.ledger.chunks(self.job.ref, STAGE)
            self.chunk = next(chunk for chunk in self.chunks if chunk.first <= number < chunk.first + chunk.size)
            self.values = tuple(unit_values(self.engine, self.job, self.chunk))
        return self.values[number - self.chunk.first]


def all_rows(engine: Engine, job: Job, results: Iterator[Result]) -> Iterator[dict[str, Json]]:
    named = Documents(engine, job)
    return (named.row(result) for result in results)
