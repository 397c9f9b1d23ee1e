"""Watching the engine: what happens to jobs and units is read off what it writes, so that control and runner count nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from fermata.control.engine import Engine
from fermata.domain.chunks import Chunk
from fermata.domain.events import EventType
from fermata.domain.holds import Scope
from fermata.domain.jobs import Job, Ref
from fermata.domain.listing import Listing
from fermata.domain.segments import Segment
from fermata.domain.transitions import Status
from fermata.ports import AddChunks, AddEvent, Change, Gate, Ledger, SaveJob, Store

ENDED = frozenset({EventType.COMPLETED, EventType.FAILED, EventType.CANCELLED, EventType.TIMED_OUT, EventType.REJECTED})

REMEMBERED = 1_000
"""Jobs whose kind a process keeps in mind."""

Settled = dict[tuple[Ref, int, int], tuple[int, int]]
"""Succeeded and failed units of the chunks that a process has a lease of, as it stored them last; by job, stage and number."""


class Watcher(Protocol):
    """Is told what happened, once it is stored."""

    def job_started(self, job: Job) -> None: ...

    def job_ended(self, job: Job) -> None: ...

    def job_paused(self, job: Job) -> None: ...

    def units_settled(self, kind: str, succeeded: int, failed: int) -> None: ...


def watch(engine: Engine, watcher: Watcher) -> Engine:
    """The same engine, watched."""
    kinds: dict[Ref, str] = {}
    settled: Settled = {}
    return replace(
        engine,
        store=WatchedStore(engine.store, watcher, kinds, settled),
        ledger=WatchedLedger(engine.ledger, engine.store, watcher, kinds, settled),
    )


@dataclass(frozen=True)
class WatchedStore:
    """Implements :class:`fermata.ports.Store` over another one."""

    store: Store
    watcher: Watcher
    kinds: dict[Ref, str]
    settled: Settled

    def job(self, ref: Ref) -> Job:
        return self.store.job(ref)

    def gate(self, ref: Ref, scopes: Sequence[str], *, whole: bool = False) -> Gate:
        gate = self.store.gate(ref, scopes, whole=whole)
        if len(self.kinds) > REMEMBERED:
            self.kinds.clear()
        self.kinds[ref] = gate.job.kind
        return gate

    def scope(self, tenant: str, name: str) -> Scope:
        return self.store.scope(tenant, name)

    def write(self, *changes: Change) -> None:
        self.store.write(*changes)
        job = next((change.job for change in changes if isinstance(change, SaveJob)), None)
        for change in changes:
            if job is not None and isinstance(change, AddEvent):
                self._tell(job, change.event.type)
            elif isinstance(change, AddChunks):
                claimed = [chunk for chunk in change.chunks if chunk.owner is not None]
                self.settled.update({(change.ref, chunk.stage, chunk.number): (0, 0) for chunk in claimed})

    def jobs(self, listing: Listing) -> list[Job]:
        return self.store.jobs(listing)

    def counts(self, listing: Listing) -> dict[Status, int]:
        return self.store.counts(listing)

    def due(self, now: float) -> Iterator[Ref | tuple[str, str]]:
        return self.store.due(now)

    def scopes(self, tenant: str, names: Sequence[str]) -> tuple[Scope, ...]:
        return self.store.scopes(tenant, names)

    def open_jobs(
        self, tenant: str, waits_on: str | None = None, after: Ref | None = None, limit: int = 100
    ) -> list[Ref]:
        return self.store.open_jobs(tenant, waits_on, after, limit)

    def postpone(self, item: Ref | tuple[str, str]) -> None:
        self.store.postpone(item)

    def _tell(self, job: Job, type_: EventType) -> None:
        if type_ is EventType.CREATED:
            self.watcher.job_started(job)
        elif type_ in ENDED:
            self.watcher.job_ended(job)
        elif type_ is EventType.PAUSED:
            self.watcher.job_paused(job)


@dataclass(frozen=True)
class WatchedLedger:
    """Implements :class:`fermata.ports.Ledger` over another one."""

    ledger: Ledger
    store: Store
    watcher: Watcher
    kinds: dict[Ref, str]
    settled: Settled

    def chunk(self, ref: Ref, stage: int, number: int) -> Chunk:
        return self.ledger.chunk(ref, stage, number)

    def chunks(self, ref: Ref, stage: int | None = None) -> list[Chunk]:
        return self.ledger.chunks(ref, stage)

    def save(self, ref: Ref, chunk: Chunk) -> None:
        self.ledger.save(ref, chunk)
        place, now = (ref, chunk.stage, chunk.number), (chunk.succeeded, len(chunk.failed))
        before = self.settled.get(place)
        if chunk.owner is None:
            self.settled.pop(place, None)
        else:
            self.settled[place] = now
        if before is not None and sum(now) > sum(before):
            self.watcher.units_settled(self._kind(ref), now[0] - before[0], now[1] - before[1])

    def keep(self, ref: Ref, segment: Segment) -> None:
        self.ledger.keep(ref, segment)

    def segments(self, ref: Ref, stage: int, chunk: int, start: tuple[int, int] = (0, 0)) -> Iterator[Segment]:
        return self.ledger.segments(ref, stage, chunk, start)

    def _kind(self, ref: Ref) -> str:
        if ref not in self.kinds:
            self.kinds[ref] = self.store.job(ref).kind
        return self.kinds[ref]
