"""A schedule as this family shows it."""

from __future__ import annotations

from fermata.api import notify
from fermata.api.context import RequestContext
from fermata.api.formatting import zoned_time
from fermata.api.schedules import schemas
from fermata.domain import schedules as domain


def shown(call: RequestContext, schedule: domain.Schedule) -> schemas.Schedule:
    now = call.engine.clock.now()
    work, hold = schedule.work, schedule.hold if schedule.held(now) else None
    return schemas.Schedule(
        id=schedule.id,
        name=schedule.name,
        user=schedule.user,
        expression=schedule.expression,
        timezone=schedule.timezone,
        start=_time(schedule.start),
        end=_time(schedule.end),
        window_minutes=round(schedule.window / 60),
        overlap=schedule.overlap,
        catch_up=schedule.catch_up,
        job=schemas.WorkShown(
            kind=work.kind,
            params=dict(work.params),
            workspace=work.workspace,
            limit=work.limit,
            timeout=work.timeout,
            max_failed_share=work.max_failed_share,
            rate=work.rate,
            rate_key=work.rate_key,
            priority=work.priority,
            labels=dict(work.labels),
            notify=notify.shown(work.notify),
        ),
        paused=hold is not None,
        hold=None
        if hold is None
        else schemas.ScheduleHold(
            owner=hold.owner, reason=hold.reason, since=zoned_time(hold.since), until=_time(hold.until)
        ),
        next=[zoned_time(at) for at in schedule.times(now, domain.SHOWN)],
        created_at=zoned_time(schedule.created_at),
        updated_at=zoned_time(schedule.updated_at),
    )


def firing(line: domain.Firing) -> schemas.Firing:
    return schemas.Firing(
        due_at=zoned_time(line.due),
        decided_at=zoned_time(line.at),
        outcome=line.outcome,
        cause=line.cause,  # type: ignore[arg-type]
        job_id=line.job,
        reason=line.reason,
        through=_time(line.through),
        count=line.count,
    )


def _time(at: float | None) -> str | None:
    return None if at is None else zoned_time(at)
