"""Pause, resume and status of the system."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from fermata.api.context import Caller
from fermata.api.formatting import naive_time
from fermata.api.request_fields import Holding, hold_on
from fermata.api.system.family import FAMILY
from fermata.control import scopes
from fermata.domain.access import ADMIN
from fermata.domain.holds import SYSTEM


class PausedSystem(BaseModel):
    paused: Literal[True]


class ResumedSystem(BaseModel):
    paused: Literal[False]


class SystemPauseStatusResponse(BaseModel):
    """Whether processing is paused, since when and why; both null when it is not."""

    paused: bool
    paused_at: str | None = Field(description="UTC, without zone", examples=["2026-04-13T09:00:00"])
    reason: str | None = Field(examples=["Scheduled maintenance"])


@FAMILY.command("/pause", "system.pause", scope=ADMIN, response_model=PausedSystem, summary="Pause all processing")
def pause_system(call: Caller, body: Holding | None = None) -> PausedSystem:
    """Nothing new starts anywhere in the tenant; the units in hand end. What is submitted meanwhile is accepted and waits.

    Pausing again answers the same and replaces the reason. With `until` processing resumes then by itself.
    """
    scopes.hold_scope(call.engine, call.act, call.tenant, hold_on(call, body, SYSTEM))
    return PausedSystem(paused=True)


@FAMILY.command("/resume", "system.resume", scope=ADMIN, response_model=ResumedSystem, summary="Resume all processing")
def resume_system(call: Caller) -> ResumedSystem:
    """What waited is queued again. A source or job that was paused by itself stays so. Not paused: the answer is the same."""
    scopes.release_scope(call.engine, call.act, call.tenant, SYSTEM)
    return ResumedSystem(paused=False)


@FAMILY.query("/status", response_model=SystemPauseStatusResponse, summary="Whether processing is paused")
def get_system_status(call: Caller) -> SystemPauseStatusResponse:
    """Pausing again changes the reason, not since when it is paused."""
    hold = call.engine.store.scope(call.tenant, SYSTEM).hold
    if hold is None or not hold.holds(call.engine.clock.now()):
        return SystemPauseStatusResponse(paused=False, paused_at=None, reason=None)
    return SystemPauseStatusResponse(paused=True, paused_at=naive_time(hold.since), reason=hold.reason)
