"""Pause, resume and control state."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body

from fermata.api.context import Caller
from fermata.api.formatting import zoned_time
from fermata.api.tasks.family import FAMILY, PLAIN, ref_of
from fermata.api.tasks.schemas import ControlState, TaskNote, TaskSignal
from fermata.control import holds
from fermata.control.engine import Engine
from fermata.domain.holds import described
from fermata.domain.jobs import Job
from fermata.domain.transitions import Status

Noted = Annotated[TaskNote | None, Body()]


@FAMILY.command(
    "/{id}/pause",
    "tasks.pause",
    target="id",
    status_code=202,
    response_model=TaskSignal,
    errors=(404, 409),
    summary="Pause a task at its next checkpoint",
    **PLAIN,
)
def pause_task(call: Caller, id: str, body: Noted = None) -> dict[str, Any]:
    """What is under way ends; then the task waits until it is resumed or cancelled.

    A pending task stops at the checkpoint `pre_execution`, a running one as a rule between two units. Asking again before it
    has stopped replaces the reason (at most 500 characters); once it is paused, that is a 409, as for a task that is over or
    waits for review.
    """
    ref = ref_of(call, id)
    reason = body.reason if body else None
    holds.pause(call.engine, call.act, ref, holds.own_hold(call.engine, call.actor.user, reason))
    return {"success": True, "message": "Pause signal sent", "task_id": id}


@FAMILY.command(
    "/{id}/resume",
    "tasks.resume",
    target="id",
    status_code=202,
    response_model=TaskSignal,
    errors=(404, 409),
    summary="Resume a paused task",
    **PLAIN,
)
def resume_task(call: Caller, id: str, body: Noted = None) -> dict[str, Any]:
    """Go on where it stopped, or take back a pause that has not been reached yet.

    409 `task is not paused`, or `cannot resume completed task` and so on when it is over. A pause of the whole system goes on
    holding it: the message says so, and by whom and until when; where nothing else holds the task, it is a 409 with the same
    facts. A `reason` is taken and not kept.
    """
    job = holds.resume(call.engine, call.act, ref_of(call, id))
    held = holds.still_held(call.engine, job)
    message = f"Pause removed, but {described(held)}" if held else "Resume signal sent"
    return {"success": True, "message": message, "task_id": id}


@FAMILY.query(
    "/{id}/control-state",
    response_model=ControlState,
    errors=(404,),
    summary="Whether a task is paused or cancelled, and by whom",
    **PLAIN,
)
def get_task_control_state(call: Caller, id: str) -> dict[str, Any]:
    """Facts that do not apply are null.

    While a pause is asked for and not reached, `is_paused` is false and `pause_reason` and `paused_by` are there already. With
    several holds they are those of the task's own, else of the system's.
    """
    job = call.engine.store.job(ref_of(call, id))
    return {"task_id": id, **_pause(call.engine, job), **_cancel(call.engine, job)}


def _pause(engine: Engine, job: Job) -> dict[str, Any]:
    paused, held = job.status is Status.PAUSED, holds.still_held(engine, job)
    rested = job.pause.quiesced_at if paused and job.pause else None
    return {
        "is_paused": paused,
        "paused_at": zoned_time(rested) if rested is not None else None,
        "pause_reason": held[0].reason if held else None,
        "paused_by": held[0].owner if held else None,
        "checkpoint": job.checkpoint,
    }


def _cancel(engine: Engine, job: Job) -> dict[str, Any]:
    cancelled = job.status is Status.CANCELLED
    last = engine.log.events(job.ref, after=job.events - 1, limit=1) if cancelled else []
    return {
        "is_cancelled": cancelled,
        "cancel_reason": job.error if cancelled else None,
        "cancelled_by": next((event.data.get("user") for event in last), None),
    }
