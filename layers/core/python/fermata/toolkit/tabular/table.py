"""A file of rows, opened: its characters, dialect and header, and what was assumed of it for a person to see and overrule."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice

from fermata.domain import interruption
from fermata.domain.kind import Files, JobError, Json
from fermata.toolkit.tabular.dialect import DELIMITERS, Dialect, dialect_of, separator_line
from fermata.toolkit.tabular.encoding import AUTO, Census, encoding_of
from fermata.toolkit.tabular.lines import lines

HEAD = 256 * 1024
"""Bytes that the dialect and the header are found out from."""

MAX_ABOVE = 50
"""Rows above the header, at most, that are found to be no part of the table."""

_LOOKED_AT = 200
_PIECE = 256 * 1024


@dataclass(frozen=True)
class Asked:
    """What somebody says of a file; the rest is found out.

    Attributes:
        delimiter, encoding, quote: or ``auto``; a quote may be empty for none.
        header_row: which row has the names, from 1 and without blank ones; 0: there is none. None: found out.
        wanted: names of columns that are looked for.
    """

    encoding: str = AUTO
    delimiter: str = AUTO
    quote: str = AUTO
    header_row: int | None = None
    wanted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """How a file of rows is to be read; found once for a job, and kept.

    Attributes:
        file: the job's file that has it, in UTF-8 with line feeds.
        encoding: that it was in.
        names: of its columns, each once.
        end: offset of the first row after the header.
        width: cells that a row has at least: up to the last column that the header names.
        above: rows above the header that are left out.
        renamed: names that the header has twice or not at all, as they are called here → as they stand there.
    """

    file: str
    encoding: str
    dialect: Dialect
    names: tuple[str, ...]
    end: int
    width: int
    above: int = 0
    renamed: Mapping[str, str] | None = None

    def assumed(self) -> dict[str, Json]:
        """For the person who has to judge by it."""
        return {
            "encoding": self.encoding,
            "delimiter": self.dialect.delimiter,
            "quote": self.dialect.quote,
            "rows_above_header": self.above,
            "renamed_columns": dict(self.renamed or {}),
        }

    def dump(self) -> dict[str, Json]:
        return asdict(self)

    @classmethod
    def load(cls, fields: Mapping[str, Json]) -> Table:
        return cls(**{**fields, "dialect": Dialect(**fields["dialect"]), "names": tuple(fields["names"])})


def pieces(files: Files, name: str, start: int = 0) -> Iterator[bytes]:
    """A job's file from a byte on."""
    with closing(files.open(name, start)) as stream:
        while piece := stream.read(_PIECE):
            interruption.check()
            yield piece


def normal(files: Files, name: str, census: Census, asked: Asked, content_type: str = "") -> tuple[str, str]:
    """The job's file as UTF-8 with line feeds, which may be the very one, and the encoding it was in. Raises JobError."""
    encoding = encoding_of(census, asked.encoding, content_type)
    if encoding.plain:
        return name, encoding.name
    recoded = f"{name}.utf-8"
    files.write(recoded, encoding.recoded(pieces(files, name)))
    return recoded, encoding.name


def opened(files: Files, name: str, encoding: str, asked: Asked) -> Table:
    """The table in a job's file that is UTF-8 with line feeds. Raises JobError when there is none."""
    head = files.get(name, 0, HEAD)
    if not head.strip():
        raise JobError("the file is empty")
    known = [(line.decode("utf-8", "replace"), end) for line, end in lines([head])]
    if len(head) == HEAD and len(known) > 1:
        known.pop()  # it may be cut
    delimiters: Collection[str] = DELIMITERS if asked.delimiter == AUTO else (asked.delimiter,)
    start = 0
    if (separator := separator_line(known[0][0])) is not None:
        start, known = known[0][1], known[1:]
        delimiters = (separator,) if asked.delimiter == AUTO else delimiters
    quotes = None if asked.quote == AUTO else (asked.quote,)
    texts = [line for line, _ in known]
    dialect = dialect_of(texts, delimiters, quotes, lambda rows: _found(rows, asked.wanted))
    rows = _rows(known, dialect)
    if not rows:
        raise JobError("the file has no header that can be read")
    place = _header_place([row for row, _ in rows], asked)
    if place < 0:
        width = Counter(len(row) for row, _ in rows[:_LOOKED_AT]).most_common(1)[0][0]
        names, renamed = _names([""] * width)
        return Table(name, encoding, dialect, names, start, width, 0, renamed)
    names, renamed = _names(rows[place][0])
    width = max(number for number, cell in enumerate(rows[place][0], 1) if cell.strip())
    return Table(name, encoding, dialect, names, rows[place][1], width, place, renamed)


def _rows(known: Sequence[tuple[str, int]], dialect: Dialect) -> list[tuple[list[str], int]]:
    """The first rows that have anything in them, each with the offset after it."""
    ends: list[int] = []

    def feed() -> Iterator[str]:
        for line, end in known:
            ends.append(end)
            yield line

    rows: list[tuple[list[str], int]] = []
    reader = dialect.reader(feed())
    while len(rows) < _LOOKED_AT:
        try:
            row = next(reader, None)
        except csv.Error:
            # A broken row is none of the header's; a broken header is none.
            if not rows:
                return []
            continue
        if row is None:
            break
        if any(cell.strip() for cell in row):
            rows.append((row, ends[-1]))
    return rows


def _header_place(rows: Sequence[Sequence[str]], asked: Asked) -> int:
    """Which of the rows has the names; below 0: none."""
    if asked.header_row is not None:
        if asked.header_row > len(rows):
            raise JobError(f"header_row: the file has no row {asked.header_row}")
        return asked.header_row - 1
    above = rows[: MAX_ABOVE + 1]
    if asked.wanted and (most := max(_found([row], asked.wanted) for row in above)):
        return next(place for place, row in enumerate(above) if _found([row], asked.wanted) == most)
    width = Counter(map(len, rows)).most_common(1)[0][0]
    return next((place for place, row in enumerate(above) if not _is_above(row, width)), 0)


def _is_above(row: Sequence[str], width: int) -> bool:
    """Whether a row is a title or a comment rather than the names of so many columns."""
    filled = sum(bool(cell.strip()) for cell in row)
    if row[0].lstrip().startswith(("#", "//")) and (len(row) != width or filled < width or width == 1):
        return True
    return width > 1 and (filled == 1 or (len(row) != width and filled * 2 < width))


def _found(rows: Iterable[Sequence[str]], wanted: Iterable[str]) -> int:
    """How many of the wanted columns one of the first rows names."""
    names = set(wanted)
    if not names:
        return 0
    return max((len(names & {cell.strip() for cell in row}) for row in islice(rows, MAX_ABOVE)), default=0)


def _names(cells: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """A name for each column, and those that the file does not have like that."""
    given = [cell.strip() for cell in cells]
    taken = set(given)
    names: list[str] = []
    renamed: dict[str, str] = {}
    seen: set[str] = set()
    for number, name in enumerate(given, 1):
        new = name or f"column {number}"
        count = 2
        while new in seen or (new != name and new in taken):
            new, count = f"{name or f'column {number}'} ({count})", count + 1
        if new != name and name:
            renamed[new] = name
        seen.add(new)
        names.append(new)
    return tuple(names), renamed
