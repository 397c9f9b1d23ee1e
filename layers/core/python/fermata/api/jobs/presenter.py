"""A job as this family shows it."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.api import holds, notify
from fermata.api.formatting import share, zoned_time
from fermata.api.jobs import schemas
from fermata.control.counts import counts_of_all
from fermata.control.engine import Engine
from fermata.control.queries import holds_of_all
from fermata.domain.chunks import Counts
from fermata.domain.errors import InvalidInput
from fermata.domain.events import Event
from fermata.domain.holds import Hold
from fermata.domain.jobs import Job
from fermata.domain.transitions import Status


def shown(engine: Engine, job: Job) -> schemas.Job:
    return shown_all(engine, [job], holds_of_all(engine, [job]))[0]


def shown_all(engine: Engine, jobs: Sequence[Job], standing: Sequence[tuple[Hold, ...]]) -> list[schemas.Job]:
    counts = counts_of_all(engine, jobs)
    return [told(engine, job, count, held) for job, count, held in zip(jobs, counts, standing, strict=True)]


def told(engine: Engine, job: Job, counts: Counts, held: Sequence[Hold]) -> schemas.Job:
    """A job whose counts and holds are at hand."""
    now = engine.clock.now()
    names = stage_names(engine, job)
    active = job.active_seconds(now)
    whole = (job.finished_at if job.finished_at is not None else now) - (job.started_at or now)
    return schemas.Job(
        id=job.id,
        family=job.family,
        kind=job.kind,
        workspace=job.workspace,
        user=job.user,
        status=job.status,
        stage=names[job.stage],
        stages=[
            schemas.JobStage(name=names[place], units=plan.units, planned=plan.complete)
            for place, plan in enumerate(job.stages)
        ],
        checkpoint=job.checkpoint,
        counts=schemas.Counts(
            succeeded=counts.succeeded, failed=counts.failed, remaining=counts.remaining, total=counts.total
        ),
        progress=share(counts, job.status),
        holds=[holds.shown(each) for each in held],
        pause=_pause(job),
        params=dict(job.params),
        source=job.source,
        limit=job.limit,
        timeout=job.timeout,
        max_failed_share=job.max_failed_share,
        rate=job.rate,
        rate_key=job.rate_key,
        priority=job.priority,
        labels=dict(job.labels),
        after=list(job.after),
        on_failure=job.on_failure,
        notify=notify.shown(job.notify),
        run=job.run,
        created_at=zoned_time(job.created_at),
        started_at=time_or_none(job.started_at),
        updated_at=zoned_time(job.updated_at),
        finished_at=time_or_none(job.finished_at),
        active_seconds=round(active, 3),
        idle_seconds=round(max(0.0, whole - active), 3),
        result=job.result,
        error=job.error,
        trace=job.trace,
    )


def event(line: Event) -> schemas.JobEvent:
    return schemas.JobEvent(
        number=line.number,
        type=line.type,
        at=zoned_time(line.at),
        status=Status(line.status),
        data=dict(line.data),
    )


def stage_names(engine: Engine, job: Job) -> list[str]:
    """Of its stages; where 0.1.0 has stored none, those of its kind, and numbers when that is no longer there."""
    if job.stages[0].name:
        return [plan.name for plan in job.stages]
    try:
        known = [stage.name for stage in engine.kind(job.kind).stages]
    except InvalidInput:
        known = []
    return known + [str(number) for number in range(len(known), max(len(job.stages), job.stage + 1))]


def stage_number(names: list[str], name: str) -> int:
    """Of the stage of this name. Raises InvalidInput."""
    if name not in names:
        raise InvalidInput("stage", f"the job's stages are {', '.join(names)}")
    return names.index(name)


def time_or_none(at: float | None) -> str | None:
    return zoned_time(at) if at is not None else None


def _pause(job: Job) -> schemas.Pause | None:
    if job.pause is None:
        return None
    return schemas.Pause(
        asked_at=zoned_time(job.pause.asked_at),
        in_flight=job.pause.in_flight,
        quiesced_at=time_or_none(job.pause.quiesced_at),
        ended_at=time_or_none(job.pause.ended_at),
    )
