"""How far a job is, as a percentage that never falls: for progress bars, which people take for a promise. Pure."""

from __future__ import annotations

from fermata.domain.chunks import Counts
from fermata.domain.jobs import Job
from fermata.domain.transitions import Status

WHOLE = 100
ALMOST = 99


def percentage(job: Job, counts: Counts) -> int:
    """0 to 100, rounded down; ``counts``: read after the job.

    Each stage up to the first that a person reviews has the same share of it, of which units settle theirs: no unit of a stage
    runs before all of them are named, so neither its planning nor that of the next stage takes anything back. 100 is for a draft
    that is whole, and stays while it is applied, and for a job that has completed. A retry keeps what the job had come to.
    """
    if job.status is Status.COMPLETED:
        return WHOLE
    stages = next((number for number, plan in enumerate(job.stages) if number and plan.review), len(job.stages))
    if job.stage >= stages:
        return WHOLE
    return max(job.reached, min(ALMOST, (job.stage * WHOLE + _of_stage(job, counts)) // stages))


def _of_stage(job: Job, counts: Counts) -> int:
    """Of the stage that the job is in; every unit of the stages before is settled."""
    plan = job.plan
    if not plan.complete:
        return 0
    if plan.units == 0:
        return WHOLE
    before = sum(earlier.units for earlier in job.stages[: job.stage])
    return min(max(0, counts.settled - before), plan.units) * WHOLE // plan.units
