"""Reviews: a person decides over a draft before the stage that applies it."""

from __future__ import annotations

from dataclasses import replace

from fermata.control.answers import pursued
from fermata.control.engine import Engine, JobUpdate, update
from fermata.domain.events import Mutation
from fermata.domain.jobs import Job, Ref
from fermata.domain.lifecycle import apply
from fermata.domain.ranges import Ranges, check_size
from fermata.domain.transitions import Command


def approve(engine: Engine, act: Mutation, ref: Ref, units: Ranges | None = None, reason: str | None = None) -> Job:
    """Let the reviewed stage begin, for all of the draft or for the numbered parts of it that the kind understands.

    Raises WrongStatus unless the job waits for review.
    """

    if units is not None:
        check_size("units", units)

    def step(job: Job) -> JobUpdate:
        moved, event = apply(
            job, Command.APPROVE, engine.clock.now(), user=act.actor.user, units=_text(units), reason=reason
        )
        params = {**moved.params, "approved": _text(units)}
        moved = replace(moved, params=params, queued_at=0.0, queued_until=0.0)
        return JobUpdate(moved, (event,))

    update(engine, ref, step, act)
    return pursued(engine, ref)


def reject(engine: Engine, act: Mutation, ref: Ref, reason: str | None = None) -> Job:
    """Drop the draft: the job ends as cancelled, nothing is applied. Raises WrongStatus unless the job waits for review."""

    def step(job: Job) -> JobUpdate:
        moved, event = apply(job, Command.REJECT, engine.clock.now(), user=act.actor.user, reason=reason)
        return JobUpdate(replace(moved, error=reason or "rejected in review"), (event,))

    update(engine, ref, step, act)
    return pursued(engine, ref)


def _text(units: Ranges | None) -> str | None:
    return None if units is None else str(units)
