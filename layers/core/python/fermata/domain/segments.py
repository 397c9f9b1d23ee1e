"""Segments: the packed results of the units settled since a worker's last commit."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fermata.domain.kind import Result

MAX_RESULT = 4 * 1024 * 1024
"""Bytes of JSON that one unit may return, escaped once more: a page of results must fit a Lambda response of 6 MB."""


@dataclass(frozen=True)
class Segment:
    """One commit's results.

    Attributes:
        stage, chunk, attempt, number: its place; a chunk says which (attempt, number) are true.
        data: packed rows, see :func:`pack`.
    """

    stage: int
    chunk: int
    attempt: int
    number: int
    data: bytes


def pack(results: Iterable[Result]) -> bytes:
    """Rows as JSON, compressed where that makes them smaller; the first byte tells which."""
    rows: list[list[Any]] = [_row(result) for result in results]
    plain = json.dumps(rows, separators=(",", ":"), ensure_ascii=False).encode()
    packed = zlib.compress(plain, 6) if len(plain) > 128 else plain
    return b"z" + packed if len(packed) < len(plain) else b"j" + plain


def unpack(data: bytes) -> list[Result]:
    rows = json.loads(zlib.decompress(data[1:]) if data[:1] == b"z" else data[1:])
    return [Result(row[0], row[1], row[2] if len(row) > 2 else None, *row[3:]) for row in rows]


def _row(result: Result) -> list[Any]:
    """As short as it can be: an error only where there is one, a number of attempts only above one."""
    row = [result.number, result.value]
    if result.attempts > 1:
        return [*row, result.error, result.attempts]
    return row if result.error is None else [*row, result.error]
