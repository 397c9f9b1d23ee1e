"""How a file is written: its encoding, its delimiter, its header, its columns."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from fermata.domain.kind import JobError, Json
from fermata.kinds.csv_import.columns import MAX_NAME, Column, inferred
from fermata.kinds.csv_import.parameters import MAX_COLUMNS
from fermata.toolkit.tabular.lines import lines
from fermata.toolkit.tabular.rows import Header, csv_rows

HEAD = 256 * 1024
"""Bytes that the delimiter and the types of columns are found out from."""

SAMPLE = 1_000
"""Rows likewise."""

_DELIMITERS = (",", ";", "\t", "|")
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True)
class Layout:
    """What every block of the file is read by; found once for a job and kept.

    Attributes:
        names: the header's.
        end: offset of the first row after the header.
        columns: those that are imported.
    """

    names: tuple[str, ...]
    delimiter: str
    end: int
    columns: tuple[Column, ...]

    @property
    def header(self) -> Header:
        return Header(self.names, self.delimiter, self.end)

    def dump(self) -> bytes:
        columns = [column.model_dump(mode="json") for column in self.columns]
        return json.dumps(asdict(self) | {"columns": columns}).encode()

    @classmethod
    def load(cls, data: bytes) -> Layout:
        fields = json.loads(data)
        columns = tuple(Column.model_validate(column) for column in fields["columns"])
        return cls(tuple(fields["names"]), fields["delimiter"], fields["end"], columns)


def in_utf8(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The bytes as UTF-8. ``auto`` and ``utf-8`` pass all but UTF-16 as it is. Raises JobError."""
    source = iter(chunks)
    head = b""
    while len(head) < 2 and (chunk := next(source, None)) is not None:
        head += chunk
    marked = next(((name, mark) for mark, name in _MARKS if head.startswith(mark)), None)
    if marked is not None and encoding in ("auto", "utf-16"):
        name, mark = marked
        yield from _recoded(head[len(mark) :], source, name)
    elif encoding in ("auto", "utf-8"):
        yield head
        yield from source
    else:
        yield from _recoded(head, source, "utf-16-le" if encoding == "utf-16" else encoding)


def _recoded(head: bytes, source: Iterator[bytes], name: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(name)()
    try:
        yield decoder.decode(head).encode()
        for chunk in source:
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError:
        raise JobError(f"the file is not in {name}") from None


def layout_of(head: bytes, params: Mapping[str, Json]) -> Layout:
    """The layout of a file that begins so. Raises JobError."""
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise JobError("the file is empty")
    if b"\0" in head:
        raise JobError("the file is no text; CSV in UTF-8 or UTF-16 is expected")
    known = [Column.model_validate(column) for column in params["columns"] or ()]
    wanted = [column.name for column in known] + ([params["unique"]] if params["unique"] else [])
    delimiters = _DELIMITERS if params["delimiter"] == "auto" else (params["delimiter"],)
    header = max((_header(head, delimiter) for delimiter in delimiters), key=lambda found: _worth(found, head, wanted))
    _check(header, wanted)
    columns = known or inferred(header.names, _sample(head, header))
    return Layout(header.names, header.delimiter, header.end, tuple(_unique(columns, params["unique"])))


def _header(head: bytes, delimiter: str) -> Header:
    ends: list[int] = []

    def text() -> Iterator[str]:
        for line, end in lines([head]):
            ends.append(end)
            yield line.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")

    reader = csv.reader(text(), delimiter=delimiter, strict=True)
    try:
        names = next(row for row in reader if any(cell.strip() for cell in row))
    except (csv.Error, StopIteration):
        return Header((), delimiter, 0)
    return Header(tuple(name.strip() or f"column {n}" for n, name in enumerate(names, 1)), delimiter, ends[-1])


def _worth(header: Header, head: bytes, wanted: Iterable[str]) -> tuple[int, int, int]:
    """How well a delimiter fits: wanted columns found, rows that are as wide as the header, columns."""
    found = len(set(wanted) & set(header.names))
    width = len(header.names)
    wide = sum(len(row) == width for row in islice(_sample(head, header), 50)) if width > 1 else 0
    return found, wide, width


def _check(header: Header, wanted: Iterable[str]) -> None:
    names = header.names
    if not names:
        raise JobError("the file has no header that can be read")
    if len(names) > MAX_COLUMNS:
        raise JobError(f"the file has more than {MAX_COLUMNS} columns")
    if long := next((name for name in names if len(name) > MAX_NAME), None):
        raise JobError(f"a column's name is longer than {MAX_NAME} characters: {long[:50]!r}…")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise JobError(f"the file has two columns called {twice!r}")
    if missing := [name for name in dict.fromkeys(wanted) if name not in names]:
        shown = ", ".join(names)[:300]
        raise JobError(f"the file has no column {', '.join(map(repr, missing))}; its columns are: {shown}")


def _sample(head: bytes, header: Header) -> Iterator[dict[str, Any]]:
    """Whole rows after the header; the last one, which may be cut, only if it is not."""
    whole = head if len(head) < HEAD else head[: head.rfind(b"\n") + 1]
    rows = csv_rows(lines([whole[header.end :]], header.end), header)
    return (dict(row.value) for row in islice(rows, SAMPLE) if row.value is not None)


def _unique(columns: Iterable[Column], unique: str | None) -> Iterator[Column]:
    """What has to be unique has to be there."""
    return (column.model_copy(update={"required": True}) if column.name == unique else column for column in columns)
