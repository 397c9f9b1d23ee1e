"""Blocks of rows: how a file is cut into units, and how one is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fermata.domain import interruption
from fermata.domain.errors import NotFound
from fermata.domain.kind import Files, JobError, Json, Planned, Planning
from fermata.kinds.csv_import.columns import MAX_KEY, BadCell, checked
from fermata.kinds.csv_import.layout import Layout, Types, asked_of, layout_of
from fermata.kinds.csv_import.parameters import INPUT
from fermata.toolkit.fetch.downloads import copy_source
from fermata.toolkit.fetch.limits import MIB, Limits
from fermata.toolkit.tabular.encoding import Census
from fermata.toolkit.tabular.lines import lines
from fermata.toolkit.tabular.rows import Row, csv_rows
from fermata.toolkit.tabular.table import normal, pieces

ROWS, LAYOUT = "rows.csv", "layout.json"
BLOCK = 500
"""Rows of a unit."""

BLOCK_BYTES = 256 * 1024
MAX_ROW = 64 * 1024
"""Bytes of a row; a record and its result have to fit what stores them."""

MAX_ROWS = 1_000_000
LIMITS = Limits(total=600.0, size=1024 * MIB)


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
    """The file's rows, a block a unit: ``{"start", "end": offsets, "first": row, "rows"}``.

    Cursor: where the next begins, and the types that the file has so far. The types hold for all rows once all were seen.
    """
    if job.cursor is None:
        name, encoding = _copy(job)
        job.files.put(LAYOUT, layout_of(job.files, name, encoding, job.params).dump())
    layout = load_layout(job.files)
    cursor = job.cursor or {"at": layout.table.end, "row": 1, "types": None}
    at, first, types = cursor["at"], cursor["row"], Types(layout, cursor.get("types"))
    start, rows = at, 0
    for row in csv_rows(lines(pieces(job.files, layout.table.file, at), at), layout.table):
        rows += 1
        types.see(row)
        if rows == BLOCK or row.end - start >= BLOCK_BYTES:
            yield _block(start, row.end, first, rows, types)
            start, first, rows = row.end, first + rows, 0
        if first + rows > MAX_ROWS + 1:
            raise JobError(f"the file has more than {MAX_ROWS:,} rows")
        at = row.end
    if rows:
        yield _block(start, at, first, rows, types)
    elif first == 1:
        raise JobError("the file has a header and no rows")
    job.files.put(LAYOUT, layout.with_types(types).dump())


def _block(start: int, end: int, first: int, rows: int, types: Types) -> Planned:
    unit = {"start": start, "end": end, "first": first, "rows": rows}
    return Planned(unit, {"at": end, "row": first + rows, "types": types.dump()})


def load_layout(files: Files) -> Layout:
    return Layout.load(files.get(LAYOUT))


def read_block(files: Files, layout: Layout, block: Mapping[str, Json], unique: str | None) -> Iterator[Checked]:
    """The block's rows, checked. The same block always gives the same rows."""
    data = files.get(layout.table.file, block["start"], block["end"])
    start = block["start"]
    for number, row in enumerate(csv_rows(lines([data], start), layout.table), block["first"]):
        interruption.check()
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


def _copy(job: Planning) -> tuple[str, str]:
    """Keep the file among the job's, in UTF-8: its name there, and the encoding that it came in."""
    url, text, asked, census = job.params["url"], job.params["text"], asked_of(job.params), Census()
    if text is not None:
        job.files.put(ROWS, text.encode(errors="replace"))
        return ROWS, "utf-8"
    if url is not None:
        said = copy_source(job, url, ROWS, LIMITS, lambda source: census.watched(source.chunks))
        return normal(job.files, ROWS, census, asked, said)
    try:
        for _ in census.watched(pieces(job.files, INPUT)):
            pass
    except (NotFound, KeyError):
        raise JobError("there is nothing to import: neither url nor text nor a file was given") from None
    return normal(job.files, INPUT, census, asked)
