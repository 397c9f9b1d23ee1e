"""The planner of kinds whose units are documents that the caller lists."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain

from fermata.domain.kind import Files, JobError, Json, Line, Planned, Planning
from fermata.toolkit.documents import check_size, document_of
from fermata.toolkit.fetch.downloads import copy_source
from fermata.toolkit.fetch.limits import Limits
from fermata.toolkit.tabular.encoding import Census
from fermata.toolkit.tabular.lines import lines
from fermata.toolkit.tabular.rows import Row, csv_rows, json_rows
from fermata.toolkit.tabular.table import Asked, Table, normal, opened, pieces

DOCUMENTS = "documents.jsonl"
"""Name of the file in which a caller's documents lie, one JSON object a line."""

MAX_ROWS = 1_000_000
LIMITS = Limits(total=600.0, size=1024 * 1024 * 1024)

_COPY, _FORM = "documents.source", "documents.form.json"
_HEAD = 64 * 1024


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
    for line, end in lines(pieces(job.files, DOCUMENTS, start), start):
        if line.strip():
            row += 1
            yield Planned(Line(DOCUMENTS, start, end - line.endswith(b"\n")), {"at": end, "row": row})
        start = end


def _by_reference(job: Planning, url: str) -> Iterator[Planned]:
    mapping = job.params.get("column_mapping") or {}
    if job.cursor is None:
        _copy(job, url, mapping)
    start, number = _position(job.cursor)
    for row in _rows(job.files, start, mapping):
        number += 1
        yield Planned(_value(row, number, mapping), {"at": row.end, "row": number})


def _copy(job: Planning, url: str, mapping: Mapping[str, str]) -> None:
    """Keep the list among the job's files: a later slice reads on from a byte, whatever became of the source."""
    census = Census()
    try:
        said = copy_source(job, url, _COPY, LIMITS, lambda source: census.watched(source.chunks))
    except JobError as error:
        raise JobError(f"documents_url: {error}") from None
    try:
        job.files.put(_FORM, json.dumps(_form(job.files, census, said, mapping)).encode())
    except JobError as error:
        raise JobError(f"documents_url: {error}") from None


def _form(files: Files, census: Census, content_type: str, mapping: Mapping[str, str]) -> Json:
    """How the list is written: ``{"json": name of its file}``, or ``{"table": …}``."""
    wanted = ("file_path", *(column for column, name in mapping.items() if name == "file_path"))
    asked = Asked(wanted=wanted)
    name, encoding = normal(files, _COPY, census, asked, content_type)
    first = files.get(name, 0, _HEAD).lstrip()
    if not first:
        raise JobError("the list of documents is empty")
    if first.startswith(b"["):
        raise JobError("the list is a JSON array; it must be CSV or JSON Lines (one object a line)")
    if first.startswith(b"{"):
        return {"json": name}
    table = opened(files, name, encoding, asked)
    if set(wanted).isdisjoint(table.names):
        shown = ", ".join(table.names)[:200]
        raise JobError(f"the list has no column for file_path; its columns are: {shown}")
    return {"table": table.dump()}


def _form_anew(files: Files, mapping: Mapping[str, str]) -> Json:
    """Of a list that 0.1.0 has copied."""
    census = Census()
    for _ in census.watched(pieces(files, _COPY)):
        pass
    return _form(files, census, "", mapping)


def _rows(files: Files, start: int, mapping: Mapping[str, str]) -> Iterator[Row]:
    form = json.loads(files.get(_FORM)) if files.exists(_FORM) else _form_anew(files, mapping)
    if name := form.get("json"):
        yield from json_rows(lines(pieces(files, name, start), start))
        return
    table = Table.load(form["table"])
    start = max(start, table.end)
    yield from csv_rows(lines(pieces(files, table.file, start), start), table)


def _value(row: Row, number: int, mapping: Mapping[str, str]) -> Json:
    if row.value is None:
        return {"row": number, "malformed": f"row {number} {row.problem}"}
    try:
        document_of(row.value, mapping)
        check_size(row.value)
    except ValueError as error:
        return {"row": number, "malformed": f"row {number}: {error}"}
    return row.value


def _position(cursor: Json) -> tuple[int, int]:
    return (0, 0) if cursor is None else (cursor["at"], cursor["row"])
