"""What stands on the command line as the documents of a batch."""

from __future__ import annotations

import csv
import glob
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from fermata.cli.errors import WrongUse
from fermata.domain import strict_json

Row = dict[str, Any]

READABLE = frozenset({".pdf", ".html", ".htm", ".docx", ".txt", ".md", ".markdown"})
"""Which files of a folder are taken. A file that is named itself is taken whatever it is called."""

TABLES = frozenset({".csv"})
LINES = frozenset({".jsonl", ".ndjson"})
REMOTE = {"http": "url", "https": "url", "s3": "s3"}
PATH, TYPE = "file_path", "file_source_type"


def documents_of(arguments: Sequence[str], mapping: Mapping[str, str] | None = None) -> list[Row]:
    """The documents that the arguments name: URLs, files, folders, patterns, and lists (CSV or JSON Lines) of those.

    ``mapping``: the columns of lists onto Fermata's fields. Raises WrongUse when an argument names nothing.
    """
    columns = {field: column for column, field in (mapping or {}).items()}
    rows: list[Row] = []
    for argument in arguments:
        found = list(_named(argument, columns))
        if not found:
            raise WrongUse(f"{argument}: there is no document")
        rows += found
    return rows


def _named(argument: str, columns: Mapping[str, str]) -> Iterator[Row]:
    if remote := _remote(argument):
        yield {PATH: argument, TYPE: remote}
        return
    path = Path(argument)
    if path.is_dir():
        yield from (_local(file) for file in _inside(path))
    elif path.is_file():
        yield from _listed(path, columns) if path.suffix.lower() in TABLES | LINES else (_local(path),)
    elif any(mark in argument for mark in "*?["):
        for match in sorted(glob.glob(argument, recursive=True)):  # noqa: PTH207 - pathlib knows no absolute patterns
            if Path(match).is_file():
                yield from _named(match, columns)
    else:
        raise WrongUse(f"{argument}: there is no such file")


def _remote(path: str) -> str | None:
    scheme, mark, _ = path.partition("://")
    return REMOTE.get(scheme.lower()) if mark else None


def _inside(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in READABLE and file.is_file())


def _local(path: Path) -> Row:
    return {PATH: str(path.resolve()), TYPE: "local"}


def _listed(path: Path, columns: Mapping[str, str]) -> Iterator[Row]:
    """The rows of a list. Its local paths are relative to the list, and the server is told absolute ones."""
    column, kind = columns.get(PATH, PATH), columns.get(TYPE, TYPE)
    for row in _rows(path):
        place = str(row.get(column) or "").strip()
        if place and not _remote(place) and (row.get(kind) or "local") == "local":
            row[column] = _absolute(path, place)
        yield row


def _absolute(path: Path, place: str) -> str:
    try:
        return str((path.parent / place).resolve())
    except (ValueError, RuntimeError) as error:  # a NUL in it, a circle of links
        raise WrongUse(f"{path}: {place!r} is no path: {error}") from None


def _rows(path: Path) -> Iterator[Row]:
    read = _table if path.suffix.lower() in TABLES else _lines
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from read(path, file)
    except UnicodeDecodeError as error:
        raise WrongUse(f"{path} is not UTF-8: {error}") from None


def _table(path: Path, file: IO[str]) -> Iterator[Row]:
    reader = csv.DictReader(file, strict=True)
    try:
        yield from ({name: value or "" for name, value in row.items() if name} for row in reader)
    except csv.Error as error:
        raise WrongUse(f"{path}, line {reader.line_num}: {error}") from None


def _lines(path: Path, file: IO[str]) -> Iterator[Row]:
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                yield dict(strict_json.loads(line))
            except (ValueError, TypeError) as error:
                raise WrongUse(f"{path}, line {number}: {error}") from None
