"""Pause and resume."""

from __future__ import annotations

from fermata.api.context import Caller
from fermata.api.request_fields import Holding, hold_on
from fermata.api.sources.family import FAMILY, OPEN
from fermata.api.sources.schemas import Counted, Paused, PauseMany, Resumed, ResumeMany
from fermata.content import sources
from fermata.domain.holds import source_scope


@FAMILY.command(
    "/{source_id}/pause",
    "sources.pause",
    target="source_id",
    response_model=Paused,
    errors=(404,),
    summary="Pause a source",
    **OPEN,
)
def pause(call: Caller, source_id: str, body: Holding | None = None) -> Paused:
    """Nothing of the source is started until it is resumed; what is running stops after the unit in hand.

    Pausing again answers the same and replaces the reason. Without `until` the pause lasts until somebody resumes the source.
    """
    sources.pause(
        call.engine, call.content, call.act, call.tenant, source_id, hold_on(call, body, source_scope(source_id))
    )
    return Paused(source_id=source_id, paused=True)


@FAMILY.command(
    "/{source_id}/resume",
    "sources.resume",
    target="source_id",
    response_model=Resumed,
    errors=(404,),
    summary="Resume a source",
    **OPEN,
)
def resume(call: Caller, source_id: str) -> Resumed:
    """What is left of its processing is queued again at once. A source that is not paused answers the same.

    A pause of the whole system, and one of the job itself, go on holding it.
    """
    sources.resume(call.engine, call.content, call.act, call.tenant, source_id)
    return Resumed(source_id=source_id, paused=False)


@FAMILY.command("/pause", "sources.pause_many", response_model=Counted, summary="Pause several sources", **OPEN)
def pause_many(call: Caller, body: PauseMany) -> Counted:
    """Unknown ids are passed over, and an id that is named twice counts once. The whole request leaves one audit record."""
    asked = Holding(reason=body.reason, until=body.until)
    hold_on(call, asked)
    count = sources.pause_all(
        call.engine, call.content, call.act, call.tenant, body.source_ids, lambda scope: hold_on(call, asked, scope)
    )
    return Counted(count=count)


@FAMILY.command("/resume", "sources.resume_many", response_model=Counted, summary="Resume several sources", **OPEN)
def resume_many(call: Caller, body: ResumeMany) -> Counted:
    """Each known source is queued again at once; one that can't be does not keep the others from it."""
    return Counted(count=sources.resume_all(call.engine, call.content, call.act, call.tenant, body.source_ids))
