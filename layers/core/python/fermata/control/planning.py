"""Planning a stage: its units become chunks, a page at a time, so that any number fits any slice."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise

from fermata.control.authors import author
from fermata.control.engine import Engine, JobUpdate, update
from fermata.control.lease import StepLease
from fermata.control.queueing import noted
from fermata.control.results import Position, settled, units, unread
from fermata.domain import interruption, strict_json
from fermata.domain.chunks import Chunk, chunk_size
from fermata.domain.errors import Stale
from fermata.domain.events import Event, EventType
from fermata.domain.interruption import interruptible_by
from fermata.domain.jobs import Job, StagePlan
from fermata.domain.kind import JobError, Json, Line, Planned, Planning, Result
from fermata.domain.lifecycle import note
from fermata.domain.ranges import Ranges
from fermata.domain.scrub import Scrubber
from fermata.ports import AddChunks

PAGE_CHUNKS = 40
PAGE_BYTES = 16 * 1024 * 1024
"""A page of chunks is stored in one transaction; it stays well below 100 items and what a worker has of memory."""


@dataclass
class _Reading:
    """The results of the stage before, and how far the planner has pulled them."""

    source: Iterator[tuple[Result, Position]]
    position: Position
    before: Position
    since: int = 0

    def __iter__(self) -> Iterator[Result]:
        for result, after in self.source:
            interruption.check()
            self.before, self.position, self.since = self.position, after, 0
            yield result
        self.before, self.since = self.position, 0


@dataclass(frozen=True)
class Named:
    """What a planner has stored.

    Attributes:
        job: as it is stored now.
        chunks: the whole stage's, where they were named in one go; they are on their way, but for the one that is ours.
        values: of our chunk's units, first to last; None where they have to be read.
    """

    job: Job
    chunks: tuple[Chunk, ...] = ()
    values: list[Json] | None = None


@dataclass
class _Page:
    """Units on their way into a chunk, and the bytes gathered since the last page."""

    lines: list[Line | bytes] = field(default_factory=list)
    size: int = 0


def plan_stage(
    engine: Engine,
    job: Job,
    lease: StepLease,
    ours: Callable[[int], bool] = lambda chunks: False,
    most: int = sys.maxsize,
) -> Named:
    """Name the stage's units from where its planner stopped; store them page by page.

    The job is complete then, or, when the slice is over, to be continued. ``ours``: whether whoever plans begins with the first
    chunk, if there are so many in all; it is stored with the lease taken. ``most``: chunks after which somebody
    else goes on. Raises JobError when the kind can't name its units, and Stale when the lease is lost, or the job is held or has
    ended: it has to be looked at again.
    """
    with interruptible_by(lease.check):
        return _named(engine, job, lease, ours, most)


def _named(engine: Engine, job: Job, lease: StepLease, ours: Callable[[int], bool], most: int) -> Named:
    stage = engine.kind(job.kind).stage(job.plan.name, job.stage)
    plan = job.plan
    start = Position.parse(plan.seen)
    reading = _Reading(iter(()), start, start)
    if job.stage > 0:
        reading.source = unread(engine, job, job.stage - 1, start)
    planning = _planning(engine, job, reading, lease)
    planned = _clean(lambda: stage.plan(planning), Scrubber.of(planning.secrets.values()))
    for _ in range(plan.skip):
        if next(planned, None) is None:
            raise JobError("the planner names fewer units than before from the same results")
        reading.since += 1
    page, cursor, number = _Page(), plan.cursor, plan.chunks
    chunks: list[list[Line | bytes]] = []
    while True:
        lease.check()
        unit = next(planned, None)
        exhausted = unit is None
        if unit is not None:
            reading.since += 1
            cursor = unit.cursor
            page.lines.append(_line(unit))
            page.size += len(page.lines[-1]) if isinstance(page.lines[-1], bytes) else 0
        full = len(page.lines) >= chunk_size(stage.policy.chunk_size, number + len(chunks))
        if page.lines and (full or exhausted):
            chunks.append(page.lines)
            page = _Page([], page.size)
        over = full and (lease.over() or number + len(chunks) >= plan.chunks + most)
        if exhausted or over or len(chunks) >= PAGE_CHUNKS or (full and page.size >= PAGE_BYTES):
            seen = reading.before if reading.since else reading.position
            skip = reading.since if job.stage else 0
            far = replace(job.plan, cursor=cursor, complete=exhausted, seen=str(seen), skip=skip)
            whole = exhausted and number == 0
            last, own = exhausted or over, whole and ours(len(chunks))
            named = _store(engine, job, lease, chunks, far, whole=whole, own=own, last=last)
            if last:
                return named
            job, number, chunks, page = named.job, named.job.plan.chunks, [], _Page()


def _planning(engine: Engine, job: Job, reading: _Reading, lease: StepLease) -> Planning:
    stages = [stage.name for stage in job.stages]
    known = job.plan.units - job.plan.skip

    def named(stage: str) -> Iterator[Json]:
        number = stages.index(stage)
        return islice(units(engine, job, number), known if number == job.stage else None)

    return Planning(
        tenant=job.tenant,
        workspace=job.workspace,
        job_id=job.id,
        params=job.params,
        secrets=engine.open_secrets(job),
        settings=engine.settings_for(job),
        files=engine.files(job),
        workspace_content=engine.workspace_content(job.tenant, job.workspace),
        cursor=job.plan.cursor,
        previous=lambda: iter(reading),
        results=lambda name: settled(engine, job, stages.index(name)) if name in stages[: job.stage] else iter(()),
        units=named,
        wait=lease.wait,
    )


def _clean(plan: Callable[[], Iterable[Planned]], scrub: Scrubber) -> Iterator[Planned]:
    """What a planner names, without the job's secrets, and checked: whatever else it does fails the job."""
    with author("the planner", scrub):
        for planned in plan():
            if not isinstance(planned, Planned):
                raise JobError(f"the planner named a {type(planned).__name__} instead of a Planned")
            _check_json("a unit", None if isinstance(planned.unit, Line) else planned.unit)
            _check_json("a cursor", planned.cursor)
            yield planned if isinstance(planned.unit, Line) else replace(planned, unit=scrub.value(planned.unit))


