"""A job's chunks: how far each is, who has it, and what it waits for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from fermata.api.context import Caller
from fermata.api.formatting import zoned_millis
from fermata.api.jobs import schemas
from fermata.api.jobs.family import FAMILY, ref_of
from fermata.api.jobs.presenter import stage_names, stage_number
from fermata.api.jobs.routes.units import StageName
from fermata.control.chunks import ChunkStatus, page, status_of, worker_of
from fermata.control.units import UnitPlace
from fermata.domain.chunks import Chunk


@FAMILY.query("/{job_id}/chunks", response_model=schemas.JobChunks, errors=(404,), summary="List a job's chunks")
def list_chunks(
    call: Caller,
    job_id: str,
    stage: StageName = None,
    status: Annotated[
        list[ChunkStatus] | None, Query(max_length=len(ChunkStatus), description="Only in one of these")
    ] = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before, of the same filters")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Chunks of a page, at most")] = 100,
) -> schemas.JobChunks:
    """Stage by stage, in order of number, while the job runs and after; units that are not planned yet are in none.

    `pending`: nobody has the chunk; `running`: a worker has; `waiting`: its units are between two tries; `lost`: its worker was
    gone without giving it back, so another one takes it; `done`: each of its units is settled. A stage has a few hundred chunks
    at most. `GET …/units?stage=…&chunk=…` lists the units of one.
    """
    job = call.engine.store.job(ref_of(call, job_id))
    names = stage_names(call.engine, job)
    only = stage_number(names, stage) if stage is not None else None
    wanted = frozenset(status or ())
    owner = ("chunks", job.id, job.digest, str(job.created_at), str(only), ",".join(sorted(wanted)))
    start = call.unseal(cursor, UnitPlace.parse, *owner) if cursor is not None else UnitPlace(only or 0)
    found = page(call.engine, job, start, limit, wanted, only)
    now = call.engine.clock.now()
    return schemas.JobChunks(
        job_id=job.id,
        status=job.status,
        chunks=[_shown(chunk, names, now) for chunk in found.chunks],
        next_cursor=call.seal(str(found.after), *owner) if found.after is not None else None,
    )


def _shown(chunk: Chunk, names: list[str], now: float) -> schemas.Chunk:
    return schemas.Chunk(
        stage=names[chunk.stage],
        chunk=chunk.number,
        status=status_of(chunk, now),
        first=chunk.first,
        last=chunk.first + chunk.size - 1,
        next_unit=next(iter(chunk.todo), None),
        counts=schemas.Counts(
            succeeded=chunk.succeeded, failed=len(chunk.failed), remaining=len(chunk.todo), total=chunk.size
        ),
        attempts=chunk.attempt,
        strikes=max(0, chunk.strikes),
        leased_until=_time(chunk.lease_until) if chunk.owner is not None and not chunk.done else None,
        not_before=_time(chunk.not_before),
        throttled_since=_time(chunk.throttled_since),
        worker=worker_of(chunk),
        started_at=_time(chunk.began_at),
        settled_at=_time(chunk.settled_at),
        worker_seconds=chunk.busy,
    )


def _time(at: float) -> str | None:
    return zoned_millis(at) if at else None
