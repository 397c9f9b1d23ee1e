"""The stream of everything that changes in a tenant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query, Request, Response

from fermata.api.context import Caller
from fermata.api.dialects import TYPED
from fermata.api.formatting import zoned_time
from fermata.api.job_ids import meanings
from fermata.api.jobs.filters import FamilyName, Named
from fermata.api.jobs.presenter import event as event_of
from fermata.api.jobs.presenter import shown_all
from fermata.api.request_fields import Workspace
from fermata.api.routing import Family
from fermata.api.streaming import EVENT_STREAM, FeedFilter, FeedFollower, FeedRenderer, Frame, Position
from fermata.api.streaming import stream as streamed
from fermata.control.engine import Engine
from fermata.control.queries import holds_of_all
from fermata.domain.errors import InvalidInput
from fermata.domain.events import Event, EventType, SystemEvent
from fermata.domain.jobs import Job
from fermata.domain.transitions import Status

SYSTEM = "system"
TYPES = (*sorted(type_.value for type_ in EventType), SYSTEM)
MOST = 50
"""Values of one filter."""

FAMILY = Family(
    "stream",
    "/api/v1/stream",
    "One stream of everything that changes in the tenant, for whoever watches more than one job.",
    dialect=TYPED,
)


@FAMILY.query("", ticket=True, responses=EVENT_STREAM, summary="Follow everything in the tenant")
def follow_tenant(
    call: Caller,
    request: Request,
    last: Position,
    kind: Annotated[list[Named] | None, Query(max_length=MOST, description="Only of jobs of these kinds")] = None,
    family: Annotated[
        list[FamilyName] | None, Query(max_length=5, description="Only of jobs started by these APIs")
    ] = None,
    workspace: Annotated[list[Workspace] | None, Query(max_length=MOST, description="Only of these workspaces")] = None,
    status: Annotated[
        list[Status] | None,
        Query(max_length=len(Status), description="Only where the job is in one of these afterwards"),
    ] = None,
    job: Annotated[
        list[Annotated[str, Query(max_length=200)]] | None, Query(max_length=MOST, description="Only of these jobs")
    ] = None,
    types: Annotated[
        list[Annotated[str, Query(json_schema_extra={"enum": list(TYPES)}, max_length=32)]] | None,
        Query(max_length=len(TYPES), description="Only events of these types"),
    ] = None,
    failed_units: Annotated[
        bool | None,
        Query(description="Only of jobs with failed units by now (`true`), or without any so far (`false`)"),
    ] = None,
    progress: Annotated[bool, Query(description="Tell of running jobs whose counts have moved, the newest 50")] = True,
) -> Response:
    """Server-sent events, from now on, or after `Last-Event-ID`: `ready` opens a stream without one and gives the first id; each
    line of a job's history comes under its type, with `job_id`, `kind`, `family`, `workspace` and `user`; each system event as
    `system`; and after them `job` with the whole job as it stands, for every job that they, or its counts, have moved.

    Ids are opaque. Whoever comes back with one misses nothing and is told no line twice, as long as a line shows within ten
    seconds of what it tells (they take well below one) and no more than 200 lines come in those. Lines are as good as in order of
    time. Filters that are given together must all match; a line of the system has no kind, family, status, job or units. A
    connection lasts 25 s at most; the stream itself never ends.
    """
    if unknown := set(types or ()) - set(TYPES):
        raise InvalidInput("types", f"there is no {min(unknown)!r}; there are {', '.join(TYPES)}")
    if SYSTEM in (types or ()) and (kind or family or status or job or failed_units is not None):
        raise InvalidInput(
            "types", "system has no effect beside kind, family, status, job or failed_units: its lines have none"
        )
    wanted = FeedFilter(
        types=frozenset(types or ()),
        kinds=frozenset(kind or ()),
        workspaces=frozenset(workspace or ()),
        statuses=frozenset(status.value for status in status or ()),
        families=frozenset(family or ()),
        failed_units=failed_units,
        jobs=frozenset(meaning for id_ in job or () for meaning in (id_, *meanings(id_))),
    )
    follower = FeedFollower(call.engine, call.tenant, wanted, _tell(call.engine), progress)
    return streamed(request, follower, last)


def _tell(engine: Engine) -> FeedRenderer:
    def line(happened: Event, job: Job) -> list[Frame]:
        about = {"job_id": job.id, "kind": job.kind, "family": job.family, "workspace": job.workspace, "user": job.user}
        return [Frame(event_of(happened).model_dump(mode="json") | about, event=happened.type.value)]

    def system(happened: SystemEvent) -> list[Frame]:
        told: dict[str, Any] = {
            "id": happened.id,
            "event_type": happened.type.value,
            "at": zoned_time(happened.at),
            "reason": happened.reason,
            "about": happened.about,
            "workspace": happened.workspace,
        }
        return [Frame(told, event=SYSTEM)]

    def jobs(found: Sequence[Job]) -> list[Frame]:
        shown = shown_all(engine, found, holds_of_all(engine, found))
        return [Frame(each.model_dump(mode="json"), event="job") for each in shown]

    return FeedRenderer(line, system, jobs, lambda now: Frame({"at": zoned_time(now)}, event="ready"))
