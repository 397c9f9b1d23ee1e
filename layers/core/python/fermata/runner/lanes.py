"""Which chunk a worker that has just ended one goes on with, instead of leaving it to a message."""

from __future__ import annotations

from fermata.control.engine import Engine
from fermata.control.view import View
from fermata.domain.chunks import Chunk, ready
from fermata.domain.jobs import Job
from fermata.domain.progress import Action
from fermata.domain.transitions import Status

SMALL = 4
"""Chunks of a stage up to which quick work is done where it was planned; more of them wait in the queue."""


def next_in_lane(engine: Engine, job: Job, chunk: Chunk) -> Chunk | None:
    """The chunk that the lane goes on with: it is there, so this one can't have been the stage's last."""
    if job.lanes is None:
        return None
    for number in range(chunk.number + job.lanes, job.stages[chunk.stage].chunks, job.lanes):
        following = engine.ledger.chunk(job.ref, chunk.stage, number)
        if not following.done:
            now = engine.clock.now()
            return None if following.live(now) or following.not_before > now else following
    return None


def left_over(view: View, worker: str, now: float) -> Chunk | None:
    """A chunk that waits in the queue although its job is small and a worker of its class is at hand."""
    job = view.job
    if view.step.action is not Action.WAIT or job.status is not Status.RUNNING or view.holds:
        return None
    if job.plan.worker != worker or not job.plan.complete or job.plan.chunks > SMALL:
        return None
    return next((chunk for chunk in ready(view.chunks, job.lanes, now) if chunk.owner is None), None)
