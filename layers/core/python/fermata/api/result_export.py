"""Results as rows, a page of them at a time or as a file; how a row looks is the family's affair."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from fastapi import Response
from fastapi.responses import RedirectResponse

from fermata.api import csv_file
from fermata.api.csv_file import MEDIA, RAW, RAW_CSV
from fermata.control.counts import counts_of
from fermata.control.engine import Engine
from fermata.control.results import JobPosition, settled, unit_values, unread_of
from fermata.domain.chunks import Chunk
from fermata.domain.jobs import Job
from fermata.domain.kind import Json, Result
from fermata.domain.strict_json import dumps, escaped_size

PAGE_BYTES = 4 * 1024 * 1024
"""Of a page, escaped as a function's answer is on its way out, but for its last row."""

MAX_PAGE = 5_500_000
"""Bytes of a page with its last row; a response may have 6 MB."""

MOST_AT_ONCE = 200_000
"""Rows that are put into one file within the time of one request."""

LINK_SECONDS = 600

__all__ = ["RAW", "RAW_CSV", "Inputs", "Page", "ResultColumns", "Row", "download", "page_of"]

Row = dict[str, Json]


@dataclass(frozen=True)
class ResultColumns:
    """A job's results as a family shows them.

    Attributes:
        stages: those that are shown, in order, and the row of a result of each.
        columns: of a CSV file, in order.
        cells: a row as it stands in a CSV file.
        failed: only failed units.
        raw: cells of a CSV file stand as they are, which a spreadsheet may take for formulas.
        name: tells the files of one job apart.
    """

    engine: Engine
    job: Job
    stages: Mapping[int, Callable[[Result], Row]]
    columns: tuple[str, ...]
    cells: Callable[[Row], Mapping[str, Json]]
    failed: bool = False
    name: str = "results"
    raw: bool = False


@dataclass(frozen=True)
class Page:
    """Rows, where to go on after them, and whether there may be more."""

    rows: list[Row]
    position: JobPosition
    more: bool


def page_of(shown: ResultColumns, position: JobPosition, limit: int) -> Page:
    """At most ``limit`` rows, and not many more bytes than a page may have."""
    rows: list[Row] = []
    size = 0
    found = unread_of(shown.engine, shown.job, shown.stages, position, only_failed=shown.failed)
    for stage, result, after in found:
        if len(rows) == limit or size > PAGE_BYTES:
            return Page(rows, position, more=True)
        row = shown.stages[stage](result)
        more = escaped_size(dumps(row))
        if rows and size + more > MAX_PAGE:
            return Page(rows, position, more=True)
        rows.append(row)
        size += more
        position = after
    return Page(rows, position, more=not shown.job.closed)


def download(
    shown: ResultColumns,
    position: JobPosition | None,
    format_: str,
    seal: Callable[[JobPosition], str],
    limit: int | None = None,
) -> Response:
    """The whole file of a job that is over, else a page of it, with the rest under ``Link``.

    Args:
        position: None: from the beginning.
        seal: the rest's cursor, and whatever other parameters ask for the rest.
        limit: rows, for whoever wants a page of it in any case.
    """
    job = shown.job
    whole = limit is None and position is None and job.closed
    if whole and counts_of(shown.engine, job).settled <= MOST_AT_ONCE:
        return _whole(shown, format_)
    page = page_of(shown, position or JobPosition({}), limit or MOST_AT_ONCE)
    body = b"".join(_lines(shown, page.rows, format_, header=position is None))
    kept = ("&raw=true" if shown.raw else "") + (f"&limit={limit}" if limit is not None else "")
    link = f'<results?format={format_}{kept}&cursor={seal(page.position)}>; rel="next"'
    return _file(job, format_, body, {"Link": link} if page.more else {})


def _whole(shown: ResultColumns, format_: str) -> Response:
    kind = "raw." if shown.raw else ""
    files, name = shown.engine.files(shown.job), f"{shown.name}-{shown.job.run}.{kind}{format_}"
    if not files.exists(name):
        lines = _lines(shown, _rows(shown), format_, header=True)
        first = list(_upto(lines, PAGE_BYTES))
        following = next(lines, None)
        if following is None:
            return _file(shown.job, format_, b"".join(first), {})
        files.write(name, chain(first, (following,), lines))
    return RedirectResponse(shown.engine.blobs.link(files.key(name), LINK_SECONDS), 303)


def _upto(lines: Iterator[bytes], size: int) -> Iterator[bytes]:
    taken = 0
    while taken < size and (line := next(lines, None)) is not None:
        taken += escaped_size(line)
        yield line


def _file(job: Job, format_: str, body: bytes, headers: Mapping[str, str]) -> Response:
    disposition = f'attachment; filename="{job.public_id}.{format_}"'
    return Response(body, media_type=MEDIA[format_], headers={"Content-Disposition": disposition, **headers})


def _rows(shown: ResultColumns) -> Iterator[Row]:
    for stage, row in shown.stages.items():
        for result in settled(shown.engine, shown.job, stage):
            if result.error is not None or not shown.failed:
                yield row(result)


def _lines(shown: ResultColumns, rows: Iterable[Row], format_: str, *, header: bool) -> Iterator[bytes]:
    if format_ == "jsonl":
        return (dumps(row) + b"\n" for row in rows)
    cells = map(shown.cells, rows)
    table = ([row[name] for name in shown.columns] for row in cells)
    return csv_file.lines(chain([shown.columns] if header else [], table), raw=shown.raw)


@dataclass
class Inputs:
    """What the planner named a stage's units with. A failed result does not say what it was about, so it is looked up here.

    One chunk is in memory at a time.
    """

    engine: Engine
    job: Job
    stage: int
    chunks: list[Chunk] = field(default_factory=list)
    chunk: Chunk | None = None
    values: tuple[Json, ...] = ()

    def of(self, number: int) -> Json:
        if self.chunk is None or not self.chunk.first <= number < self.chunk.first + self.chunk.size:
            self.chunks = self.chunks or self.engine.ledger.chunks(self.job.ref, self.stage)
            self.chunk = next(chunk for chunk in self.chunks if chunk.first <= number < chunk.first + chunk.size)
            self.values = tuple(unit_values(self.engine, self.job, self.chunk))
        return self.values[number - self.chunk.first]
