"""How the units of jobs stand."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from fermata.control.engine import Engine
from fermata.domain.chunks import Counts, count
from fermata.domain.jobs import Job

READERS = 8
"""Ledgers that are read at a time for a list."""


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
