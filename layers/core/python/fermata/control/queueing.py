"""Messages to workers: what is sent for a job, and how it is remembered that it was."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace

from fermata.control.engine import Engine
from fermata.domain.chunks import Chunk
from fermata.domain.errors import DEPENDENCIES
from fermata.domain.jobs import Job
from fermata.domain.progress import QUIET
from fermata.ports import Message

logger = logging.getLogger(__name__)

LONGEST_QUIET = 3600.0


def job_message(job: Job, *, express: bool = False) -> Message:
    """For whoever plans, finishes or otherwise brings the job further; ``express``: what may overtake long work."""
    return Message("job", job.tenant, job.id, job.scope_names, job.stage, 0, job.trace, express)


def set_off(engine: Engine, job: Job) -> None:
    """The work of a job that was stored begins by a message; the execution shows where it stands.

    From here on the job is accepted: what can't be sent just now is made up for by recovery, and no reason to refuse it.
    """
    begins: tuple[Callable[[], None], ...] = (
        lambda: engine.queue.send([job_message(job, express=True)]),
        lambda: engine.workflow.start(job.ref, job.execution_number),
    )
    for begin in begins:
        try:
            begin()
        except DEPENDENCIES:
            logger.warning("recovery sets off what could not be set off now", exc_info=True, extra={"job_id": job.id})


def chunk_message(job: Job, chunk: Chunk) -> Message:
    worker = job.stages[chunk.stage].worker
    return Message("chunk", job.tenant, job.id, job.scope_names, chunk.stage, chunk.number, job.trace, worker=worker)


def send_chunks(engine: Engine, job: Job, chunks: Iterable[Chunk]) -> None:
    engine.queue.send([chunk_message(job, chunk) for chunk in chunks])


def noted(job: Job, now: float, delay: float = 0.0) -> Job:
    """The job, whose messages have been sent, to arrive after a delay. They are waited for twice as long each time that nothing
    came of them."""
    again = job.queued_until > 0.0
    patience = min(2 * (job.queued_until - job.queued_at), LONGEST_QUIET) if again else QUIET
    return replace(job, queued_at=now, queued_until=now + delay + patience)
