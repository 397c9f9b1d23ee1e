"""List jobs."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query

from fermata.api.context import Caller
from fermata.api.jobs import schemas
from fermata.api.jobs.family import FAMILY
from fermata.api.jobs.filters import FamilyName, Filter, LabelFilter, Named, SearchText, UserName
from fermata.api.jobs.presenter import shown_all
from fermata.api.request_fields import Moment, Workspace
from fermata.control.queries import select
from fermata.domain.transitions import Status


@FAMILY.query("", response_model=schemas.Jobs, summary="List jobs")
def list_jobs(
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
    user: Annotated[UserName | None, Query(description="Only those that this user started")] = None,
    label: Annotated[
        list[LabelFilter] | None,
        Query(max_length=10, description="Only with this label: `name=value`, or `name` for any"),
    ] = None,
    text: Annotated[
        SearchText | None,
        Query(description="Only those whose id, kind, user, labels, parameters, error or hold has this text"),
    ] = None,
    failed_units: Annotated[
        bool | None, Query(description="Only jobs with failed units (`true`), or without any so far (`false`)")
    ] = None,
    sort: Annotated[Literal["newest", "oldest"], Query(description="Which come first, by creation")] = "newest",
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before, of the same filters")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Jobs of a page, at most")] = 50,
) -> schemas.Jobs:
    """Of the whole tenant. A page takes one indexed query, however many jobs there are.

    `kind`, `held`, `user`, `label`, `text` and `failed_units` are sieved from the next 500 that the other filters let through, so
    a page may be short, or empty, though `next_cursor` leads on.
    """
    asked = Filter(
        kind=kind,
        family=family,
        status=status or [],
        workspace=workspace,
        held=held,
        from_=from_,
        to=to,
        user=user,
        label=label or [],
        text=text,
        failed_units=failed_units,
    )
    oldest = sort == "oldest"
    page = select(call.engine, asked.selection(call, cursor, oldest_first=oldest), limit)
    jobs = shown_all(call.engine, page.jobs, page.holds)
    return schemas.Jobs(jobs=jobs, next_cursor=asked.next_cursor(call, page.after, oldest_first=oldest))


@FAMILY.query("/counts", response_model=schemas.StatusCounts, summary="Count jobs by status")
def count_jobs(
    call: Caller,
    family: Annotated[FamilyName | None, Query(description="Only those started by this API")] = None,
    workspace: Annotated[Workspace | None, Query(description="Only of this workspace")] = None,
    from_: Annotated[Moment | None, Query(alias="from", description="Only those created then or later")] = None,
    to: Annotated[Moment | None, Query(description="Only those created before")] = None,
) -> schemas.StatusCounts:
    """Counted in the indexes, without reading a job; a moment behind.

    What no index tells (`kind`, `held`, `user`, `label`, `text`, `failed_units`) can't be counted so.
    """
    asked = Filter(family=family, workspace=workspace, from_=from_, to=to, status=[], label=[])
    counts = call.engine.store.counts(asked.selection(call, None).listing())
    return schemas.StatusCounts(counts=counts, total=sum(counts.values()))
