"""Blocks of rows: how a file is cut into units, and how one is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from fermata.domain.errors import NotFound
from fermata.domain.kind import Files, JobError, Json, Planned, Planning
from fermata.kinds.csv_import.columns import MAX_KEY, BadCell, checked
from fermata.kinds.csv_import.layout import HEAD, Layout, in_utf8, layout_of
from fermata.kinds.csv_import.parameters import INPUT
from fermata.toolkit.fetch.downloads import copy_source
from fermata.toolkit.fetch.limits import MIB, Limits
from fermata.toolkit.tabular.lines import lines
from fermata.toolkit.tabular.rows import Row, csv_rows

ROWS, LAYOUT = "rows.csv", "layout.json"
BLOCK = 500
"""Rows of a unit."""

BLOCK_BYTES = 256 * 1024
MAX_ROW = 64 * 1024
"""Bytes of a row; a record and its result have to fit what stores them."""

MAX_ROWS = 1_000_000
LIMITS = Limits(total=600.0, size=1024 * MIB)
_PIECE = 256 * 1024


@dataclass(frozen=True)
class Problem:
    """Why a row is not imported.

    Attributes:
        row: its number, from 1; the header is none.
        column: None when the row as a whole is at fault.
    """

    row: int
    column: str | None
    message: str

    def shown(self) -> dict[str, Json]:
        return {"row": self.row, "column": self.column, "message": self.message}


@dataclass(frozen=True)
class Checked:
    """A row that was checked: its values in the order of the columns, or its problems."""

    row: int
    values: tuple[Json, ...] = ()
    problems: tuple[Problem, ...] = ()


def plan_blocks(job: Planning) -> Iterator[Planned]:
    """The file's rows, a block a unit: ``{"start", "end": offsets, "first": row, "rows"}``. Cursor: where the next begins."""
    if job.cursor is None:
        _copy(job)
        head = job.files.get(ROWS, 0, HEAD)
        job.files.put(LAYOUT, layout_of(head, job.params).dump())
    layout = load_layout(job.files)
    at, first = (layout.end, 1) if job.cursor is None else (job.cursor["at"], job.cursor["row"])
    start, rows = at, 0
    for row in csv_rows(lines(_pieces(job.files, at), at), layout.header):
        rows += 1
        if rows == BLOCK or row.end - start >= BLOCK_BYTES:
            yield _block(start, row.end, first, rows)
            start, first, rows = row.end, first + rows, 0
        if first + rows > MAX_ROWS + 1:
            raise JobError(f"the file has more than {MAX_ROWS:,} rows")
        at = row.end
    if rows:
        yield _block(start, at, first, rows)
    elif first == 1:
        raise JobError("the file has a header and no rows")


def _block(start: int, end: int, first: int, rows: int) -> Planned:
    return Planned({"start": start, "end": end, "first": first, "rows": rows}, {"at": end, "row": first + rows})


def load_layout(files: Files) -> Layout:
    return Layout.load(files.get(LAYOUT))


def read_block(files: Files, layout: Layout, block: Mapping[str, Json], unique: str | None) -> Iterator[Checked]:
    """The block's rows, checked. The same block always gives the same rows."""
    data = files.get(ROWS, block["start"], block["end"])
    start = block["start"]
    for number, row in enumerate(csv_rows(lines([data], start), layout.header), block["first"]):
        size, start = row.end - start, row.end
        yield _checked(number, row, size, layout, unique)


def _checked(number: int, row: Row, size: int, layout: Layout, unique: str | None) -> Checked:
    if row.value is None:
        return Checked(number, problems=(Problem(number, None, row.problem),))
    if size > MAX_ROW:
        return Checked(number, problems=(Problem(number, None, f"is longer than {MAX_ROW} bytes"),))
    values, problems = [], []
    for column in layout.columns:
        try:
            values.append(checked(column, str(row.value.get(column.name, ""))))
            if column.name == unique and len(str(values[-1])) > MAX_KEY:
                raise BadCell(f"is longer than the {MAX_KEY} characters that a unique value may have")
        except BadCell as error:
            problems.append(Problem(number, column.name, str(error)))
    return Checked(number, problems=tuple(problems)) if problems else Checked(number, tuple(values))


def _copy(job: Planning) -> None:
    url, text, encoding = job.params["url"], job.params["text"], job.params["encoding"]
    if url is not None:
        copy_source(job, url, ROWS, LIMITS, lambda source: in_utf8(source.chunks, encoding))
    elif text is not None:
        job.files.put(ROWS, text.encode(errors="replace"))
    else:
        try:
            job.files.write(ROWS, in_utf8(_pieces(job.files, 0, INPUT), encoding))
        except (NotFound, KeyError):
            raise JobError("there is nothing to import: neither url nor text nor a file was given") from None


def _pieces(files: Files, start: int, name: str = ROWS) -> Iterator[bytes]:
    with closing(files.open(name, start)) as stream:
        while piece := stream.read(_PIECE):
            yield piece