def _check_json(what: str, value: Json) -> None:
    try:
        strict_json.check(value)
    except strict_json.NotJson as error:
        raise JobError(f"the planner named {what} that is not JSON: {error}") from None


def _line(planned: Planned) -> Line | bytes:
    if isinstance(planned.unit, Line):
        return planned.unit
    return json.dumps(planned.unit, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _store(
    engine: Engine,
    job: Job,
    lease: StepLease,
    pages: list[list[Line | bytes]],
    plan: StagePlan,
    *,
    whole: bool,
    own: bool,
    last: bool,
) -> Named:
    """Store a page: its units as a file, its chunks, and how far the plan is, the last two in one transaction.

    Of a ``whole`` stage it is noted in the same breath that its chunks are on their way: the planner's own message comes again
    if the planner dies before it has sent them. ``own``: the first one is claimed by the planner; ``last``: the lease is given
    back.
    """
    chunks = _chunks(engine, job, pages)
    if own and chunks:
        chunks[0] = chunks[0].claim(lease.owner, engine.clock.now())
    plan = replace(plan, chunks=plan.chunks + len(chunks), units=plan.units + sum(chunk.size for chunk in chunks))
    limit = engine.limits.units_per_job
    if limit is not None and sum(stage.units for stage in job.with_plan(plan).stages) > limit:
        raise JobError(f"the job has more units than the limit of {limit}")

    def step(current: Job) -> JobUpdate:
        if (current.stages, current.stage, current.run) != (job.stages, job.stage, job.run):
            raise Stale(f"job {job.id} is being planned by somebody else")
        if current.holds:
            raise Stale(f"job {job.id} is held")
        made, now = replace(lease.renewed(current).with_plan(plan), next_try=None), engine.clock.now()
        made = replace(made, lease=None) if last else made
        events: tuple[Event, ...] = ()
        if plan.complete:
            made = replace(made, queued_at=0.0, queued_until=0.0)
            made = noted(made, now) if whole and chunks else made
            made, event = note(made, EventType.STAGE, now, stage=made.plan.name, units=plan.units)
            events = (event,)
        return JobUpdate(replace(made, updated_at=now), events, (AddChunks(job.ref, tuple(chunks)),) if chunks else ())

    stored = update(engine, job.ref, step, known=job)
    written = [line for line in pages[0] if isinstance(line, bytes)] if own and chunks else []
    values = [json.loads(line) for line in written] if written and len(written) == len(pages[0]) else None
    return Named(stored, tuple(chunks) if whole else (), values)


def _chunks(engine: Engine, job: Job, pages: list[list[Line | bytes]]) -> list[Chunk]:
    """The page's chunks; the units that do not lie in a file yet are stored as one.

    The file is named by what is in it: two planners that are at it at once may have cut their pages differently.
    """
    places = [_place(lines) for lines in pages]
    texts = [b"" if place else _text(engine, job, lines) for place, lines in zip(places, pages, strict=True)]
    written = b"".join(texts)
    name = f"units/{job.stage}-{job.plan.chunks}-{hashlib.sha256(written).hexdigest()[:16]}.jsonl"
    if written:
        engine.files(job).put(name, written)
    chunks: list[Chunk] = []
    first, at = job.plan.units, 0
    for place, text, lines in zip(places, texts, pages, strict=True):
        file, start, end = place or (name, at, at + len(text))
        todo = Ranges.span(first, first + len(lines))
        chunks.append(Chunk(job.stage, job.plan.chunks + len(chunks), first, len(lines), file, start, end, todo))
        first, at = first + len(lines), at + len(text)
    return chunks


def _place(lines: list[Line | bytes]) -> tuple[str, int, int] | None:
    """Where the lines lie already, one after another in one file; None when they don't."""
    placed = [line for line in lines if isinstance(line, Line)]
    if len(placed) < len(lines) or not _contiguous(placed):
        return None
    return placed[0].name, placed[0].start, placed[-1].end


def _text(engine: Engine, job: Job, lines: list[Line | bytes]) -> bytes:
    files = engine.files(job)
    with author("the planner", Scrubber.of(())):
        return b"".join(
            line if isinstance(line, bytes) else files.get(line.name, line.start, line.end).rstrip(b"\n") + b"\n"
            for line in lines
        )


def _contiguous(lines: list[Line]) -> bool:
    """Whether the lines follow one another in one file, with nothing but a line break between two."""
    return all(one.name == two.name and 0 <= two.start - one.end <= 1 for one, two in pairwise(lines))
