"""Reading results, while a job runs and after: each settled unit once, wherever the reader left off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from fermata.control.engine import Engine
from fermata.domain.chunks import Chunk
from fermata.domain.errors import InvalidInput, NotFound
from fermata.domain.jobs import Job
from fermata.domain.kind import JobError, Json, Result
from fermata.domain.segments import Segment, unpack

Place = tuple[int, int, int]
"""Where to go on in a chunk: attempt, segment of the attempt, row of the segment."""

START: Place = (0, 0, 0)


@dataclass(frozen=True)
class Position:
    """How far a reader is in each chunk of a stage. Chunks settle in any order, so one number would not do."""

    places: dict[int, Place]

    @classmethod
    def parse(cls, text: str) -> Position:
        """The inverse of ``str``. Raises InvalidInput."""
        places: dict[int, Place] = {}
        try:
            for part in filter(None, text.split(",")):
                chunks, _, place = part.partition(":")
                low, _, high = chunks.partition("-")
                attempt, segment, row = (int(number) for number in place.split("."))
                if int(high or low) > 100_000:
                    raise ValueError(text)
                places.update(dict.fromkeys(range(int(low), int(high or low) + 1), (attempt, segment, row)))
        except ValueError:
            raise InvalidInput("cursor", "is not one that a page gave") from None
        return cls(places)

    def __str__(self) -> str:
        runs: list[tuple[int, int, Place]] = []
        for chunk, place in sorted(self.places.items()):
            if runs and runs[-1][1] == chunk - 1 and runs[-1][2] == place:
                runs[-1] = (runs[-1][0], chunk, place)
            else:
                runs.append((chunk, chunk, place))
        return ",".join(f"{low}-{high}:{'.'.join(map(str, place))}" for low, high, place in runs)

    def at(self, chunk: int) -> Place:
        return self.places.get(chunk, START)

    def moved(self, chunk: int, place: Place) -> Position:
        return Position({**self.places, chunk: place})


def unread(
    engine: Engine, job: Job, stage: int, position: Position, *, only_failed: bool = False
) -> Iterator[tuple[Result, Position]]:
    """The stage's settled units after a position, each with the position after it; or only those that failed.

    In order of chunks, and of commits within one. A unit that ran again comes once, as it ended last, and so it comes again to
    a reader who saw it before; one that is running again does not come.
    """
    for chunk in engine.ledger.chunks(job.ref, stage):
        if only_failed and not chunk.failed:
            continue
        for result, place in _rows(engine, job, chunk, position.at(chunk.number)):
            position = position.moved(chunk.number, place)
            if result.error is not None or not only_failed:
                yield result, position


@dataclass(frozen=True)
class JobPosition:
    """How far a reader is in each stage of a job."""

    stages: dict[int, Position]

    @classmethod
    def parse(cls, text: str, stage: int = 0) -> JobPosition:
        """The inverse of ``str``; ``stage``: of a part that names none. Raises InvalidInput."""
        found: dict[int, Position] = {}
        for part in filter(None, text.split(";")):
            number, _, position = part.rpartition("/")
            try:
                found[int(number or stage)] = Position.parse(position)
            except ValueError:
                raise InvalidInput("cursor", "is not one that a page gave") from None
        return cls(found)

    def __str__(self) -> str:
        parts = sorted(self.stages.items())
        return ";".join(f"{stage}/{position}" if stage else str(position) for stage, position in parts)

    def at(self, stage: int) -> Position:
        return self.stages.get(stage, Position({}))

    def moved(self, stage: int, position: Position) -> JobPosition:
        return JobPosition({**self.stages, stage: position})


def unread_of(
    engine: Engine, job: Job, stages: Iterable[int], position: JobPosition, *, only_failed: bool = False
) -> Iterator[tuple[int, Result, JobPosition]]:
    """The settled units of several stages after a position, stage by stage, as :func:`unread` has those of one."""
    for stage in stages:
        for result, after in unread(engine, job, stage, position.at(stage), only_failed=only_failed):
            position = position.moved(stage, after)
            yield stage, result, position


def settled(engine: Engine, job: Job, stage: int) -> Iterator[Result]:
    """The stage's settled units in order of number, each once, as it ended last. One chunk is in memory at a time."""
    for chunk in engine.ledger.chunks(job.ref, stage):
        yield from settled_in(engine, job, chunk)


def settled_in(engine: Engine, job: Job, chunk: Chunk) -> list[Result]:
    """The same of one chunk."""
    return sorted((result for result, _ in _rows(engine, job, chunk, START)), key=lambda result: result.number)


def _rows(engine: Engine, job: Job, chunk: Chunk, start: Place) -> Iterator[tuple[Result, Place]]:
    todo = set(chunk.todo)
    last = _last_rows(engine, job, chunk) if chunk.reopened else {}
    for segment in _true_segments(engine, job, chunk, start):
        rows = unpack(segment.data)
        skip = start[2] if (segment.attempt, segment.number) == start[:2] else 0
        for row, result in enumerate(rows[skip:], skip + 1):
            at = (segment.attempt, segment.number, row)
            final, attempts = last.get(result.number, (at, result.attempts))
            if result.number in todo or at != final:
                continue
            full = row == len(rows) and at[:2] != chunk.tail_place
            after = (segment.attempt, segment.number + 1, 0) if full else at
            yield replace(result, attempts=attempts), after


def _true_segments(engine: Engine, job: Job, chunk: Chunk, start: Place) -> Iterator[Segment]:
    """The tail is one as well, with the rows that it has so far."""
    counts = dict(chunk.segments)
    tail = Segment(chunk.stage, chunk.number, *chunk.tail_place, chunk.tail) if chunk.tail else None
    if counts and start[:2] < chunk.segments[-1]:
        for segment in engine.ledger.segments(job.ref, chunk.stage, chunk.number, start[:2]):
            if segment.number >= counts.get(segment.attempt, 0):
                continue
            if tail is not None and chunk.tail_place < (segment.attempt, segment.number):
                yield from (tail,) if chunk.tail_place >= start[:2] else ()
                tail = None
            yield segment
    if tail is not None and chunk.tail_place >= start[:2]:
        yield tail


def _last_rows(engine: Engine, job: Job, chunk: Chunk) -> dict[int, tuple[Place, int]]:
    """Of each unit that was settled more than once: where its last result is, and how often it was tried in all."""
    seen: dict[int, tuple[Place, int]] = {}
    for segment in _true_segments(engine, job, chunk, START):
        for row, result in enumerate(unpack(segment.data), 1):
            _, before = seen.get(result.number, (START, 0))
            seen[result.number] = (segment.attempt, segment.number, row), before + result.attempts
    return seen


def units(engine: Engine, job: Job, stage: int) -> Iterator[Json]:
    """The values of a stage's units in order of number."""
    for chunk in engine.ledger.chunks(job.ref, stage):
        yield from unit_values(engine, job, chunk)


def unit_values(engine: Engine, job: Job, chunk: Chunk) -> list[Json]:
    """The values of a chunk's units, first to last. Raises JobError where the planner named lines that are not there."""
    import json

    try:
        data = engine.files(job).get(chunk.file, chunk.start, chunk.end)
        values = [json.loads(line) for line in data.split(b"\n") if line]
    except (NotFound, ValueError) as error:
        raise JobError(f"units {chunk.first} to {chunk.first + chunk.size - 1} can't be read: {error}") from None
    if len(values) != chunk.size:
        raise JobError(f"{chunk.file} holds {len(values)} units where {chunk.size} were named")
    return values
