"""How the chunks of a job stand: who has each, and what those wait for that nobody has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fermata.control.engine import Engine
from fermata.control.units import UnitPlace
from fermata.domain.chunks import Chunk
from fermata.domain.jobs import Job
from fermata.domain.segments import unpack


class ChunkStatus(StrEnum):
    """Where a chunk stands, and who moves it on."""

    PENDING = "pending"  # nobody has it; the worker that claims it, once nothing holds the job
    RUNNING = "running"  # a worker has it and says so every few seconds; that worker
    WAITING = "waiting"  # each unit that is left is between two tries; a worker, when the first may be tried again
    LOST = "lost"  # its worker was gone without giving it back; the worker that claims it next
    DONE = "done"  # every unit is settled; whoever retries the job


@dataclass(frozen=True)
class ChunkPage:
    """Chunks in order, and the first unit of the one after them; None: there are no more."""

    chunks: tuple[Chunk, ...]
    after: UnitPlace | None


def page(
    engine: Engine,
    job: Job,
    start: UnitPlace,
    limit: int,
    statuses: frozenset[ChunkStatus] = frozenset(),
    stage: int | None = None,
) -> ChunkPage:
    """At most ``limit`` chunks whose first unit is ``start`` or a later one, of all stages or of one; no statuses: of any."""
    now = engine.clock.now()
    found = [
        chunk
        for chunk in engine.ledger.chunks(job.ref, stage)
        if (chunk.stage, chunk.first) >= (start.stage, start.number)
        and (not statuses or status_of(chunk, now) in statuses)
    ]
    after = UnitPlace(found[limit].stage, found[limit].first) if len(found) > limit else None
    return ChunkPage(tuple(found[:limit]), after)


def status_of(chunk: Chunk, now: float) -> ChunkStatus:
    if chunk.done:
        return ChunkStatus.DONE
    if chunk.live(now):
        return ChunkStatus.RUNNING
    if chunk.owner is not None:
        return ChunkStatus.LOST
    return ChunkStatus.WAITING if chunk.not_before > now else ChunkStatus.PENDING


def worker_of(chunk: Chunk) -> str | None:
    """Who ran its newest units; None where that takes more than a look at the chunk."""
    run = unpack(chunk.tail)[-1].run if chunk.tail else None
    return (run.worker or None) if run is not None else None
