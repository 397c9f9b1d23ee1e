"""List, show, create and cancel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Body, Query, Response

from fermata.api import formatting, integer_ids
from fermata.api.context import Caller, RequestContext
from fermata.api.etag import NOT_MODIFIED, IfNoneMatch, polled, tag_of
from fermata.api.idempotency import IdempotencyKey
from fermata.api.tasks import presenter
from fermata.api.tasks.family import FAMILY, NAME, ref_of, workspace_of
from fermata.api.tasks.schemas import CancelledTask, CreatedTask, NewTask, OneTask, Project, Status, TaskNote, Tasks
from fermata.control import termination
from fermata.domain.jobs import Job
from fermata.domain.listing import Listing

PAGE_SIZE, MAX_PAGE_SIZE, MAX_PAGE = 20, 100, 50
"""Tasks of a page, and how far pages lead: the ones before have to be read to be passed over."""


@FAMILY.query("", response_model=Tasks, summary="List tasks")
def list_tasks(
    call: Caller,
    project_id: Annotated[Project | None, Query()] = None,
    status: Annotated[Status | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    page: Annotated[int | None, Query(ge=1, le=MAX_PAGE, description="From 1; with it `data` is a page")] = None,
    page_size: Annotated[
        int | None, Query(ge=1, le=MAX_PAGE_SIZE, description="Tasks of a page; 20 unless named")
    ] = None,
) -> dict[str, Any]:
    """The tenant's tasks, newest first; of all projects unless one is named.

    With `page` or `page_size` `data` is `{items, total, page, page_size, total_pages}` instead of a list; `limit` is not used.

    A task that is paused is `running` here, one that ran out of time `failed`. Without a project it belongs to the workspace
    `default`, which is shown, and asked for, as project 0.
    """
    workspace = None if project_id is None else workspace_of(project_id)
    listing = Listing(call.tenant, (NAME,), workspace, integer_ids.statuses(formatting.TASKS, status), limit=limit)
    if page is None and page_size is None:
        return _success(_items(call, call.engine.store.jobs(listing)))
    number, size = page or 1, page_size or PAGE_SIZE
    total = sum(call.engine.store.counts(listing).values())
    jobs = call.engine.store.jobs(replace(listing, limit=number * size))[(number - 1) * size :]
    facts = {"total": total, "page": number, "page_size": size, "total_pages": -(-total // size)}
    return _success({"items": _items(call, jobs), **facts})


def _items(call: RequestContext, jobs: Sequence[Job]) -> list[dict[str, Any]]:
    counts = formatting.counts_of_all(call.engine, jobs)
    return [presenter.item(job, count) for job, count in zip(jobs, counts, strict=True)]


@FAMILY.query("/{id}", response_model=OneTask, responses=NOT_MODIFIED, errors=(404,), summary="Show a task")
def get_task(call: Caller, id: str, if_none_match: IfNoneMatch = None) -> Response:
    """`params` are the task's parameters with their defaults, and without secrets. `result` is `{}` until it is completed.

    `progress` and `total` count units; `total` may grow while the task finds out what there is to do.
    """
    job = call.engine.store.job(ref_of(call, id))
    counts = formatting.counts_of(call.engine, job)
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
        "data": presenter.detail(job, formatting.counts_of(call.engine, job)),
    }


@FAMILY.command(
    "/{id}/cancel",
    "tasks.cancel",
    target="id",
    response_model=CancelledTask,
    errors=(400, 404),
    summary="Cancel a task",
)
def cancel_task(call: Caller, id: str, body: Annotated[TaskNote | None, Body()] = None) -> dict[str, Any]:
    """Stop for good; it shows on the very next read. A paused task can be cancelled too.

    A task that is completed, failed (or out of time) or cancelled is a 400.
    """
    termination.cancel(call.engine, call.act, ref_of(call, id), body.reason if body else None)
    return {"code": 200, "message": "Task cancelled", "data": None}


def _success(data: Any) -> dict[str, Any]:
    return {"code": 200, "message": "success", "data": data}
