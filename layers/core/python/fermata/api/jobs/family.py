"""The family and its ids."""

from __future__ import annotations

from fermata.api import job_ids
from fermata.api.context import OWNERS, RequestContext, owner_of_job
from fermata.api.dialects import TYPED
from fermata.api.routing import Family
from fermata.domain.errors import FermataError, NotFound
from fermata.domain.jobs import Ref

NAME = "jobs"


def wording(error: FermataError) -> str | None:
    return f"Job not found: {error.name}" if isinstance(error, NotFound) and error.what == "job" else None


def ref_of(call: RequestContext, job_id: str) -> Ref:
    """The job's, which the audit record names from here on where the path does. Raises NotFound and InvalidInput."""
    ref = job_ids.resolved(call, job_id)
    if call.rule.target is not None:
        call.target = ref.id
    return ref


FAMILY = Family(
    NAME,
    "/api/v1/jobs",
    "The whole truth about every job of the tenant, whichever API it was started by. A job's id is its family's name and the id "
    "that the family shows: `batch:batch-1704454800-abc123`, `tasks:42`, `jobs:…`. What a family shows is taken alone, too: "
    "`42`, `task-42`, `batch-1704454800-abc123`; where several jobs have it (a task and a process) it is a 422 with both. "
    f"{OWNERS.format('jobs')}",
    wording=wording,
    owner_of=owner_of_job(ref_of),
    dialect=TYPED,
    item="/{job_id}",
)
