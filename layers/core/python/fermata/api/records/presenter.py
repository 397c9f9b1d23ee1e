"""A table of records as rows and as a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from fermata.api import csv_file
from fermata.content.model import Record
from fermata.domain.kind import Json
from fermata.domain.strict_json import dumps

KEY, OTHERS = "key", "other columns"
"""Heads of the first column, and of the last one of a file that goes over several pages."""

MAX_HEAD = 3_000
"""Bytes of the names of columns that a cursor carries from page to page."""


@dataclass(frozen=True)
class Place:
    """Where a file goes on.

    Attributes:
        after: key of the last record.
        columns: of a CSV file, as its first page has them.
    """

    after: str
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        return json.dumps([self.after, *self.columns])

    @classmethod
    def parse(cls, text: str) -> Place:
        """Raises ValueError."""
        after, *columns = json.loads(text)
        return cls(after, tuple(columns))


def head_of(records: Sequence[Record], *, whole: bool) -> tuple[str, ...]:
    """The columns of a file: all that these records have, in the order in which they turn up.

    Of a file that goes over several pages as many as a cursor carries, and a last one for what records further on have besides.
    """
    names = tuple(dict.fromkeys(name for record in records for name in record.values))
    if whole:
        return names
    size = 0
    kept = []
    for name in names:
        size += len(json.dumps(name)) + 1
        if size > MAX_HEAD:
            break
        kept.append(name)
    return (*kept, OTHERS)


def csv_of(records: Sequence[Record], columns: Sequence[str], *, head: bool, whole: bool, raw: bool) -> bytes:
    """Lines of a CSV file; ``whole``: every value has a column, so that none is for what has none."""
    named = columns if whole else columns[:-1]

    def rows() -> Iterator[list[Json]]:
        for record in records:
            row = [record.key, *(_cell(record.values.get(name)) for name in named)]
            yield row if whole else [*row, _others(record.values, named)]

    return b"".join(csv_file.lines(chain([[KEY, *columns]] if head else [], rows()), raw=raw))


def jsonl_of(records: Sequence[Record]) -> bytes:
    """A line of JSON for each record."""
    return b"".join(dumps({"key": record.key, "values": dict(record.values)}) + b"\n" for record in records)


def _cell(value: Json) -> Json:
    if isinstance(value, bool | Mapping | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else value


def _others(values: Mapping[str, Any], named: Sequence[str]) -> str:
    left = {name: value for name, value in values.items() if name not in named}
    return json.dumps(left, ensure_ascii=False) if left else ""
