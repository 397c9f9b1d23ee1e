"""Dialects and types of tables, by Fermata and by its peers, as JSON. All are given the same characters, lines ending in line
feeds: what differs is how cells are set apart, and what is made of them."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

ROWS = 300
"""Rows that are compared."""

DELIMITERS = (",", ";", "\t", "|")
CHARSETS = ("utf-8-sig", "cp1252", "latin-1")
OPTIONS = "ignore_errors = true, null_padding = true, strict_mode = false, sample_size = -1"
"""Of DuckDB's reader: what a row lacks is empty, and the whole file says which type a column has."""


def text_of(path: Path) -> str:
    csv.field_size_limit(2**27)
    data = path.read_bytes()
    for name in CHARSETS:
        with suppress(UnicodeError):
            return data.decode(name).replace("\r\n", "\n").replace("\r", "\n")
    raise AssertionError("every byte is a character of Latin-1")


def rows_of(text: str, **dialect: Any) -> list[list[str]]:
    """The first rows as the csv module reads them, without blank ones."""
    return _first(csv.reader(io.StringIO(text), **dialect))


def own_dialect(path: Path) -> str:
    from fermata.toolkit.tabular.dialect import dialect_of, separator_line

    lines = text_of(path).splitlines(keepends=True)
    if separator := separator_line(lines[0]):
        return _shown(rows_of("".join(lines[1:]), delimiter=separator), separator)
    found = dialect_of(lines)
    return _shown(_first(found.reader(lines, strict=False)), found.delimiter)


def clevercsv_dialect(path: Path) -> str:
    from clevercsv import Sniffer, reader

    text = text_of(path)
    found = Sniffer().sniff(text, delimiters=list(DELIMITERS))
    return _shown(_first(reader(io.StringIO(text), dialect=found)), found.delimiter)


def stdlib_dialect(path: Path) -> str:
    text = text_of(path)
    found = csv.Sniffer().sniff(text, delimiters="".join(DELIMITERS))
    return _shown(rows_of(text, dialect=found), found.delimiter)


def duckdb_dialect(path: Path) -> str:
    import duckdb

    with _as_utf8(path) as name:
        facts = duckdb.execute("SELECT Delimiter, Quote, Escape FROM sniff_csv(?)", [name]).fetchone()
    delimiter, quote, escape = ("" if value in (None, "(empty)") else str(value) for value in facts or ("", "", ""))
    escaped: dict[str, Any] = {"doublequote": False, "escapechar": escape} if escape not in ("", quote) else {}
    quoted: dict[str, Any] = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    return _shown(rows_of(text_of(path), delimiter=delimiter or ",", **quoted, **escaped), delimiter)


def own_types(path: Path) -> str:
    """``[columns with a type, their cells, those of them that are written back otherwise]``, here and below."""
    from fermata.toolkit.tabular.dialect import dialect_of
    from fermata.toolkit.tabular.types import inferred

    lines = text_of(path).splitlines(keepends=True)
    rows = [row for row in dialect_of(lines).reader(lines, strict=False) if row][1:]
    typed = cells = changed = 0
    for at in range(max(map(len, rows), default=0)):
        column = [text for row in rows if len(row) > at and (text := row[at].strip())]
        found = inferred(column)
        if found.type != "string":
            typed, cells = typed + 1, cells + len(column)
            changed += sum(_written(text, found.type, found.decimals) != text for text in column)
    return json.dumps([typed, cells, changed])


def duckdb_types(path: Path) -> str:
    import duckdb

    with _as_utf8(path) as name:
        (header,) = duckdb.execute("SELECT HasHeader FROM sniff_csv(?)", [name]).fetchone() or (False,)
        source = f"read_csv(?, {OPTIONS}, header = {str(header).lower()}"
        kinds = [str(column[1]) for column in duckdb.execute(f"SELECT * FROM {source})", [name]).description or ()]
        wanted = [at for at, kind in enumerate(kinds) if kind != "VARCHAR"]
        told = ", ".join(f"CAST(#{at + 1} AS VARCHAR)" for at in wanted) or "1"
        read = duckdb.execute(f"SELECT {told} FROM {source})", [name]).fetchall()
        plain = duckdb.execute(f"SELECT * FROM {source}, all_varchar = true)", [name]).fetchall()
    if len(plain) != len(read):
        raise ValueError("not the same rows as text")
    pairs = [(row[at], of[number]) for row, of in zip(plain, read, strict=True) for number, at in enumerate(wanted)]
    known = [(text.strip(), other) for text, other in pairs if text and text.strip()]
    return json.dumps([len(wanted), len(known), sum(text != other for text, other in known)])


def _written(text: str, kind: str, decimals: int | None) -> str:
    if kind == "number":
        return repr(float(text)) if decimals is None and "." in text else f"{float(text):.{decimals or 0}f}"
    return str(int(text)) if kind == "integer" else text


def _first(rows: Iterable[list[str]]) -> list[list[str]]:
    return list(islice((row for row in rows if any(cell.strip() for cell in row)), ROWS))


def _shown(rows: list[list[str]], delimiter: str | None) -> str:
    return json.dumps({"delimiter": delimiter, "rows": rows})


@contextmanager
def _as_utf8(path: Path) -> Iterator[str]:
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as file:
        file.write(text_of(path))
        file.flush()
        yield file.name


DIALECTS: Mapping[str, Callable[[Path], str]] = {
    "DuckDB": duckdb_dialect,
    "CleverCSV": clevercsv_dialect,
    "csv.Sniffer": stdlib_dialect,
}
