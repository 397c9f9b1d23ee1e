"""Rows of a CSV or JSON Lines file, the malformed ones as such, each with the offset to go on from."""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fermata.domain.kind import JobError, Json
from fermata.toolkit.tabular.lines import LIMIT

_DELIMITERS = (",", ";", "\t", "|")
_TOO_LONG = f"is longer than {LIMIT} bytes"


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        end: offset of the row after it.
        value: its columns by name; None when it is malformed.
        problem: why it is malformed, as the end of a sentence that begins with the row.
    """

    end: int
    value: Mapping[str, Json] | None = None
    problem: str = ""


@dataclass(frozen=True)
class Header:
    """The first row of a CSV file. ``end``: offset of the row after it."""

    names: tuple[str, ...]
    delimiter: str
    end: int


def json_rows(lines: Iterable[tuple[bytes, int]]) -> Iterator[Row]:
    """The rows of JSON Lines; blank lines are none."""
    for line, end in lines:
        if len(line) > LIMIT:
            yield Row(end, problem=_TOO_LONG)
        elif text := line.strip().removeprefix(b"\xef\xbb\xbf"):
            yield _json_row(text, end)


def csv_header(lines: Iterable[tuple[bytes, int]], columns: Iterable[str]) -> Header:
    """The header, under the delimiter that makes one of ``columns`` show in it; raises JobError when none does."""
    feed = _Feed(lines)
    names: list[str] = []
    for delimiter in _DELIMITERS:
        feed.rewind(0)
        try:
            found = next(csv.reader(feed, delimiter=delimiter, strict=True), [])
        except (csv.Error, _TooLong):
            continue
        stripped = [name.strip() for name in found]
        names = max(names, stripped, key=len)
        if not set(stripped).isdisjoint(columns):
            return Header(tuple(name or f"column {n}" for n, name in enumerate(stripped, 1)), delimiter, feed.end)
    shown = ", ".join(names)[:200] or "none"
    raise JobError(f"the list has no column for file_path; its columns are: {shown}")


def csv_rows(lines: Iterable[tuple[bytes, int]], header: Header) -> Iterator[Row]:
    """The rows after the header; blank rows are none.

    A row whose quotes don't match is malformed up to its line's end, and the line after it is a row again.
    """
    feed = _Feed(lines)
    reader = csv.reader(feed, delimiter=header.delimiter, strict=True)
    while True:
        feed.forget()
        try:
            fields = next(reader, None)
        except (csv.Error, _TooLong) as error:
            feed.rewind(1)
            reader = csv.reader(feed, delimiter=header.delimiter, strict=True)
            yield Row(feed.end, problem=_TOO_LONG if isinstance(error, _TooLong) else f"is malformed: {error}")
            continue
        if fields is None:
            return
        if any(field.strip() for field in fields):
            yield _csv_row(fields, header, feed.end)


class _TooLong(Exception):
    pass


class _Feed:
    """Lines as the csv module takes them, which remembers those of the row in hand."""

    def __init__(self, lines: Iterable[tuple[bytes, int]]) -> None:
        self._lines = iter(lines)
        self._again: deque[tuple[bytes, int]] = deque()
        self._taken: list[tuple[bytes, int]] = []
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._taken.append(line)
        self._size += len(line[0])
        if self._size > LIMIT:
            raise _TooLong
        return _text(line[0])

    @property
    def end(self) -> int:
        return self._taken[-1][1]

    def forget(self) -> None:
        """The lines taken are done with."""
        self._taken.clear()
        self._size = 0

    def rewind(self, keep: int) -> None:
        """Give the lines taken once more, but for the first ``keep``."""
        self._again.extendleft(reversed(self._taken[keep:]))
        del self._taken[keep:]
        self._size = sum(len(line) for line, _ in self._taken)


def _text(line: bytes) -> str:
    line = line.removeprefix(b"\xef\xbb\xbf")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def _csv_row(fields: list[str], header: Header, end: int) -> Row:
    surplus = fields[len(header.names) :]
    if any(field.strip() for field in surplus):
        return Row(end, problem=f"has {len(fields)} fields, but the header has {len(header.names)}")
    return Row(end, dict(zip(header.names, fields, strict=False)))


def _json_row(text: bytes, end: int) -> Row:
    try:
        value = json.loads(text, parse_constant=_no_constant)
        if b"\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return Row(end, problem="is not valid JSON")
    return Row(end, value) if isinstance(value, dict) else Row(end, problem="is not a JSON object")


def _no_constant(name: str) -> Json:
    raise ValueError(name)
