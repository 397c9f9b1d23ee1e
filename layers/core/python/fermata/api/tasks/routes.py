"""List, show, create and cancel in the one dialect; pause, resume and control state in the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Query, Response

from fermata.api import formatting, integer_ids
from fermata.api.context import Caller, RequestContext
from fermata.api.etag import NOT_MODIFIED, IfNoneMatch, polled, tag_of
from fermata.api.formatting import zoned_time
from fermata.api.idempotency import IdempotencyKey
from fermata.api.parameters import not_beside
from fermata.api.request_fields import Note, reason_of
from fermata.api.tasks import presenter, schemas
from fermata.api.tasks.family import FAMILY, NAME, PLAIN, ref_of, workspace_of
from fermata.api.tasks.schemas import (
    CancelledTask,
    ControlState,
    CreatedTask,
    NewTask,
    OneTask,
    Project,
    Tasks,
    TaskSignal,
)
from fermata.control import holds, termination
from fermata.control.counts import counts_of, counts_of_all
from fermata.control.engine import Engine
from fermata.domain.holds import described
from fermata.domain.jobs import Job
from fermata.domain.listing import Listing
from fermata.domain.transitions import Status

LIMIT = 50
PAGE_SIZE, MAX_PAGE_SIZE, MAX_PAGE = 20, 100, 50
"""Tasks of a page, and how far pages lead: the ones before have to be read to be passed over."""


@FAMILY.query("", response_model=Tasks, checks=(not_beside("limit", "page", "page_size"),), summary="List tasks")
def list_tasks(
    call: Caller,
    project_id: Annotated[Project | None, Query()] = None,
    status: Annotated[schemas.Status | None, Query()] = None,
    limit: Annotated[
        int | None,
        Query(ge=1, le=500, description=f"Tasks of the list; {LIMIT} unless named. Not beside `page` or `page_size`"),
    ] = None,
    page: Annotated[int | None, Query(ge=1, le=MAX_PAGE, description="From 1; with it `data` is a page")] = None,
    page_size: Annotated[
        int | None, Query(ge=1, le=MAX_PAGE_SIZE, description="Tasks of a page; 20 unless named")
    ] = None,
) -> dict[str, Any]:
    """The tenant's tasks, newest first; of all projects unless one is named.

    With `page` or `page_size` `data` is `{items, total, page, page_size, total_pages}` instead of a list;
    `limit` beside them is refused.

    A task that is paused is `running` here, one that ran out of time `failed`. Without a project it belongs to the workspace
    `default`, which is shown, and asked for, as project 0.
    """
    workspace = None if project_id is None else workspace_of(project_id)
    listing = Listing(
        call.tenant, (NAME,), workspace, integer_ids.statuses(formatting.TASKS, status), limit=limit or LIMIT
    )
    if page is None and page_size is None:
        return _success(_items(call, call.engine.store.jobs(listing)))
    number, size = page or 1, page_size or PAGE_SIZE
    total = sum(call.engine.store.counts(listing).values())
    jobs = call.engine.store.jobs(replace(listing, limit=number * size))[(number - 1) * size :]
    facts = {"total": total, "page": number, "page_size": size, "total_pages": -(-total // size)}
    return _success({"items": _items(call, jobs), **facts})


def _items(call: RequestContext, jobs: Sequence[Job]) -> list[dict[str, Any]]:
    counts = counts_of_all(call.engine, jobs)
    return [presenter.item(job, count) for job, count in zip(jobs, counts, strict=True)]


@FAMILY.query("/{id}", response_model=OneTask, responses=NOT_MODIFIED, errors=(404,), summary="Show a task")
def get_task(call: Caller, id: str, if_none_match: IfNoneMatch = None) -> Response:
    """`params` are the task's parameters with their defaults, and without secrets. `result` is `{}` until it is completed.

    `progress` and `total` count units; `total` may grow while the task finds out what there is to do.
    """
    job = call.engine.store.job(ref_of(call, id))
    counts = counts_of(call.engine, job)
    return polled(if_none_match, tag_of(job, counts), lambda: _success(presenter.detail(job, counts)))


@FAMILY.command(
    "", "tasks.create", status_code=201, response_model=CreatedTask, errors=(409, 429), summary="Create a task"
)
def create_task(call: Caller, body: NewTask, idempotency_key: IdempotencyKey = None) -> dict[str, Any]:
    """Start a task. A `task_type` that no kind of work does is refused with a list of those that one does.

    Without `project_id` it belongs to the workspace `default`, which is project 0.
    """
    kind = integer_ids.kind_of(call.engine, NAME, "task_type", body.task_type)
    workspace = workspace_of(body.project_id)
    job = integer_ids.start(call, NAME, kind, workspace, "params", body.params, idempotency_key)
    return {
        "code": 201,
        "message": "Task created",
        "data": presenter.detail(job, counts_of(call.engine, job)),
    }


@FAMILY.control("cancel", "Cancel a task", response_model=CancelledTask, errors=(400, 404))
def cancel_task(call: Caller, id: str, body: Note | None = None) -> dict[str, Any]:
    """Stop for good; it shows on the very next read. A paused task can be cancelled too.

    A task that is completed, failed (or out of time) or cancelled is a 400.
    """
    termination.cancel(call.engine, call.act, ref_of(call, id), reason_of(body))
    return {"code": 200, "message": "Task cancelled", "data": None}


def _success(data: Any) -> dict[str, Any]:
    return {"code": 200, "message": "success", "data": data}


@FAMILY.control("pause", "Pause a task at its next checkpoint", status_code=202, response_model=TaskSignal, **PLAIN)
def pause_task(call: Caller, id: str, body: Note | None = None) -> dict[str, Any]:
    """What is under way ends; then the task waits until it is resumed or cancelled.

    A pending task stops at the checkpoint `pre_execution`, a running one as a rule between two units. Asking again before it
    has stopped replaces the reason (at most 500 characters); once it is paused, that is a 409, as for a task that is over or
    waits for review.
    """
    ref = ref_of(call, id)
    holds.pause(call.engine, call.act, ref, holds.own_hold(call.engine, call.actor.user, reason_of(body)))
    return {"success": True, "message": "Pause signal sent", "task_id": id}


@FAMILY.control("resume", "Resume a paused task", status_code=202, response_model=TaskSignal, **PLAIN)
def resume_task(call: Caller, id: str, body: Note | None = None) -> dict[str, Any]:
    """Go on where it stopped, or take back a pause that has not been reached yet.

    409 `task is not paused`, or `cannot resume completed task` and so on when it is over. A pause of the whole system goes on
    holding it: the message says so, and by whom and until when; where nothing else holds the task, it is a 409 with the same
    facts.
    """
    job = holds.resume(call.engine, call.act, ref_of(call, id), reason_of(body))
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
