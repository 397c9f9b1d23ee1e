"""Pause and resume."""

from __future__ import annotations

from fermata.api.context import Caller
from fermata.api.request_fields import Holding, hold_on
from fermata.api.sources.family import FAMILY, OPEN
from fermata.api.sources.schemas import CountedSources, PausedSource, PauseSources, ResumedSource, ResumeSources
from fermata.content import sources
from fermata.domain.holds import source_scope


@FAMILY.command(
    "/{source_id}/pause",
    "sources.pause",
    target="source_id",
    response_model=PausedSource,
    errors=(404,),
    summary="Pause a source",
    **OPEN,
)
def pause_source(call: Caller, source_id: str, body: Holding | None = None) -> PausedSource:
    """Nothing of the source is started until it is resumed; what is running stops after the unit in hand.

    Pausing again answers the same and replaces the reason. Without `until` the pause lasts until somebody resumes the source.
    """
    sources.pause(
        call.engine, call.content, call.act, call.tenant, source_id, hold_on(call, body, source_scope(source_id))
    )
    return PausedSource(source_id=source_id, paused=True)


@FAMILY.command(
    "/{source_id}/resume",
    "sources.resume",
    target="source_id",
    response_model=ResumedSource,
    errors=(404,),
    summary="Resume a source",
    **OPEN,
)
def resume_source(call: Caller, source_id: str) -> ResumedSource:
    """What is left of its processing is queued again at once. A source that is not paused answers the same.

    A pause of the whole system, and one of the job itself, go on holding it.
    """
    sources.resume(call.engine, call.content, call.act, call.tenant, source_id)
    return ResumedSource(source_id=source_id, paused=False)


@FAMILY.command("/pause", "sources.pause_many", response_model=CountedSources, summary="Pause several sources", **OPEN)
def pause_sources(call: Caller, body: PauseSources) -> CountedSources:
    """Unknown ids are passed over, and an id that is named twice counts once. The whole request leaves one audit record."""
    asked = Holding(reason=body.reason, until=body.until)
    hold_on(call, asked)
    count = sources.pause_all(
        call.engine, call.content, call.act, call.tenant, body.source_ids, lambda scope: hold_on(call, asked, scope)
    )
    return CountedSources(count=count)


@FAMILY.command(
    "/resume", "sources.resume_many", response_model=CountedSources, summary="Resume several sources", **OPEN
)
def resume_sources(call: Caller, body: ResumeSources) -> CountedSources:
    """Each known source is queued again at once; one that can't be does not keep the others from it."""
    return CountedSources(count=sources.resume_all(call.engine, call.content, call.act, call.tenant, body.source_ids))
