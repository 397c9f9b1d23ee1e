"""List, show and history."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from fermata.api import formatting, integer_ids
from fermata.api.context import Caller
from fermata.api.etag import NOT_MODIFIED, IfNoneMatch, polled, tag_of
from fermata.api.processes import presenter
from fermata.api.processes.family import FAMILY, NAME, InWorkspace, ref_of
from fermata.api.processes.schemas import Process, ProcessEvent, ProcessItem, Status
from fermata.api.request_fields import DEFAULT_WORKSPACE, Workspace
from fermata.domain.listing import Listing


@FAMILY.query("", response_model=list[ProcessItem], summary="List the processes of a workspace")
def list_processes(
    call: Caller,
    workspace_id: Annotated[Workspace, Query()] = DEFAULT_WORKSPACE,
    status: Annotated[Status | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 500,
) -> list[dict[str, Any]]:
    """Newest first; at most the newest 500."""
    statuses = integer_ids.statuses(formatting.PROCESSES, status)
    jobs = call.engine.store.jobs(Listing(call.tenant, (NAME,), workspace_id, statuses, limit=limit))
    counts = formatting.counts_of_all(call.engine, jobs)
    return [presenter.item(job, count) for job, count in zip(jobs, counts, strict=True)]


@FAMILY.query("/{id}", response_model=Process, responses=NOT_MODIFIED, errors=(404,), summary="Show a process")
def get_process(call: Caller, id: str, workspace_id: InWorkspace = None, if_none_match: IfNoneMatch = None) -> Response:
    """The full state.

    `metadata` has `workspace_id`, `input` (long texts cut), the current `stage`, and the `units` it has (total, succeeded,
    failed, remaining). `result_summary` counts the draft while the process waits for review, is the result once it is
    completed, has `error` when it failed or was cancelled with a reason, and is `{}` otherwise.
    """
    job = call.engine.store.job(ref_of(call, id, workspace_id))
    counts = formatting.counts_of(call.engine, job)
    return polled(if_none_match, tag_of(job, counts), lambda: presenter.process(call.engine, job, counts))


@FAMILY.query("/{id}/events", response_model=list[ProcessEvent], errors=(404,), summary="The history of a process")
def list_process_events(call: Caller, id: str, workspace_id: InWorkspace = None) -> list[dict[str, Any]]:
    """Every line, ascending; lines are only ever added."""
    job = call.engine.store.job(ref_of(call, id, workspace_id))
    lines: list[dict[str, Any]] = []
    while len(lines) < job.events and (page := call.engine.log.events(job.ref, after=len(lines))):
        lines += [presenter.event(line) for line in page]
    return lines
