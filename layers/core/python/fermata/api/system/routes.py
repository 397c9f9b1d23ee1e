"""Pause, resume, status and events of the system."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from fermata.api.context import Caller
from fermata.api.formatting import naive_time
from fermata.api.request_fields import Holding, Note, hold_on, reason_of
from fermata.api.system import presenter
from fermata.api.system.family import FAMILY
from fermata.api.system.schemas import (
    ClearedSystemEvents,
    PausedSystem,
    ResumedSystem,
    SystemEvent,
    SystemPauseStatusResponse,
)
from fermata.control import scopes
from fermata.control.engine import record
from fermata.domain.access import ADMIN
from fermata.domain.events import SystemEventType
from fermata.domain.holds import SYSTEM


@FAMILY.command("/pause", "system.pause", scope=ADMIN, response_model=PausedSystem, summary="Pause all processing")
def pause_system(call: Caller, body: Holding | None = None) -> PausedSystem:
    """Nothing new starts anywhere in the tenant; the units in hand end. What is submitted meanwhile is accepted and waits.

    Pausing again answers the same and replaces the reason. With `until` processing resumes then by itself.
    """
    scopes.hold_scope(call.engine, call.act, call.tenant, hold_on(call, body, SYSTEM))
    return PausedSystem(paused=True)


@FAMILY.command("/resume", "system.resume", scope=ADMIN, response_model=ResumedSystem, summary="Resume all processing")
def resume_system(call: Caller, body: Note | None = None) -> ResumedSystem:
    """What waited is queued again. A source or job that was paused by itself stays so. Not paused: the answer is the same."""
    scopes.release_scope(call.engine, call.act, call.tenant, SYSTEM, reason=reason_of(body))
    return ResumedSystem(paused=False)


@FAMILY.query("/status", response_model=SystemPauseStatusResponse, summary="Whether processing is paused")
def get_system_status(call: Caller) -> SystemPauseStatusResponse:
    """Pausing again changes the reason, not since when it is paused."""
    hold = call.engine.store.scope(call.tenant, SYSTEM).hold
    if hold is None or not hold.holds(call.engine.clock.now()):
        return SystemPauseStatusResponse(paused=False, paused_at=None, reason=None)
    return SystemPauseStatusResponse(paused=True, paused_at=naive_time(hold.since), reason=hold.reason)


@FAMILY.query(
    "/events", response_model=list[SystemEvent], response_model_exclude_unset=True, summary="List system events"
)
def list_system_events(
    call: Caller,
    event_type: Annotated[SystemEventType | None, Query(description="Only of this type")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Events, at most")] = 50,
    about: Annotated[bool, Query(description="Tell of each as well which job, source or schedule it is about")] = False,
) -> list[SystemEvent]:
    """The most recent events, in the order they happened.

    `pause`, `resume`: of the system, or of a source, with the reason that was given, null where none was. `task_failed`: a job
    failed or ran out of time, or a schedule could not start one. `recovery`: what had got lost was put right. `health_change`: a
    backlog, failing jobs or dead letters began, or went back to normal. Events that concern no single workspace are those of
    `default`. What each is about is told where `about` asks for it, and in the tenant's stream.
    """
    newest = call.engine.log.system_events(call.tenant, event_type, limit)
    return [presenter.event(event, about=about) for event in reversed(newest)]


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
