"""The family, its ids and its words."""

from __future__ import annotations

import re
import secrets

from fermata.api.context import OWNERS, RequestContext, owner_of_job
from fermata.api.routing import Family
from fermata.domain.errors import FermataError, InvalidInput, NotFound
from fermata.domain.jobs import Ref

NAME = "batch"
KIND = "tag_documents"
JOB_ID = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}")


def wording(error: FermataError) -> str | None:
    return f"Job not found: {error.name.removeprefix('batch:')}" if isinstance(error, NotFound) else None


def ref_of(call: RequestContext, job_id: str) -> Ref:
    """The job's. Raises NotFound for what can't be an id."""
    if not JOB_ID.fullmatch(job_id):
        raise NotFound("job", job_id[:128])
    return Ref(call.tenant, f"{NAME}:{job_id}")


FAMILY = Family(
    NAME,
    "/api/batch",
    "Tag batches of documents. Every validation error is a 400. The list of active jobs shows the caller's own. "
    f"{OWNERS.format('batches')}",
    invalid=400,
    wording=wording,
    owner_of=owner_of_job(ref_of),
    item="/jobs/{job_id}",
)


def checked_id(job_id: str | None, now: float) -> str:
    """The caller's id, or a new one. Raises InvalidInput."""
    if job_id is None:
        return f"batch-{int(now)}-{secrets.token_hex(5)}"
    if not JOB_ID.fullmatch(job_id):
        raise InvalidInput("job_id", "must be 1 to 128 characters of A-Z a-z 0-9 . _ -, and not . or ..")
    if job_id.isdigit():
        raise InvalidInput("job_id", "must not consist of digits alone")
    return job_id
