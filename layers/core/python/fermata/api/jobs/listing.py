"""List jobs."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from fermata.api.context import Caller
from fermata.api.jobs import schemas
from fermata.api.jobs.family import FAMILY
from fermata.api.jobs.filters import FamilyName, Filter, Moment, Named
from fermata.api.jobs.presenter import shown_all
from fermata.api.request_fields import Workspace
from fermata.control.queries import select
from fermata.domain.transitions import Status


@FAMILY.query("", response_model=schemas.Jobs, summary="List jobs")
def listed(
    call: Caller,
    kind: Annotated[Named | None, Query(description="Only of this kind")] = None,
    family: Annotated[FamilyName | None, Query(description="Only those started by this API")] = None,
    status: Annotated[list[Status] | None, Query(max_length=len(Status), description="Only in one of these")] = None,
    workspace: Annotated[Workspace | None, Query(description="Only of this workspace")] = None,
    held: Annotated[
        bool | None, Query(description="Only open jobs that something holds (`true`), or that nothing holds (`false`)")
    ] = None,
    from_: Annotated[Moment | None, Query(alias="from", description="Only those created then or later")] = None,
    to: Annotated[Moment | None, Query(description="Only those created before")] = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before, of the same filters")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Jobs of a page, at most")] = 50,
) -> schemas.Jobs:
    """Newest first, of the whole tenant. A page takes one indexed query, however many jobs there are.

    `kind` and `held` are sieved from the newest 500 that the other filters let through, so a page may be short, or empty, though
    `next_cursor` leads on.
    """
    asked = Filter(kind=kind, family=family, status=status or [], workspace=workspace, held=held, from_=from_, to=to)
    page = select(call.engine, asked.selection(call, cursor), limit)
    jobs = shown_all(call.engine, page.jobs, page.holds)
    return schemas.Jobs(jobs=jobs, next_cursor=asked.next_cursor(call, page.after))
