"""A job as the documents show it: counts, status words, shares, times. All derived from the same unit counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from fermata.control.engine import Engine
from fermata.domain.chunks import Counts, count
from fermata.domain.jobs import Job
from fermata.domain.transitions import Status

READERS = 8
"""Ledgers that are read at a time for a list."""

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


def counts_of(engine: Engine, job: Job) -> Counts:
    """How the job's units stand: sealed once it is over and at rest, until then one read of its ledger, if it has one yet."""
    if job.counts is not None:
        return job.counts
    planned = any(stage.chunks for stage in job.stages)
    return count(engine.ledger.chunks(job.ref) if planned else (), job.expected)


def counts_of_all(engine: Engine, jobs: Sequence[Job]) -> list[Counts]:
    """The same for a page of jobs; ledgers are read side by side."""
    live = sum(job.counts is None for job in jobs)
    if live < 2:
        return [counts_of(engine, job) for job in jobs]
    with ThreadPoolExecutor(min(READERS, live)) as pool:
        return list(pool.map(lambda job: counts_of(engine, job), jobs))


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
