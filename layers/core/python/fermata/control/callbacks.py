"""State machines of others that wait for a job's end: they are told once, and meanwhile that it goes on.

They are told before the job is closed, so recovery repeats what a crash cut off; a token that is used twice does no harm.
"""

from __future__ import annotations

import json
import logging

from fermata.control.engine import Engine
from fermata.domain.chunks import Counts
from fermata.domain.errors import FermataError, NotFound, ServiceFailed, TokenSpent
from fermata.domain.jobs import Job, Ref
from fermata.domain.kind import Json
from fermata.domain.transitions import Status

logger = logging.getLogger(__name__)

MAX_OUTPUT = 200 * 1024
"""Bytes of a result that is handed on; Step Functions takes 256 KB. A larger one is read by the job's id."""

ERRORS = {Status.FAILED: "Fermata.Failed", Status.CANCELLED: "Fermata.Cancelled", Status.TIMED_OUT: "Fermata.TimedOut"}


def sealed(engine: Engine, ref: Ref, token: str) -> str:
    """The token as it is stored: whoever has it can end the state."""
    return engine.secrets.seal(token, _context(ref))


def tell(engine: Engine, job: Job, counts: Counts) -> None:
    """Tell who waits how the job ended. One that can't be told, since the stack may not or it is gone, is told in the log."""
    if job.callback is None:
        return
    try:
        token = engine.secrets.open(job.callback, _context(job.ref))
    except NotFound:
        logger.exception("the key that sealed a callback is gone", extra={"job_id": job.id})
        return
    try:
        if job.status is Status.COMPLETED:
            engine.workflow.succeed(token, _output(job, counts))
        else:
            engine.workflow.fail(token, ERRORS[job.status], f"{job.id}: {job.error or job.status.value}")
    except TokenSpent:
        logger.info("whoever waited for the job waits no more", extra={"job_id": job.id})
    except ServiceFailed:
        logger.exception("the state machine that waits for the job could not be told", extra={"job_id": job.id})


def beat(engine: Engine, job: Job) -> None:
    """A sign of life to who waits for an open job. That it can't be given keeps nobody from the job itself."""
    if job.callback is None or job.status.final:
        return
    try:
        engine.workflow.beat(engine.secrets.open(job.callback, _context(job.ref)))
    except TokenSpent:
        pass
    except FermataError:
        logger.warning("whoever waits for the job got no sign of life", exc_info=True, extra={"job_id": job.id})


def _output(job: Job, counts: Counts) -> str:
    facts: dict[str, Json] = {
        "job_id": job.id,
        "status": job.status.value,
        "counts": {"succeeded": counts.succeeded, "failed": counts.failed, "total": counts.total},
    }
    whole = json.dumps({**facts, "result": job.result})
    return whole if len(whole) <= MAX_OUTPUT else json.dumps({**facts, "result": None})


def _context(ref: Ref) -> dict[str, str]:
    return {"tenant": ref.tenant, "job": ref.id, "purpose": "callback"}
