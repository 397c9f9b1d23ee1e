"""Create, list, show, retry, cancel and review."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from fermata.api import formatting, integer_ids
from fermata.api.context import Caller, RequestContext
from fermata.api.etag import NOT_MODIFIED, IfNoneMatch, polled, tag_of
from fermata.api.idempotency import IdempotencyKey
from fermata.api.processes import presenter, schemas
from fermata.api.processes.family import FAMILY, NAME, InWorkspace, ref_of
from fermata.api.processes.schemas import Decision, NewProcess, Process, ProcessEvent, ProcessItem
from fermata.api.request_fields import DEFAULT_WORKSPACE, Note, Workspace, reason_of
from fermata.control import retry as retries
from fermata.control import review, termination
from fermata.control.counts import counts_of, counts_of_all
from fermata.domain.errors import InvalidInput
from fermata.domain.jobs import Job
from fermata.domain.listing import Listing
from fermata.domain.ranges import Ranges
from fermata.domain.transitions import Status

RETRIED = frozenset({Status.FAILED, Status.TIMED_OUT})
"""What this family calls failed."""

MAX_APPROVED = 64 * 1024
"""Characters of the approved numbers as ranges; they are kept with the job."""


@FAMILY.command(
    "", "processes.create", status_code=201, response_model=Process, errors=(409, 429), summary="Create a process"
)
def create_process(call: Caller, body: NewProcess, idempotency_key: IdempotencyKey = None) -> dict[str, Any]:
    """Start a process. A `type` that no kind of work does is refused with a list of those that one does.

    `workspace_id` may be an integer or a name (letters, digits, `.`, `_`, `-`; at most 64).
    """
    kind = integer_ids.kind_of(call.engine, NAME, "type", body.type)
    workspace = str(body.workspace_id)
    return _updated(call, integer_ids.start(call, NAME, kind, workspace, "input", body.input, idempotency_key))


@FAMILY.control("retry", "Retry a failed process", response_model=Process)
def retry_process(call: Caller, id: str, body: Note | None = None, workspace_id: InWorkspace = None) -> dict[str, Any]:
    """Keeps what succeeded; runs only the units that failed or never ran. 409 unless it is failed."""
    ref = ref_of(call, id, workspace_id)
    return _updated(call, retries.retry(call.engine, call.act, ref, allowed=RETRIED, reason=reason_of(body)))


@FAMILY.control("cancel", "Cancel a process", response_model=Process)
def cancel_process(call: Caller, id: str, body: Note | None = None, workspace_id: InWorkspace = None) -> dict[str, Any]:
    """From pending, running or waiting_review; else 409. A paused process counts as running."""
    ref = ref_of(call, id, workspace_id)
    return _updated(call, termination.cancel(call.engine, call.act, ref, reason_of(body)))


@FAMILY.control("review", "Decide over a draft", response_model=Process)
def review_process(call: Caller, id: str, body: Decision, workspace_id: InWorkspace = None) -> dict[str, Any]:
    """Approve the draft, or the `units` of it that are named, and the process goes on to apply it, once; reject it, and the
    process is cancelled with nothing applied. 409 unless it is waiting_review. `units` go with approve alone, and are at least
    one.
    """
    ref, units = ref_of(call, id, workspace_id), _units(body)
    if body.decision == "approve":
        return _updated(call, review.approve(call.engine, call.act, ref, units, body.reason))
    return _updated(call, review.reject(call.engine, call.act, ref, body.reason))


def _units(body: Decision) -> Ranges | None:
    if body.units is None:
        return None
    if body.decision == "reject":
        raise InvalidInput("units", "go with approve alone; rejecting drops the whole draft")
    units = Ranges.of(body.units)
    if not units:
        raise InvalidInput("units", "must name at least one, or be left out for all")
    if len(str(units)) > MAX_APPROVED:
        raise InvalidInput("units", "has too many gaps; approve longer runs, or all")
    return units


def _updated(call: RequestContext, job: Job) -> dict[str, Any]:
    return presenter.process(call.engine, job, counts_of(call.engine, job))


@FAMILY.query("", response_model=list[ProcessItem], summary="List the processes of a workspace")
def list_processes(
    call: Caller,
    workspace_id: Annotated[Workspace, Query()] = DEFAULT_WORKSPACE,
    status: Annotated[schemas.Status | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 500,
) -> list[dict[str, Any]]:
    """Newest first; at most the newest 500."""
    statuses = integer_ids.statuses(formatting.PROCESSES, status)
    jobs = call.engine.store.jobs(Listing(call.tenant, (NAME,), workspace_id, statuses, limit=limit))
    counts = counts_of_all(call.engine, jobs)
    return [presenter.item(job, count) for job, count in zip(jobs, counts, strict=True)]


@FAMILY.query("/{id}", response_model=Process, responses=NOT_MODIFIED, errors=(404,), summary="Show a process")
def get_process(call: Caller, id: str, workspace_id: InWorkspace = None, if_none_match: IfNoneMatch = None) -> Response:
    """The full state.

    `metadata` has `workspace_id`, `input` (long texts cut), the current `stage`, and the `units` it has (total, succeeded,
    failed, remaining). `result_summary` counts the draft while the process waits for review, is the result once it is
    completed, has `error` when it failed or was cancelled with a reason, and is `{}` otherwise.
    """
    job = call.engine.store.job(ref_of(call, id, workspace_id))
    counts = counts_of(call.engine, job)
    return polled(if_none_match, tag_of(job, counts), lambda: presenter.process(call.engine, job, counts))


@FAMILY.query("/{id}/events", response_model=list[ProcessEvent], errors=(404,), summary="The history of a process")
def list_process_events(call: Caller, id: str, workspace_id: InWorkspace = None) -> list[dict[str, Any]]:
    """Every line, ascending; lines are only ever added."""
    job = call.engine.store.job(ref_of(call, id, workspace_id))
    lines: list[dict[str, Any]] = []
    while len(lines) < job.events and (page := call.engine.log.events(job.ref, after=len(lines))):
        lines += [presenter.event(line) for line in page]
    return lines
