"""The family, its ids, its types of work, and the words of its two dialects."""

from __future__ import annotations

from typing import Any

from fermata.api import integer_ids
from fermata.api.context import OWNERS, RequestContext, owner_of_job
from fermata.api.dialects import ENVELOPE, ERROR
from fermata.api.formatting import TASKS
from fermata.api.request_fields import DEFAULT_WORKSPACE
from fermata.api.routing import Family
from fermata.domain.access import CONTROL, READ
from fermata.domain.errors import FermataError, Forbidden, HeldElsewhere, NotFound, Unauthenticated, WrongStatus
from fermata.domain.jobs import Job, Ref
from fermata.domain.transitions import Status

NAME = "tasks"
PREFIX = "task-"
DEFAULT_PROJECT = 0


def wrapped_words(error: FermataError) -> str | None:
    """What the document of the envelope says."""
    if isinstance(error, NotFound):
        return "Task not found"
    if isinstance(error, WrongStatus):
        return f"Cannot cancel task (already {TASKS[Status(error.status)]})"
    return None


def plain_words(error: FermataError) -> str | None:
    """What the document of pause says; it has no more words for who may not, and for what is not there, than these."""
    match error:
        case Unauthenticated():
            return "Unauthorized"
        case Forbidden():
            return "Forbidden"
        case NotFound():
            return "Task not found"
        case HeldElsewhere():
            return str(error)
        case WrongStatus(command="pause", status=Status.PAUSED):
            return "task is already paused"
        case WrongStatus(command="resume", status=status) if not Status(status).final:
            return "task is not paused"
        case WrongStatus(command=command, status=status):
            return f"cannot {command} {status.replace('_', ' ')} task"
    return None


def ref_of(call: RequestContext, id: str) -> Ref:
    """The task's job, which the audit record names from here on by its number. Raises NotFound."""
    ref = integer_ids.ref_of(call, NAME, id.removeprefix(PREFIX))
    call.target = ref.id.partition(":")[2]
    return ref


FAMILY = Family(
    NAME,
    "/api/v1/tasks",
    "Background tasks of projects. Two dialects share the prefix: create, list, show and cancel answer in an envelope of "
    '`code`, `message` and `data`; pause, resume, control state and the stream tell errors as `{"error"}`. Ids are integers; '
    "every route takes `42` and `task-42` alike, and answers 404 for what can't be an id. "
    f"{OWNERS.format('tasks')}",
    dialect=ENVELOPE,
    statuses={WrongStatus: 400},
    wording=wrapped_words,
    anonymous=frozenset({READ, CONTROL}),
    owner_of=owner_of_job(ref_of),
    item="/{id}",
)

PLAIN: dict[str, Any] = {
    "dialect": ERROR,
    "wording": plain_words,
    "statuses": {WrongStatus: 409},
    "anonymous": frozenset(),
}
"""Options of a route in the dialect of pause, which asks for credentials in any case."""


def workspace_of(project_id: int) -> str:
    """Project 0 is the default workspace; any other is the workspace named by the integer."""
    return DEFAULT_WORKSPACE if project_id == DEFAULT_PROJECT else str(project_id)


def project_of(job: Job) -> int:
    """The inverse; 0 for any workspace that is not named by an integer."""
    named = integer_ids.NUMBER.fullmatch(job.workspace)
    return int(job.workspace) if named else DEFAULT_PROJECT
