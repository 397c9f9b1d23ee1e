"""How each unit of a job stands: settled or not, how often it was tried, when, by whom, and what it said meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from fermata.control.engine import Engine
from fermata.control.results import settled_in, unit_values
from fermata.domain.chunks import Chunk
from fermata.domain.jobs import Job
from fermata.domain.kind import Json, Result


class UnitStatus(StrEnum):
    """Where a unit stands, and who moves it on."""

    PENDING = "pending"  # nobody has it; the worker that claims its chunk
    RUNNING = "running"  # a worker has its chunk, and runs its units a few at a time
    SUCCEEDED = "succeeded"  # nobody
    FAILED = "failed"  # whoever retries the job


SETTLED = frozenset({UnitStatus.SUCCEEDED, UnitStatus.FAILED})

CHUNKS = 20
"""Chunks that are opened for one page: each is a read of its results and one of its units' values."""


@dataclass(frozen=True)
class UnitPlace:
    """A unit of a job: its stage, and its number in it."""

    stage: int = 0
    number: int = 0

    def __str__(self) -> str:
        return f"{self.stage}.{self.number}"

    @classmethod
    def parse(cls, text: str) -> UnitPlace:
        """The inverse of ``str``. Raises ValueError."""
        stage, _, number = text.partition(".")
        if not (stage.isascii() and stage.isdigit() and number.isascii() and number.isdigit()):
            raise ValueError(text)
        return cls(int(stage), int(number))


@dataclass(frozen=True)
class UnitState:
    """A unit as it stands now.

    Attributes:
        value: what its planner named it with.
        result: what it came to, and how it ran; None until it is settled.
        attempts: how often it was tried so far.
        ready_at: clock time before which it is not tried again; None where it waits for no time.
    """

    place: UnitPlace
    status: UnitStatus
    value: Json
    result: Result | None
    attempts: int
    ready_at: float | None = None


@dataclass(frozen=True)
class UnitPage:
    """Units in order, and where the next page goes on; None: there are no more."""

    units: tuple[UnitState, ...]
    after: UnitPlace | None


def page(
    engine: Engine,
    job: Job,
    start: UnitPlace,
    limit: int,
    statuses: frozenset[UnitStatus],
    stage: int | None = None,
    of_chunk: int | None = None,
) -> UnitPage:
    """At most ``limit`` units from ``start`` on, of all stages or of one, of all chunks or of those with one number; no statuses:
    of any.

    A page may be short before the last. Of units whose chunk is with a worker it is not stored which run just now: all of them
    are ``running``.
    """
    found: list[UnitState] = []
    opened = 0
    for chunk in _chunks(engine, job, start, stage):
        first = max(chunk.first, start.number) if chunk.stage == start.stage else chunk.first
        if of_chunk not in (None, chunk.number) or not _statuses(engine, chunk) & (statuses or frozenset(UnitStatus)):
            continue
        if opened == CHUNKS:
            return UnitPage(tuple(found), UnitPlace(chunk.stage, first))
        opened += 1
        for unit in states(engine, job, chunk):
            if unit.place.number < first or (statuses and unit.status not in statuses):
                continue
            if len(found) == limit:
                return UnitPage(tuple(found), unit.place)
            found.append(unit)
    return UnitPage(tuple(found), None)


def states(engine: Engine, job: Job, chunk: Chunk) -> Iterator[UnitState]:
    """All units of a chunk, in order."""
    waiting = UnitStatus.RUNNING if chunk.live(engine.clock.now()) else UnitStatus.PENDING
    retries = {retry.number: retry for retry in chunk.retries}
    results = (
        {result.number: result for result in settled_in(engine, job, chunk)} if chunk.segments or chunk.tail else {}
    )
    for number, value in enumerate(unit_values(engine, job, chunk), chunk.first):
        place, result = UnitPlace(chunk.stage, number), results.get(number)
        if result is not None and number not in chunk.todo:
            status = UnitStatus.SUCCEEDED if result.error is None else UnitStatus.FAILED
            yield UnitState(place, status, value, result, result.attempts)
        else:
            retry = retries.get(number)
            yield UnitState(
                place,
                waiting,
                value,
                None,
                retry.attempt - 1 if retry else 0,
                retry.ready_at if retry and retry.ready_at else None,
            )


def _chunks(engine: Engine, job: Job, start: UnitPlace, stage: int | None) -> Iterator[Chunk]:
    stages = range(start.stage, len(job.stages)) if stage is None else [stage]
    for number in stages:
        for chunk in engine.ledger.chunks(job.ref, number):
            if number > start.stage or chunk.first + chunk.size > start.number:
                yield chunk


def _statuses(engine: Engine, chunk: Chunk) -> set[UnitStatus]:
    """Those that units of the chunk have."""
    found = {UnitStatus.SUCCEEDED} if chunk.succeeded else set()
    if chunk.failed:
        found.add(UnitStatus.FAILED)
    if chunk.todo:
        found.add(UnitStatus.RUNNING if chunk.live(engine.clock.now()) else UnitStatus.PENDING)
    return found
