"""Create, list, read, change, delete, pause, resume, run and backfill schedules, and what became of their times."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Query, Response

from fermata.api.context import Caller, RequestContext
from fermata.api.formatting import zoned_time
from fermata.api.idempotency import IdempotencyKey, digest_of
from fermata.api.notify import asked
from fermata.api.request_fields import Holding, Note, ReasonInAddress, hold_on, moment
from fermata.api.schedules import schemas
from fermata.api.schedules.family import FAMILY, NAME, known, new_id
from fermata.api.schedules.presenter import firing, shown
from fermata.control import schedules
from fermata.control.engine import record
from fermata.control.schedules import Backfilled
from fermata.domain.errors import IdTaken, InvalidInput
from fermata.domain.schedules import Schedule, Work, schedule_scope


@FAMILY.command(
    "",
    "schedules.create",
    status_code=201,
    response_model=schemas.Schedule,
    errors=(404, 409),
    summary="Create a schedule",
)
def create_schedule(
    call: Caller, response: Response, body: schemas.NewSchedule, idempotency_key: IdempotencyKey = None
) -> schemas.Schedule:
    """Each of its times starts just one job, whose id is made of the schedule's and the time, and which has the label `schedule`.

    Jobs start as the user who made the schedule. One that was made with an API key starts nothing once that key is revoked, has
    expired or lost the scope `control`. A time whose job can't be created is `failed` in the history, and a system event.
    The `Idempotency-Key` of a schedule that was deleted since is a 404.
    """
    schedule_id = new_id(digest_of(call, idempotency_key))
    act, now = call.on(schedule_id), call.engine.clock.now()
    schedule = _schedule(call, body, schedule_id, now)
    response.headers["Location"] = f"{FAMILY.prefix}/{schedule_id}"
    try:
        return shown(call, schedules.create(call.engine, act, schedule, body.secrets))
    except IdTaken:
        before = known(call, schedule_id)
        if _asked(before) != _asked(schedule):
            raise
        call.replayed = True
        record(call.engine, act)
        return shown(call, before)


@FAMILY.command(
    "/{schedule_id}",
    "schedules.change",
    method="PATCH",
    target="schedule_id",
    response_model=schemas.Schedule,
    errors=(404,),
    summary="Change a schedule",
)
def update_schedule(call: Caller, schedule_id: str, body: schemas.ScheduleChange) -> schemas.Schedule:
    """What is left out stays; of `job` only `notify`, whose addresses are not shown whole. Times that have come already are
    decided by what it was before.
    """
    given = body.model_fields_set

    def step(before: Schedule) -> Schedule:
        changed = before
        for name in ("name", "expression", "timezone", "overlap", "catch_up"):
            if name in given:
                changed = replace(changed, **{name: getattr(body, name)})
        if "start" in given:
            changed = replace(changed, start=_moment(body.start, "start"))
        if "end" in given:
            changed = replace(changed, end=_moment(body.end, "end"))
        if "window_minutes" in given:
            changed = replace(changed, window=body.window_minutes * 60.0)
        if "job" in given:
            sealed = before.work.sealed_secrets if body.job.kind == before.work.kind else None
            work = _work(body.job, sealed)
            if "notify" not in body.job.model_fields_set:
                work = replace(work, notify=before.work.notify)
            changed = replace(changed, work=work)
        if (changed.expression, changed.timezone, changed.start) != (before.expression, before.timezone, before.start):
            changed = replace(changed, decided=call.engine.clock.now())
        return changed

    secrets = body.secrets if "secrets" in given else None
    return shown(call, schedules.change(call.engine, call.act, call.tenant, schedule_id, step, secrets))


@FAMILY.command(
    "/{schedule_id}",
    "schedules.delete",
    method="DELETE",
    target="schedule_id",
    response_model=schemas.ScheduleDeleted,
    errors=(404,),
    summary="Delete a schedule",
)
def delete_schedule(call: Caller, schedule_id: str, reason: ReasonInAddress = None) -> schemas.ScheduleDeleted:
    """It starts nothing more. Its jobs stay."""
    schedules.delete(call.engine, call.act, call.tenant, schedule_id)
    return schemas.ScheduleDeleted(id=schedule_id, deleted=True)


@FAMILY.control("pause", "Pause a schedule", response_model=schemas.Schedule, errors=(404,))
def pause_schedule(call: Caller, schedule_id: str, body: Holding | None = None) -> schemas.Schedule:
    """It starts nothing until it is resumed, or until `until`; its times meanwhile are skipped. Jobs that have started go on.

    Again: the answer is the same, reason and end are replaced.
    """
    hold = hold_on(call, body, schedule_scope(schedule_id))
    return shown(call, schedules.pause(call.engine, call.act, call.tenant, schedule_id, hold))


@FAMILY.control("resume", "Resume a schedule", response_model=schemas.Schedule)
def resume_schedule(call: Caller, schedule_id: str, body: Note | None = None) -> schemas.Schedule:
    """It goes on with its next time. One that is not paused is a 409. The audit log keeps the reason."""
    return shown(call, schedules.resume(call.engine, call.act, call.tenant, schedule_id))


@FAMILY.control("run", "Run a schedule now", status_code=201, response_model=schemas.ScheduleStarted)
def run_schedule(
    call: Caller, response: Response, schedule_id: str, idempotency_key: IdempotencyKey = None
) -> schemas.ScheduleStarted:
    """Start its work now, as the caller, whatever its pause and its overlap say. `{{due:…}}` is now."""
    name = digest_of(call, idempotency_key) or f"run-{call.engine.clock.now() * 1000:.0f}"
    job, call.replayed = schedules.run(call.engine, call.act, call.tenant, schedule_id, name)
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return schemas.ScheduleStarted(schedule_id=schedule_id, job_id=job.id)


@FAMILY.control("backfill", "Backfill a span of time", response_model=schemas.Backfilled, errors=(404,))
def backfill_schedule(call: Caller, schedule_id: str, body: schemas.Backfill) -> schemas.Backfilled:
    """Start, as the caller, a job for each time of a span that has passed and that has none, at most a hundred.

    Where jobs may not overlap they start one after another. A dry run says what would be started.
    """
    since, before = moment(body.from_, "from"), moment(body.to, "to")
    if before <= since:
        raise InvalidInput("to", "must be later than from")
    done = schedules.backfill(call.engine, call.act, call.tenant, schedule_id, since, before, dry_run=body.dry_run)
    return schemas.Backfilled(
        schedule_id=schedule_id,
        dry_run=body.dry_run,
        count=sum(one.job is not None for one in done),
        times=[_backfilled(one) for one in done],
    )


def _backfilled(one: Backfilled) -> schemas.BackfilledTime:
    return schemas.BackfilledTime(due_at=zoned_time(one.due), job_id=one.job, reason=one.reason)


def _schedule(call: RequestContext, body: schemas.NewSchedule, schedule_id: str, now: float) -> Schedule:
    return Schedule(
        tenant=call.tenant,
        id=schedule_id,
        name=body.name,
        user=call.actor.user,
        scopes=call.actor.scopes,
        key=_key(call),
        expression=body.expression,
        timezone=body.timezone,
        start=_moment(body.start, "start"),
        end=_moment(body.end, "end"),
        window=body.window_minutes * 60.0,
        overlap=body.overlap,
        catch_up=body.catch_up,
        work=_work(body.job, None),
        created_at=now,
        decided=now,
    )


def _work(body: schemas.WorkOf, sealed: str | None) -> Work:
    if body.rate_key is not None and body.rate is None:
        raise InvalidInput("job.rate_key", "needs a rate beside it")
    return Work(**body.model_dump(exclude={"notify"}), notify=asked(body.notify), sealed_secrets=sealed)


def _asked(schedule: Schedule) -> dict[str, Any]:
    """What a request decides of a schedule."""
    names = ("name", "expression", "timezone", "start", "end", "window", "overlap", "catch_up")
    return {"work": replace(schedule.work, sealed_secrets=None), **{name: getattr(schedule, name) for name in names}}


def _key(call: RequestContext) -> str | None:
    """The id of the API key that the caller came with."""
    found = call.engine.keys.find(call.identity.key) if call.identity.key is not None else None
    return found.id if found is not None else None


def _moment(text: str | None, field: str) -> float | None:
    return None if text is None else moment(text, field)


@FAMILY.query("", response_model=schemas.Schedules, summary="List schedules")
def list_schedules(call: Caller) -> schemas.Schedules:
    """All of the tenant's; their number is limited."""
    return schemas.Schedules(schedules=[shown(call, one) for one in call.engine.schedules.all(call.tenant)])


@FAMILY.query("/{schedule_id}", response_model=schemas.Schedule, errors=(404,), summary="Read a schedule")
def get_schedule(call: Caller, schedule_id: str) -> schemas.Schedule:
    """With its next five times."""
    return shown(call, known(call, schedule_id))


@FAMILY.query("/{schedule_id}/history", response_model=schemas.Firings, errors=(404,), summary="History of a schedule")
def list_schedule_runs(
    call: Caller,
    schedule_id: str,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Lines of a page, at most")] = 50,
) -> schemas.Firings:
    """By due time, newest first: when each was due, when that was decided, and its job, or why there is none."""
    schedule = known(call, schedule_id)
    before = call.unseal(cursor, float, NAME, schedule.id) if cursor is not None else None
    page = call.engine.schedules.firings(call.tenant, schedule.id, before, limit + 1)
    following = call.seal(repr(page[limit - 1].due), NAME, schedule.id) if len(page) > limit else None
    return schemas.Firings(
        schedule_id=schedule.id, firings=[firing(line) for line in page[:limit]], next_cursor=following
    )
