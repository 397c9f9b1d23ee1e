"""What a command has found, as a table, JSON or CSV."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from fermata.domain.cells import harmless

Row = Mapping[str, Any]
Column = tuple[str, Callable[[Row], Any]]
"""Heading, and what stands under it."""

MEASURED = 500
"""Rows that are read before the first is shown, to know how wide the columns are."""


def show(rows: Iterable[Row], columns: Sequence[Column], format_: str, none: str = "", *, raw: bool = False) -> None:
    """Write rows to standard output.

    Args:
        none: said to a reader where there are none.
        raw: cells of CSV as they are, also those that a spreadsheet would take for formulas.
    """
    if format_ == "json":
        print(json.dumps([*rows], indent=2, ensure_ascii=False))
    elif format_ == "jsonl":
        for row in rows:
            print(json.dumps(row, ensure_ascii=False), flush=True)
    elif format_ == "csv":
        _csv(rows, columns, raw=raw)
    else:
        _table(rows, columns, none)


def show_one(row: Row, columns: Sequence[Column], format_: str) -> None:
    """Write one thing to standard output: its facts one below the other, or as :func:`show`."""
    if format_ == "json":
        print(json.dumps(row, indent=2, ensure_ascii=False))
    elif format_ == "csv":
        _csv([row], columns)
    else:
        width = max(len(name) for name, _ in columns)
        for name, read in columns:
            if text := cell(read(row)):
                print(f"{name:<{width}}  {text}")


def show_made(id_: Any, row: Row, columns: Sequence[Column], format_: str) -> None:
    """Write what is new: its id alone for the format ``id``, else all of it."""
    if format_ == "id":
        print(id_)
    else:
        show_one(row, columns, format_)


def cell(value: Any) -> str:
    """One line that does nothing to a terminal, whatever somebody has put into a title or an error."""
    if value is None:
        return ""
    if isinstance(value, Mapping | list):
        value = json.dumps(value, ensure_ascii=False)
    return "".join(char if char.isprintable() else " " for char in str(value))


def member(name: str, *inner: str) -> Callable[[Row], Any]:
    """Reads a member, or one within it."""

    def read(row: Row) -> Any:
        value: Any = row.get(name)
        for part in inner:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    return read


def plain(*names: str) -> list[Column]:
    """Columns that are called as the members they show."""
    return [(name, member(name)) for name in names]


def _csv(rows: Iterable[Row], columns: Sequence[Column], *, raw: bool = False) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow([name for name, _ in columns])
    for row in rows:
        values = (read(row) for _, read in columns)
        cells = [json.dumps(one, ensure_ascii=False) if isinstance(one, Mapping | list) else one for one in values]
        writer.writerow(cells if raw else [harmless(one) for one in cells])


def _table(rows: Iterable[Row], columns: Sequence[Column], none: str) -> None:
    lines = ([cell(read(row)) for _, read in columns] for row in rows)
    first = list(islice(lines, MEASURED))
    if not first:
        if none:
            print(none, file=sys.stderr)
        return
    heads = [name.upper() for name, _ in columns]
    widths = [max(len(line[place]) for line in [heads, *first]) for place in range(len(columns))]
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in chain([heads], first, lines):
        text = "  ".join(f"{value:<{width}}" for value, width in zip(line, widths, strict=True)).rstrip()
        print(text if room is None or len(text) <= room else f"{text[: room - 1]}…")
