"""Rows of a CSV or JSON Lines file, the malformed ones as such, each with the offset to go on from."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from fermata.domain import strict_json
from fermata.domain.kind import Json
from fermata.toolkit.tabular.encoding import DAMAGED
from fermata.toolkit.tabular.lines import LIMIT
from fermata.toolkit.tabular.table import Table

_TEXT = re.compile(r'\A="([^"]*)"\Z')
"""A cell as programs write it that want a spreadsheet to take ``007`` for text."""

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


def json_rows(lines: Iterable[tuple[bytes, int]]) -> Iterator[Row]:
    """The rows of JSON Lines; blank lines are none."""
    for line, end in lines:
        if len(line) > LIMIT:
            yield Row(end, problem=_TOO_LONG)
        elif text := line.strip().removeprefix(b"\xef\xbb\xbf"):
            yield _json_row(text, end)


def csv_rows(lines: Iterable[tuple[bytes, int]], table: Table) -> Iterator[Row]:
    """The rows of a table, from any of them on; blank rows are none.

    A row whose quotes don't match is malformed up to its line's end, and the line after it is a row again.
    """
    feed = _Feed(lines)
    reader = table.dialect.reader(feed)
    while True:
        feed.forget()
        try:
            fields = next(reader, None)
        except (csv.Error, _TooLong) as error:
            feed.rewind(1)
            reader = table.dialect.reader(feed)
            yield Row(feed.end, problem=_TOO_LONG if isinstance(error, _TooLong) else f"is malformed: {error}")
            continue
        if fields is None:
            return
        if any(field.strip() for field in fields):
            yield _csv_row(fields, table, feed.end)


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
        return line[0].decode("utf-8", "replace")

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


def _csv_row(fields: list[str], table: Table, end: int) -> Row:
    surplus = fields[len(table.names) :]
    if len(fields) < table.width or any(field.strip() for field in surplus):
        many = f"{len(fields)} field{'' if len(fields) == 1 else 's'}"
        return Row(end, problem=f"has {many}, but the header has {len(table.names)}")
    if any(DAMAGED in field for field in fields):
        return Row(end, problem=f"has bytes that are no characters in {table.encoding}")
    if any("\0" in field for field in fields):
        return Row(end, problem="has a zero byte")
    cells = (_TEXT.sub(r"\1", field) for field in fields[: len(table.names)])
    return Row(end, dict(zip_longest(table.names, cells, fillvalue="")))


def _json_row(text: bytes, end: int) -> Row:
    try:
        value = strict_json.loads(text)
    except strict_json.NotJson:
        return Row(end, problem="is not valid JSON")
    return Row(end, value) if isinstance(value, dict) else Row(end, problem="is not a JSON object")
