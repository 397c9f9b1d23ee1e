"""Results as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from fastapi import Response
from fastapi.responses import RedirectResponse

from fermata.api.batch.rows import PAGE_BYTES, all_rows, page_of
from fermata.api.views import counts_of
from fermata.control.engine import Engine
from fermata.control.results import Position, settled
from fermata.domain.jobs import Job
from fermata.domain.kind import Json

COLUMNS = ("row", "title", "file_path", "file_source_type", "columns", "tags", "error")
MOST_AT_ONCE = 200_000
"""Rows that are put into one file within the time of one request."""

LINK_SECONDS = 600
MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


def answer(engine: Engine, job: Job, position: Position, format_: str, seal: Callable[[Position], str]) -> Response:
    """The whole file of a job that is over, else a page of it."""
    if not position.places and job.closed and counts_of(engine, job).settled <= MOST_AT_ONCE:
        return _whole(engine, job, format_)
    page = page_of(engine, job, position, MOST_AT_ONCE)
    body = b"".join(_lines(page.rows, format_, header=not position.places))
    link = f'<results?format={format_}&cursor={seal(page.position)}>; rel="next"'
    return _file(job, format_, body, {"Link": link} if page.more else {})


def _whole(engine: Engine, job: Job, format_: str) -> Response:
    files, name = engine.files(job), f"results-{job.run}.{format_}"
    if not files.exists(name):
        lines = _lines(all_rows(engine, job, settled(engine, job, 0)), format_, header=True)
        first = list(_upto(lines, PAGE_BYTES))
        following = next(lines, None)
        if following is None:
            return _file(job, format_, b"".join(first), {})
        files.write(name, chain(first, (following,), lines))
    return RedirectResponse(engine.blobs.link(files.key(name), LINK_SECONDS), 303)


def _upto(lines: Iterator[bytes], size: int) -> Iterator[bytes]:
    taken = 0
    while taken < size and (line := next(lines, None)) is not None:
        taken += len(line)
        yield line


def _file(job: Job, format_: str, body: bytes, headers: Mapping[str, str]) -> Response:
    disposition = f'attachment; filename="{job.public_id}.{format_}"'
    return Response(body, media_type=MEDIA[format_], headers={"Content-Disposition": disposition, **headers})


def _lines(rows: Iterable[dict[str, Json]], format_: str, *, header: bool) -> Iterator[bytes]:
    if format_ == "jsonl":
        return (json.dumps(row, ensure_ascii=False).encode(errors="replace") + b"\n" for row in rows)
    return _csv(rows, header)


def _csv(rows: Iterable[dict[str, Json]], header: bool) -> Iterator[bytes]:
    """Tags are joined by semicolons; the caller's other columns are one JSON object, since rows differ in them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    if header:
        writer.writeheader()
    for row in rows:
        columns = json.dumps(row["columns"], ensure_ascii=False) if row["columns"] else ""
        writer.writerow(row | {"columns": columns, "tags": "; ".join(row["tags"] or ())})
        yield text.getvalue().encode(errors="replace")
        text.seek(0)
        text.truncate()
    if header and text.tell():
        yield text.getvalue().encode()
