"""Why a job is not done yet: what it waits for, as a sentence and as facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fermata.control.engine import Engine
from fermata.control.view import View, look
from fermata.domain.holds import Hold, described
from fermata.domain.jobs import Job, Ref
from fermata.domain.kind import DEFAULT_WORKER, Json
from fermata.domain.progress import Action, WaitsFor
from fermata.domain.transitions import Status


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
    """What the job waits for: the very step that :mod:`fermata.control.reconcile` takes next."""
    view = look(engine, ref)
    return SENTENCES[view.step.waits_for](engine, view)


def _nothing(engine: Engine, view: View) -> Why:
    facts = {"finished_at": view.job.finished_at}
    return Why(WaitsFor.NOTHING, f"The job is {_word(view.job)}; it waits for nothing.", facts)


def _hold(engine: Engine, view: View) -> Why:
    standing = view.standing(engine.clock.now())
    if not standing:
        return Why(WaitsFor.HOLD, "Its last hold is over; the job is about to go on.", {"holds": []})
    return Why(WaitsFor.HOLD, f"The job waits because {described(standing)}.", {"holds": _facts(standing)})


def _rest(engine: Engine, view: View) -> Why:
    facts: dict[str, Json] = {"chunks_leased": len(view.step.chunks)}
    standing = view.standing(engine.clock.now())
    if not standing:
        ended = _word(view.job) if view.job.status.final else "out of time"
        return Why(WaitsFor.REST, f"The job is {ended}; the units in hand end, then nothing of it runs.", facts)
    text = f"The job ends the units in hand, then it stops, because {described(standing)}."
    return Why(WaitsFor.REST, text, {"holds": _facts(standing), **facts})


def _review(engine: Engine, view: View) -> Why:
    facts = {"since": view.job.idle_since}
    return Why(WaitsFor.REVIEW, "The job waits for a person to approve or reject its draft.", facts)


def _start(engine: Engine, view: View) -> Why:
    if view.job.started_at is not None and view.job.status is Status.PAUSED:
        return Why(WaitsFor.START, "Its last hold is gone; the job is about to go on.", {})
    text = "The job was accepted and waits for a worker to begin it."
    return Why(WaitsFor.START, text, {"since": view.job.updated_at})


def _planning(engine: Engine, view: View) -> Why:
    units = view.job.plan.units
    facts = {"stage": view.job.stage, "units_named": units}
    return Why(WaitsFor.PLANNING, f"A worker names the units of the stage, {units} so far.", facts)


def _worker(engine: Engine, view: View) -> Why:
    live, left = view.step.chunks, _left(view)
    text = f"Workers are at {len(live)} {_chunks(len(live))} of units; {left} units of the stage are left."
    return Why(WaitsFor.WORKER, text, {**_running(view), "chunks_leased": len(live), "lease_until": view.step.until})


def _lease(engine: Engine, view: View) -> Why:
    dead = len(view.step.chunks)
    text = f"The worker of {dead} {_chunks(dead)} was lost; the units are queued again."
    return Why(WaitsFor.LEASE, text, {**_running(view), "chunks_lost": dead})


def _queue(engine: Engine, view: View) -> Why:
    worker = view.job.plan.worker
    backlog = engine.queue.backlog(worker)
    free = "a free worker" if worker == DEFAULT_WORKER else f"a free worker of the class {worker}"
    text = f"{_left(view)} units wait in the queue for {free}, behind about {backlog} messages."
    return Why(WaitsFor.QUEUE, text, {**_running(view), "backlog": backlog, "limit": view.job.limit})


def _backoff(engine: Engine, view: View) -> Why:
    again = view.job.next_try
    if view.step.action is Action.DEFER and again is not None:
        what = "summing up" if view.job.plan.complete else "naming its units"
        text = f"The job waits because {what} was refused for now; it is tried again, for the {again.attempt}. time."
        return Why(
            WaitsFor.BACKOFF, text, {"stage": view.job.stage, "attempt": again.attempt, "retry_at": again.ready_at}
        )
    waiting = sum(len(chunk.retries) for chunk in view.step.chunks)
    wait = "unit waits" if waiting == 1 else "units wait"
    text = f"{waiting} {wait} for the next try; {_left(view)} of the stage are left."
    return Why(WaitsFor.BACKOFF, text, {**_running(view), "retry_at": view.step.until})


def _finishing(engine: Engine, view: View) -> Why:
    return Why(WaitsFor.FINISHING, "All units are settled; a worker sums up.", _running(view))


SENTENCES: Mapping[WaitsFor, Callable[[Engine, View], Why]] = {
    WaitsFor.NOTHING: _nothing,
    WaitsFor.HOLD: _hold,
    WaitsFor.REST: _rest,
    WaitsFor.REVIEW: _review,
    WaitsFor.START: _start,
    WaitsFor.PLANNING: _planning,
    WaitsFor.WORKER: _worker,
    WaitsFor.LEASE: _lease,
    WaitsFor.QUEUE: _queue,
    WaitsFor.BACKOFF: _backoff,
    WaitsFor.FINISHING: _finishing,
}


def _running(view: View) -> dict[str, Json]:
    return {"stage": view.job.stage, "units_left": _left(view)}


def _left(view: View) -> int:
    return sum(len(chunk.todo) for chunk in view.chunks)


def _facts(holds: Sequence[Hold]) -> list[Json]:
    return [
        {"scope": hold.scope, "owner": hold.owner, "reason": hold.reason, "since": hold.since, "until": hold.until}
        for hold in holds
    ]


def _chunks(count: int) -> str:
    return "chunk" if count == 1 else "chunks"


def _word(job: Job) -> str:
    return job.status.value.replace("_", " ")
