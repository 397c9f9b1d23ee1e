"""Sources: giving them, holding them, taking them away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace

from fermata.content.generations import in_each
from fermata.content.model import FAMILY, ID, KIND, Source, SourceState, WorkspaceRef
from fermata.content.ports import SaveSource
from fermata.content.workspace import ContentStores
from fermata.control import scopes, starting, termination
from fermata.control.engine import Engine, record
from fermata.control.reconcile import reconcile
from fermata.domain.errors import FermataError, NotFound, Retryable, WrongStatus
from fermata.domain.events import Mutation
from fermata.domain.holds import Hold
from fermata.ports import AddAudit

TEXT = "text"
"""The job's file that holds a source's text, where that was given."""

SIDE_BY_SIDE = 16
"""Sources that one request changes at a time."""


@dataclass(frozen=True, kw_only=True)
class NewSource:
    """A source that somebody gives: where it lies, or its text."""

    title: str
    uri: str | None = None
    text: str | None = None
    workspace: str = "default"


def create(engine: Engine, content: ContentStores, act: Mutation, new: NewSource) -> tuple[SourceState, bool]:
    """Take a source in and start its processing, both or neither; and whether the same request had done so before.
    ``act.target`` becomes the source's id.

    Raises InvalidInput, LimitExceeded, IdTaken, and NotFound when it was deleted since.
    """
    now = engine.clock.now()
    source = Source(
        tenant=act.actor.tenant,
        id=act.target,
        workspace=new.workspace,
        title=new.title,
        uri=new.uri,
        user=act.actor.user,
        created_at=now,
        rev=1,
    )
    params = {"source_id": source.id, "title": source.title, **({} if new.uri is None else {"uri": new.uri})}
    job = starting.NewJob(
        family=FAMILY,
        id=source.job.id.partition(":")[2],
        kind=KIND,
        workspace=source.workspace,
        params=params,
        files={} if new.text is None else {TEXT: new.text.encode()},
        source=source.id,
        scopes=(source.scope,),
    )
    started, replayed = starting.accept(engine, act, job, SaveSource(source))
    if replayed:
        return find(content, source.tenant, source.id), True
    return SourceState(source, started, engine.store.scope(source.tenant, source.scope)), False


def find(content: ContentStores, tenant: str, source_id: str) -> SourceState:
    """Raises NotFound."""
    for standing in content.sources.find(tenant, [source_id]) if ID.fullmatch(source_id) else ():
        return standing
    raise NotFound("source", source_id[:64])


def pause(
    engine: Engine, content: ContentStores, act: Mutation | None, tenant: str, source_id: str, hold: Hold
) -> None:
    """Hold the source; a job that is running on it stops after its current unit. Again: the reason is replaced."""
    _pause(engine, act, find(content, tenant, source_id), hold)


def resume(
    engine: Engine,
    content: ContentStores,
    act: Mutation | None,
    tenant: str,
    source_id: str,
    reason: str | None = None,
) -> None:
    """Take the source's hold away; what it held is queued again before this returns. Again: nothing happens."""
    _resume(engine, act, find(content, tenant, source_id), reason)


def pause_all(
    engine: Engine, content: ContentStores, act: Mutation, tenant: str, ids: Sequence[str], hold: Callable[[str], Hold]
) -> int:
    """Hold several sources; how many distinct known ones are held now. Unknown ones are passed over."""

    def one(standing: SourceState) -> None:
        _pause(engine, None, standing, hold(standing.source.scope))

    return _each(engine, content, act, tenant, ids, one)


def resume_all(
    engine: Engine, content: ContentStores, act: Mutation, tenant: str, ids: Sequence[str], reason: str | None = None
) -> int:
    """Release several sources; how many distinct known ones nothing of their own holds now."""
    return _each(engine, content, act, tenant, ids, lambda standing: _resume(engine, None, standing, reason))


def delete(engine: Engine, content: ContentStores, act: Mutation, tenant: str, source_id: str) -> None:
    """Take a source away: its processing ends, and what was indexed of it is removed. Raises NotFound."""
    standing = find(content, tenant, source_id)
    gone = replace(standing.source, deleted_at=engine.clock.now(), rev=standing.source.rev + 1)
    # Its job ends first: whatever fails on the way, the source is still there to be deleted again.
    with suppress(WrongStatus, NotFound):
        termination.cancel(engine, None, gone.job, "its source was deleted")
    engine.store.write(SaveSource(gone), AddAudit(act))
    # A unit in hand may index once more: see ContentStores.tidy_up.
    workspace = WorkspaceRef(tenant, gone.workspace)
    in_each(content.index, workspace, lambda index: index.remove(workspace, gone.id))


def _pause(engine: Engine, act: Mutation | None, standing: SourceState, hold: Hold) -> None:
    source = standing.source
    scopes.hold_scope(engine, act, source.tenant, hold, source.workspace)
    with suppress(NotFound, Retryable):  # it is held; recovery, or the worker, brings it to rest
        reconcile(engine, source.job)


def _resume(engine: Engine, act: Mutation | None, standing: SourceState, reason: str | None) -> None:
    source = standing.source
    scopes.release_scope(engine, act, source.tenant, source.scope, source.workspace, reason)
    with suppress(NotFound, Retryable):  # a message is on its way that does the same
        reconcile(engine, source.job)


def _each(
    engine: Engine,
    content: ContentStores,
    act: Mutation,
    tenant: str,
    ids: Sequence[str],
    do: Callable[[SourceState], None],
) -> int:
    """Do it to each known source, side by side; one that fails does not keep the others from it. How many succeeded.

    The one audit record comes first, so that nothing is changed unrecorded.
    """
    known = content.sources.find(tenant, [id_ for id_ in ids if ID.fullmatch(id_)])
    record(engine, act)

    def attempt(standing: SourceState) -> bool:
        try:
            do(standing)
        except FermataError:
            return False
        return True

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return sum(pool.map(attempt, known))
