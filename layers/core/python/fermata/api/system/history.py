"""Events of the system: list and clear."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from fermata.api.context import Caller
from fermata.api.formatting import naive_time
from fermata.api.system.family import FAMILY
from fermata.control.engine import record
from fermata.domain.access import ADMIN
from fermata.domain.events import SystemEventType


class SystemEvent(BaseModel):
    """Something that happened to a tenant's processing."""

    id: str = Field(examples=["evt_1776070800000000_0c1d2e3f4a"])
    event_type: SystemEventType
    created_at: str = Field(description="UTC, without zone", examples=["2026-04-13T09:00:00"])
    reason: str | None = Field(examples=["Scheduled maintenance"])
    database_name: str = Field(description="The workspace", examples=["default"])


class ClearedSystemEvents(BaseModel):
    deleted: int = Field(description="Number of events removed", examples=[42])


@FAMILY.query("/events", response_model=list[SystemEvent], summary="List system events")
def list_system_events(
    call: Caller,
    event_type: Annotated[SystemEventType | None, Query(description="Only of this type")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Events, at most")] = 50,
) -> list[SystemEvent]:
    """The most recent events, in the order they happened.

    `pause`, `resume`: of the system, or of a source, which the reason then names. `task_failed`: a job failed or ran out of time.
    `recovery`: what had got lost was put right. `health_change`: a backlog, failing jobs or dead letters began, or went back
    to normal. Events that concern no single workspace are those of `default`.
    """
    newest = call.engine.log.system_events(call.tenant, event_type, limit)
    return [
        SystemEvent(
            id=event.id,
            event_type=event.type,
            created_at=naive_time(event.at),
            reason=event.reason,
            database_name=event.workspace,
        )
        for event in reversed(newest)
    ]


@FAMILY.command(
    "/events",
    "system.clear_events",
    method="DELETE",
    scope=ADMIN,
    response_model=ClearedSystemEvents,
    summary="Clear system events",
)
def clear_system_events(call: Caller) -> ClearedSystemEvents:
    """Removes the events of all workspaces. The audit log at `/api/v1/audit` is another thing and stays as it is."""
    record(call.engine, call.act)
    return ClearedSystemEvents(deleted=call.engine.log.clear_system_events(call.tenant))
