"""The family, its ids, its types of work, and its words."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from fermata.api import integer_ids
from fermata.api.context import OWNERS, RequestContext, owner_of_job
from fermata.api.formatting import PROCESSES
from fermata.api.request_fields import Workspace
from fermata.api.routing import Family
from fermata.domain.errors import FermataError, NotFound, WrongStatus
from fermata.domain.jobs import Ref
from fermata.domain.transitions import Status

NAME = "processes"
VERBS = {"approve": "review", "reject": "review"}


def wording(error: FermataError) -> str | None:
    if isinstance(error, NotFound):
        return f"Process not found: {error.name.removeprefix(f'{NAME}:')}"
    if isinstance(error, WrongStatus):
        return f"cannot {VERBS.get(error.command, error.command)} a process that is {PROCESSES[Status(error.status)]}"
    return None


InWorkspace = Annotated[
    Workspace | None, Query(description="Only if it is of this workspace; of another one it is a 404")
]
"""How every route about one process asks for its workspace."""


def ref_of(call: RequestContext, id: str, workspace: str | None = None) -> Ref:
    """The process's job. Raises NotFound, also for one of another workspace than the one that is named."""
    ref = integer_ids.ref_of(call, NAME, id)
    if workspace is not None and call.engine.store.job(ref).workspace != workspace:
        raise NotFound("job", ref.id)
    return ref


FAMILY = Family(
    NAME,
    "/processes",
    "Long-running background work, with a review where a person has to decide. Ids are integers; what can't be one is a 404. "
    "A process that is paused, which is done elsewhere, is `running` here; one that ran out of time is `failed`. "
    f"{OWNERS.format('processes')}",
    wording=wording,
    owner_of=owner_of_job(ref_of),
    item="/{id}",
)
