"""Give, list, read, delete, pause and resume."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from fermata.api.context import Caller
from fermata.api.idempotency import IdempotencyKey, digest_of
from fermata.api.request_fields import Holding, Note, ReasonInAddress, Workspace, hold_on, reason_of
from fermata.api.sources import presenter
from fermata.api.sources.family import FAMILY, NAME, OPEN, owner_of
from fermata.api.sources.schemas import (
    CountedSources,
    CreatedSource,
    DeletedSource,
    NewSource,
    PausedSource,
    PauseSources,
    ResumedSource,
    ResumeSources,
    Source,
    Sources,
)
from fermata.content import sources
from fermata.content.model import SourceListing, new_id
from fermata.domain.errors import InvalidInput
from fermata.domain.holds import source_scope
from fermata.domain.listing import created_bound_of


@FAMILY.command(
    "", "sources.create", status_code=201, response_model=CreatedSource, errors=(404, 409), summary="Give a source"
)
def create_source(call: Caller, body: NewSource, idempotency_key: IdempotencyKey = None) -> CreatedSource:
    """Its processing starts at once, or waits where the system is paused.

    `workspace_id` puts it into another workspace than `default`. The `Idempotency-Key` of a source that was deleted since is a
    404.
    """
    if (body.uri is None) == (body.text is None):
        raise InvalidInput("uri", "either uri or text is needed, and not both")
    keyed = digest_of(call, idempotency_key)
    act = call.on(f"src_{keyed}" if keyed else new_id(call.engine.clock.now()))
    new = sources.NewSource(title=body.title, uri=body.uri, text=body.text, workspace=body.workspace_id)
    standing, call.replayed = sources.create(call.engine, call.content, act, new)
    source = presenter.shown(call, standing)
    return CreatedSource(
        source_id=source.source_id, status=source.status, paused=source.paused, created_at=source.created_at
    )


@FAMILY.query("", response_model=Sources, summary="List sources")
def list_sources(
    call: Caller,
    workspace_id: Annotated[Workspace | None, Query(description="Only of this workspace")] = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Sources of a page, at most")] = 50,
) -> Sources:
    """Newest first, of all workspaces unless one is named. A source that was just given may take a moment to show here."""
    owner = (NAME, workspace_id or "")
    before = call.unseal(cursor, created_bound_of, *owner) if cursor is not None else None
    page = call.content.sources.page(SourceListing(call.tenant, workspace_id, before, limit + 1))
    shown = page[:limit]
    following = call.seal(shown[-1].source.created_key, *owner) if len(page) > limit else None
    return Sources(sources=[presenter.shown(call, standing) for standing in shown], next_cursor=following)


@FAMILY.query("/{source_id}", response_model=Source, errors=(404,), summary="Read a source")
def get_source(call: Caller, source_id: str) -> Source:
    """The source, how far its processing is, and whether it is paused."""
    return presenter.shown(call, sources.find(call.content, call.tenant, source_id))


@FAMILY.command(
    "/{source_id}",
    "sources.delete",
    method="DELETE",
    target="source_id",
    response_model=DeletedSource,
    errors=(404,),
    owner_of=owner_of,
    summary="Delete a source",
)
def delete_source(call: Caller, source_id: str, reason: ReasonInAddress = None) -> DeletedSource:
    """Its processing is cancelled, and its passages leave the index; the job's history stays. A second time is a 404.

    Users delete sources that they gave, with the scope `admin` also others (403).
    """
    sources.delete(call.engine, call.content, call.act, call.tenant, source_id)
    return DeletedSource(source_id=source_id, deleted=True)


@FAMILY.control("pause", "Pause a source", response_model=PausedSource, errors=(404,), **OPEN)
def pause_source(call: Caller, source_id: str, body: Holding | None = None) -> PausedSource:
    """Nothing of the source is started until it is resumed; what is running stops after the unit in hand.

    Pausing again answers the same and replaces the reason. Without `until` the pause lasts until somebody resumes the source.
    """
    sources.pause(
        call.engine, call.content, call.act, call.tenant, source_id, hold_on(call, body, source_scope(source_id))
    )
    return PausedSource(source_id=source_id, paused=True)


@FAMILY.control("resume", "Resume a source", response_model=ResumedSource, errors=(404,), **OPEN)
def resume_source(call: Caller, source_id: str, body: Note | None = None) -> ResumedSource:
    """What is left of its processing is queued again at once. A source that is not paused answers the same.

    A pause of the whole system, and one of the job itself, go on holding it.
    """
    sources.resume(call.engine, call.content, call.act, call.tenant, source_id, reason_of(body))
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
    count = sources.resume_all(call.engine, call.content, call.act, call.tenant, body.source_ids, body.reason)
    return CountedSources(count=count)
