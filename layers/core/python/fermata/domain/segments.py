"""Segments: the packed results of the units settled since a worker's last commit."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from fermata.domain.kind import Result, UnitRun

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
    """Rows as JSON, compressed where that makes them smaller; the first byte tells which.

    How the units ran follows behind the compressed rows, as a stream of its own: releases that know nothing of it read the rows
    and pass it over. It takes about five bytes a unit.
    """
    kept = list(results)
    plain = _json([_row(result) for result in kept])
    if any(result.run is not None for result in kept):
        return b"z" + zlib.compress(plain, 6) + zlib.compress(_json(_runs(kept)), 6)
    packed = zlib.compress(plain, 6) if len(plain) > 128 else plain
    return b"z" + packed if len(packed) < len(plain) else b"j" + plain


def unpack(data: bytes) -> list[Result]:
    if data[:1] == b"j":
        return _results(json.loads(data[1:]))
    rows = zlib.decompressobj()
    results = _results(json.loads(rows.decompress(data[1:])))
    if not rows.unused_data:
        return results
    runs = _unpacked_runs(json.loads(zlib.decompress(rows.unused_data)), len(results))
    return [replace(result, run=run) for result, run in zip(results, runs, strict=True)]


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _results(rows: list[list[Any]]) -> list[Result]:
    return [Result(row[0], row[1], row[2] if len(row) > 2 else None, *row[3:4]) for row in rows]


def _runs(results: list[Result]) -> dict[str, Any]:
    """By column, in milliseconds, each beginning as the distance to the one before: what is alike packs well."""
    began: list[int | None] = []
    took: list[int] = []
    last = 0
    for result in results:
        if result.run is None:
            began.append(None)
            took.append(0)
            continue
        at = round(result.run.began * 1000)
        began.append(at - last)
        took.append(max(0, round(result.run.ended * 1000) - at))
        last = at
    logs = {place: result.run.log for place, result in enumerate(results) if result.run and result.run.log}
    workers = {result.run.worker for result in results if result.run}
    return {"began": began, "took": took, "worker": max(workers), **({"log": logs} if logs else {})}


def _unpacked_runs(columns: dict[str, Any], count: int) -> list[UnitRun | None]:
    runs: list[UnitRun | None] = []
    at = 0
    logs = columns.get("log", {})
    for place in range(count):
        distance = columns["began"][place]
        if distance is None:
            runs.append(None)
            continue
        at += distance
        log = tuple(logs.get(str(place), ()))
        runs.append(UnitRun(at / 1000, (at + columns["took"][place]) / 1000, columns["worker"], log))
    return runs


def _row(result: Result) -> list[Any]:
    """As short as it can be: an error only where there is one, a number of attempts only above one."""
    row = [result.number, result.value]
    if result.attempts > 1:
        return [*row, result.error, result.attempts]
    return row if result.error is None else [*row, result.error]
