"""A document as callers name it: three known fields and any other columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from fermata.domain.kind import Json
from fermata.toolkit.fetch.locations import SOURCE_TYPES, source_type_of

FIELDS = ("title", "file_path", "file_source_type")
MAX_DOCUMENTS = 500
"""Documents of a kind's parameter that are not given by reference."""

MAX_TITLE = 1_000
MAX_PATH = 8_192
MAX_ROW = 256 * 1024
"""Bytes of a document's row as JSON. It stands in the results again, where each quote takes two, and a page of them has 6 MB."""


@dataclass(frozen=True)
class Document:
    """One document to read.

    Attributes:
        file_path: a URL, ``s3://bucket/key`` or an absolute path, as ``file_source_type`` says.
        file_source_type: ``url``, ``s3`` or ``local``.
        columns: the caller's other columns, kept as they came.
    """

    title: str
    file_path: str
    file_source_type: str
    columns: Mapping[str, Json] = field(default_factory=dict)


def document_of(row: Json, column_mapping: Mapping[str, str] | None = None) -> Document:
    """The row as a document; ``column_mapping`` as :func:`normal_mapping` gives it.

    A column that the mapping names wins over one that has the field's own name. Without a title the last part of the
    path serves; without a source type the path's scheme decides. Raises ValueError with a reason for the user.
    """
    if not isinstance(row, Mapping):
        raise ValueError("a document must be an object")
    column_of = {name: name for name in FIELDS if name in row}
    column_of |= {name: column for column, name in (column_mapping or {}).items() if column in row}
    path = _text(row, column_of, "file_path", MAX_PATH)
    if not path:
        raise ValueError("file_path is missing")
    source_type = _text(row, column_of, "file_source_type", MAX_TITLE).lower() or source_type_of(path)
    if source_type not in SOURCE_TYPES:
        raise ValueError(f"file_source_type must be one of {', '.join(SOURCE_TYPES)}, not {source_type[:50]!r}")
    title = _text(row, column_of, "title", MAX_TITLE) or _name_of(path)
    others = {name: value for name, value in row.items() if name not in column_of.values()}
    return Document(title, path, source_type, others)


def check_size(row: Json) -> None:
    """Raises ValueError for a row with more columns than a page of results could show."""
    size = len(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode(errors="replace"))
    if size > MAX_ROW:
        raise ValueError(f"has {size} bytes as JSON; a document may have {MAX_ROW}")


def sound(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a parameter, as they came. Raises ValueError with the number of the first that is no document, or too large."""
    for number, row in enumerate(rows):
        try:
            document_of(row)
            check_size(row)
        except ValueError as error:
            raise ValueError(f"document {number}: {error}") from None
    return rows


def normal_mapping(mapping: Mapping[str, str]) -> dict[str, str]:
    """The mapping as {caller's column: field}.

    {field: caller's column} is accepted too where it can't be meant otherwise, that is when not every value is a field
    but every key is. Raises ValueError.
    """
    if all(name in FIELDS for name in mapping.values()):
        normal = dict(mapping)
    elif all(name in FIELDS for name in mapping):
        normal = {column: name for name, column in mapping.items()}
    else:
        raise ValueError(f"must map column names onto {', '.join(FIELDS)}")
    if len(set(normal.values())) < len(normal) or len(normal) < len(mapping):
        raise ValueError("maps two columns onto one field, or one column onto two")
    return normal


def _text(row: Mapping[str, Json], column_of: Mapping[str, str], name: str, limit: int) -> str:
    value = row[column_of[name]] if name in column_of else None
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a string")
    if len(value) > limit:
        raise ValueError(f"{name} is longer than {limit} characters")
    return value.strip()


def _name_of(path: str) -> str:
    try:
        name = unquote(urlsplit(path).path).rstrip("/").rpartition("/")[2]
    except ValueError:
        name = ""
    return (name or path)[:MAX_TITLE]
