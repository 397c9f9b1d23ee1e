"""Why a job is not done yet: what it waits for, as a sentence and as facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fermata.control.engine import Engine
from fermata.domain.chunks import Chunk
from fermata.domain.holds import OWN, SYSTEM, Hold
from fermata.domain.jobs import Job, Ref
from fermata.domain.kind import Json
from fermata.domain.transitions import Status


class WaitsFor(StrEnum):
    """What can keep a job, and who ends it."""

    NOTHING = "nothing"  # it has ended
    HOLD = "hold"  # whoever placed it, or its end
    REST = "rest"  # it is held; the workers end the units in hand
    REVIEW = "review"  # a person
    START = "start"  # its execution
    PLANNING = "planning"  # a worker names its units
    WORKER = "worker"  # workers are at it
    LEASE = "lease"  # a worker died; recovery queues its units again once the lease has lapsed
    QUEUE = "queue"  # a worker that is free
    EXECUTION = "execution"  # its units are settled; the execution goes on to the next step


@dataclass(frozen=True)
class Why:
    """What a job waits for.

    Attributes:
        facts: JSON; times are seconds since the epoch and end in ``_at``, ``since`` or ``until``.
    """

    waits_for: WaitsFor
    sentence: str
    facts: Mapping[str, Json]


def why(engine: Engine, ref: Ref) -> Why:
    """Raises NotFound."""
    job = engine.store.job(ref)
    now = engine.clock.now()
    if job.status.final:
        facts = {"finished_at": job.finished_at, "error": job.error}
        return Why(WaitsFor.NOTHING, f"The job is {_word(job)}; it waits for nothing.", facts)
    if job.status is Status.WAITING_REVIEW:
        facts = {"since": job.idle_since}
        return Why(WaitsFor.REVIEW, "The job waits for a person to approve or reject its draft.", facts)
    holds = engine.store.gate(ref, job.source).holds(now)
    chunks = engine.ledger.chunks(ref, job.stage)
    live = [chunk for chunk in chunks if chunk.live(now)]
    if holds:
        return _held(job, holds, live)
    if job.status is Status.PAUSED:
        return Why(WaitsFor.EXECUTION, "Its last hold is gone; the job is about to go on.", {})
    if job.status is Status.PENDING or job.waiting is None:
        facts = {"since": job.updated_at}
        return Why(WaitsFor.START, "The job was accepted and waits for its execution to begin.", facts)
    return _running(engine, job, chunks, live)


def _held(job: Job, holds: Sequence[Hold], live: Sequence[Chunk]) -> Why:
    first = holds[0]
    others = f", and {len(holds) - 1} more" if len(holds) > 1 else ""
    by = f"{_place(first)} is held by {first.owner}" + (f": {first.reason}" if first.reason else "") + others
    facts: dict[str, Json] = {
        "holds": [
            {"scope": hold.scope, "owner": hold.owner, "reason": hold.reason, "since": hold.since, "until": hold.until}
            for hold in holds
        ]
    }
    if job.status is Status.PAUSED:
        return Why(WaitsFor.HOLD, f"The job waits because {by}.", facts)
    facts["chunks_leased"] = len(live)
    return Why(WaitsFor.REST, f"The job ends the units in hand, then it stops, because {by}.", facts)


def _running(engine: Engine, job: Job, chunks: Sequence[Chunk], live: Sequence[Chunk]) -> Why:
    left = sum(len(chunk.todo) for chunk in chunks)
    facts: dict[str, Json] = {"stage": job.stage, "units_left": left, "chunks_leased": len(live)}
    if job.waiting == "plan" or not job.plan.complete:
        planned = {**facts, "units_named": job.plan.units}
        return Why(WaitsFor.PLANNING, f"A worker names the units of the stage, {job.plan.units} so far.", planned)
    if live:
        text = f"Workers are at {len(live)} {_chunks(len(live))} of units; {left} units of the stage are left."
        return Why(WaitsFor.WORKER, text, {**facts, "lease_until": max(chunk.lease_until for chunk in live)})
    dead = [chunk for chunk in chunks if chunk.owner is not None and not chunk.done]
    if dead:
        text = f"The worker of {len(dead)} {_chunks(len(dead))} was lost; recovery queues them again."
        return Why(WaitsFor.LEASE, text, {**facts, "chunks_lost": len(dead)})
    if left:
        waiting = engine.queue.backlog()
        text = f"{left} units wait in the queue for a free worker, behind about {waiting} messages."
        return Why(WaitsFor.QUEUE, text, {**facts, "backlog": waiting, "limit": job.limit})
    return Why(WaitsFor.EXECUTION, "All units of the stage are settled; the execution goes on to the next step.", facts)


def _place(hold: Hold) -> str:
    return {OWN: "it", SYSTEM: "the whole system"}.get(hold.scope, hold.scope.replace(":", " ", 1))


def _chunks(count: int) -> str:
    return "chunk" if count == 1 else "chunks"


def _word(job: Job) -> str:
    return job.status.value.replace("_", " ")
