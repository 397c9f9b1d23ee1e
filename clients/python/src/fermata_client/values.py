"""Values as callers have them, and as they go to the server."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

Moment = datetime | timedelta | str
"""A moment: itself (without a zone, in local time), how far it is from now, or as the server reads it."""


def text_of(moment: Moment | None) -> str | None:
    """ISO 8601 in UTC, or the text as it was given."""
    if moment is None or isinstance(moment, str):
        return moment
    at = datetime.now(UTC) + moment if isinstance(moment, timedelta) else moment.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def numbers(units: Iterable[int] | None) -> list[int] | None:
    """Numbers of units as a list."""
    return None if units is None else list(units)


def percent(settled: int, total: int) -> str:
    """How far something is, never rounded up to 100 %."""
    return f"{math.floor(100 * settled / total)} %" if total else "0 %"
