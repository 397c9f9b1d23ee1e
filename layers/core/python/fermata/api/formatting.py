"""A job as the documents show it: counts, status words, shares, times. All derived from the same unit counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from fermata.domain.chunks import Counts
from fermata.domain.transitions import Status

BATCH: Mapping[Status, str] = {
    Status.PENDING: "pending",
    Status.RUNNING: "processing",
    Status.PAUSED: "paused",
    Status.WAITING_REVIEW: "processing",
    Status.COMPLETED: "completed",
    Status.FAILED: "failed",
    Status.CANCELLED: "cancelled",
    Status.TIMED_OUT: "failed",
}
TASKS: Mapping[Status, str] = {
    Status.PENDING: "pending",
    Status.RUNNING: "running",
    Status.PAUSED: "running",
    Status.WAITING_REVIEW: "running",
    Status.COMPLETED: "completed",
    Status.FAILED: "failed",
    Status.CANCELLED: "cancelled",
    Status.TIMED_OUT: "failed",
}
PROCESSES: Mapping[Status, str] = {**TASKS, Status.WAITING_REVIEW: "waiting_review"}
"""Total projections of the engine's statuses onto each document's words."""


def share(counts: Counts, status: Status) -> float:
    """Settled units as 0.0–1.0; 1.0 only when every unit is settled. Of no units: 1.0 once the job is completed."""
    if counts.total == 0:
        return 1.0 if status is Status.COMPLETED else 0.0
    return counts.settled / counts.total


END_OF_TIME = 253_402_300_800.0
"""The first second of the year 10000, which no time is written with."""


def naive_time(at: float) -> str:
    """UTC without zone, as ``2026-04-13T09:00:00``; the nearest that can be written for a time that can't be."""
    seconds = int(min(max(at, 0.0), END_OF_TIME - 1)) if at == at else 0
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()


def zoned_millis(at: float) -> str:
    """UTC to the millisecond, as ``2026-04-13T09:00:00.250Z``."""
    whole, millis = divmod(round(at * 1000), 1000)
    return f"{naive_time(whole)}.{millis:03}Z"


def zoned_time(at: float) -> str:
    """UTC with its mark, as ``2026-04-13T09:00:00Z``."""
    return f"{naive_time(at)}Z"
