"""The family and its ids."""

from __future__ import annotations

import re

from fermata.api.context import OWNERS, RequestContext, owner_of_job
from fermata.api.routing import Family
from fermata.domain.errors import FermataError, NotFound
from fermata.domain.jobs import Ref
from fermata.domain.listing import FAMILIES

NAME = "jobs"
JOB_ID = re.compile(rf"(?:{'|'.join(FAMILIES)}):[A-Za-z0-9._-]{{1,160}}")


def wording(error: FermataError) -> str | None:
    return f"Job not found: {error.name}" if isinstance(error, NotFound) and error.what == "job" else None


def ref_of(call: RequestContext, job_id: str) -> Ref:
    """The job's. Raises NotFound for what can't be an id."""
    if not JOB_ID.fullmatch(job_id):
        raise NotFound("job", job_id[:128])
    return Ref(call.tenant, job_id)


FAMILY = Family(
    NAME,
    "/api/v1/jobs",
    "The whole truth about every job of the tenant, whichever API it was started by. A job's id is its family's name and the id "
    "that the family shows: `batch:batch-1704454800-abc123`, `tasks:42`, `jobs:…`. "
    f"{OWNERS.format('jobs')}",
    wording=wording,
    owner_of=owner_of_job(ref_of),
)
