"""What values look like: times, ids, counts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from fermata_conformance.check import is_true, shown

NAIVE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
ZULU = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
MAX_NUMBER = 2**53 - 1
"""The largest integer that a JavaScript number holds."""

AHEAD = 300.0
"""Seconds by which two clocks may differ."""


def is_naive_time(what: str, seen: Any) -> None:
    """UTC without zone, about now."""
    is_true(isinstance(seen, str) and NAIVE.fullmatch(seen), f"{what} is {shown(seen)}, not like 2026-04-13T09:00:00")
    _is_about_now(what, datetime.fromisoformat(seen).replace(tzinfo=UTC))


def is_zulu_time(what: str, seen: Any) -> None:
    """UTC with a Z, about now."""
    is_true(isinstance(seen, str) and ZULU.fullmatch(seen), f"{what} is {shown(seen)}, not like 2026-04-13T09:00:00Z")
    _is_about_now(what, datetime.fromisoformat(seen))


def is_number_id(what: str, seen: Any) -> None:
    is_true(type(seen) is int and 0 < seen <= MAX_NUMBER, f"{what} is {shown(seen)}, no integer that JavaScript holds")


def is_count(what: str, seen: Any, most: int | None = None) -> None:
    fits = type(seen) is int and seen >= 0 and (most is None or seen <= most)
    limit = "" if most is None else f" up to {most}"
    is_true(fits, f"{what} is {shown(seen)}, no whole number from 0{limit}")


def descend(values: list[Any]) -> bool:
    return all(one >= two for one, two in pairwise(values))


def ascend(values: list[Any]) -> bool:
    return all(one < two for one, two in pairwise(values))


def _is_about_now(what: str, at: datetime) -> None:
    away = abs((datetime.now(UTC) - at).total_seconds())
    is_true(away < AHEAD, f"{what} is {at.isoformat()}, {away:.0f} s away from now")
