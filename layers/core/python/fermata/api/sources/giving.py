"""Give, list, read and delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from fermata.api.context import Caller, RequestContext
from fermata.api.formatting import naive_time
from fermata.api.idempotency import IdempotencyKey, digest_of
from fermata.api.request_fields import Workspace
from fermata.api.sources.family import FAMILY, NAME, owner_of
from fermata.api.sources.schemas import CreatedSource, DeletedSource, NewSource, Source, Sources
from fermata.content import sources
from fermata.content.model import SourceListing, SourceState, new_id
from fermata.domain.errors import InvalidInput
from fermata.domain.listing import created_bound_of


@FAMILY.command(
    "", "sources.create", status_code=201, response_model=CreatedSource, errors=(409,), summary="Give a source"
)
def create_source(call: Caller, body: NewSource, idempotency_key: IdempotencyKey = None) -> CreatedSource:
    """Its processing starts at once, or waits where the system is paused.

    `workspace_id` puts it into another workspace than `default`.
    """
    if (body.uri is None) == (body.text is None):
        raise InvalidInput("uri", "either uri or text is needed, and not both")
    keyed = digest_of(call, idempotency_key)
    act = call.on(f"src_{keyed}" if keyed else new_id(call.engine.clock.now()))
    new = sources.NewSource(title=body.title, uri=body.uri, text=body.text, workspace=body.workspace_id)
    standing, call.replayed = sources.create(call.engine, call.content, act, new)
    source = _shown(call, standing)
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
    return Sources(sources=[_shown(call, standing) for standing in shown], next_cursor=following)


@FAMILY.query("/{source_id}", response_model=Source, errors=(404,), summary="Read a source")
def get_source(call: Caller, source_id: str) -> Source:
    """The source, how far its processing is, and whether it is paused."""
    return _shown(call, sources.find(call.content, call.tenant, source_id))


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
def delete_source(call: Caller, source_id: str) -> DeletedSource:
    """Its processing is cancelled, and its passages leave the index; the job's history stays. A second time is a 404.

    Users delete sources that they gave, with the scope `admin` also others (403).
    """
    sources.delete(call.engine, call.content, call.act, call.tenant, source_id)
    return DeletedSource(source_id=source_id, deleted=True)


def _shown(call: RequestContext, standing: SourceState) -> Source:
    source, hold = standing.source, standing.hold(call.engine.clock.now())
    return Source(
        source_id=source.id,
        title=source.title,
        uri=source.uri,
        workspace_id=source.workspace,
        status=standing.status(_stages(call, standing)),  # type: ignore[arg-type]
        paused=hold is not None,
        paused_at=naive_time(hold.since) if hold else None,
        reason=hold.reason if hold else None,
        error=standing.job.error if standing.job else None,
        job_id=source.job.id,
        created_at=naive_time(source.created_at),
    )


def _stages(call: RequestContext, standing: SourceState) -> tuple[str, ...]:
    """Names of the stages; a job that is over, or not begun, is told without loading its kind."""
    job = standing.job
    if job is None or job.status.final or job.started_at is None:
        return ()
    if job.stages[0].name:
        return tuple(plan.name for plan in job.stages)
    return tuple(stage.name for stage in call.engine.kind(job.kind).stages)
