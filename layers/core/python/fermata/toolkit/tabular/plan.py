"""The planner of kinds whose units are documents that the caller lists."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import chain

from fermata.domain.kind import Files, JobError, Json, Line, Planned, Planning, UnitError, UnitRetry
from fermata.toolkit.documents import document_of
from fermata.toolkit.fetch.fetch import open_source
from fermata.toolkit.fetch.limits import Limits
from fermata.toolkit.tabular.lines import lines
from fermata.toolkit.tabular.rows import Header, Row, csv_header, csv_rows, json_rows

DOCUMENTS = "documents.jsonl"
"""Name of the file in which a caller's documents lie, one JSON object a line."""

MAX_ROWS = 1_000_000
LIMITS = Limits(total=600.0, size=1024 * 1024 * 1024)
PAUSES = (1.0, 4.0)
"""Seconds before the list is asked for again that can't be fetched for now."""

LONGEST_PAUSE = 20.0

_COPY = "documents.source"
_PIECE = 256 * 1024


def plan_documents(job: Planning) -> Iterator[Planned]:
    """The documents of the job's ``documents_url``, or else of its file :data:`DOCUMENTS`.

    A unit's value is the row as the caller wrote it; a malformed row becomes ``{"row": number, "malformed": reason}``,
    whose unit fails with that reason. Cursor: ``{"at": offset, "row": rows before it}``. Raises JobError.
    """
    url = job.params.get("documents_url")
    planned = _by_reference(job, url) if url else _lines_of_file(job)
    first = next(planned, None)
    if first is None:
        if job.cursor is None:
            raise JobError("the list of documents is empty")
        return
    for unit in chain((first,), planned):
        if unit.cursor["row"] > MAX_ROWS:
            raise JobError(f"the list has more than {MAX_ROWS} documents")
        yield unit


def _lines_of_file(job: Planning) -> Iterator[Planned]:
    start, row = _position(job.cursor)
    for line, end in lines(_pieces(job.files, start, DOCUMENTS), start):
        if line.strip():
            row += 1
            yield Planned(Line(DOCUMENTS, start, end - line.endswith(b"\n")), {"at": end, "row": row})
        start = end


def _by_reference(job: Planning, url: str) -> Iterator[Planned]:
    if job.cursor is None:
        _copy(job, url)
    start, number = _position(job.cursor)
    mapping = job.params.get("column_mapping") or {}
    for row in _rows(job.files, start, mapping):
        number += 1
        yield Planned(_value(row, number, mapping), {"at": row.end, "row": number})


def _copy(job: Planning, url: str) -> None:
    """Keep the list among the job's files: a later slice reads on from a byte, whatever became of the source."""
    source_type = "s3" if url.lower().startswith("s3:") else "url"
    for wait in (*PAUSES, None):
        try:
            with open_source(source_type, url, job.settings, LIMITS) as source:
                job.files.write(_COPY, source.chunks)
                return
        except UnitError as error:
            raise JobError(f"documents_url: {error}") from None
        except UnitRetry as error:
            if wait is None:
                raise JobError(f"documents_url: {error} (tried {len(PAUSES) + 1} times)") from None
            time.sleep(min(error.after or wait, LONGEST_PAUSE))


def _rows(files: Files, start: int, mapping: Mapping[str, str]) -> Iterator[Row]:
    if _is_json(next(_pieces(files, 0), b"")):
        yield from json_rows(lines(_pieces(files, start), start))
        return
    header = _header(files, mapping)
    start = max(start, header.end)
    yield from csv_rows(lines(_pieces(files, start), start), header)


def _pieces(files: Files, start: int, name: str = _COPY) -> Iterator[bytes]:
    with closing(files.open(name, start)) as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _is_json(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise JobError("the list of documents is empty")
    if text.startswith(b"["):
        raise JobError("the list is a JSON array; it must be CSV or JSON Lines (one object a line)")
    if b"\0" in text:
        raise JobError("the list is not CSV or JSON Lines in UTF-8")
    return text.startswith(b"{")


def _header(files: Files, mapping: Mapping[str, str]) -> Header:
    columns = ["file_path", *(column for column, name in mapping.items() if name == "file_path")]
    return csv_header(lines(_pieces(files, 0)), columns)


def _value(row: Row, number: int, mapping: Mapping[str, str]) -> Json:
    if row.value is None:
        return {"row": number, "malformed": f"row {number} {row.problem}"}
    try:
        document_of(row.value, mapping)
    except ValueError as error:
        return {"row": number, "malformed": f"row {number}: {error}"}
    return row.value


def _position(cursor: Json) -> tuple[int, int]:
    return (0, 0) if cursor is None else (cursor["at"], cursor["row"])
