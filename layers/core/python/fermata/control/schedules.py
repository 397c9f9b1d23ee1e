"""Schedules: what people do to them, and what becomes of each time that comes.

Triggers come at least once, late or never: each only has the schedule settled. What is due follows from the calendar and from how
far it was decided before; a decision moves that on in the same transaction that creates the job and writes the history, so every
time is decided once, whoever came how often. Recovery settles what no trigger came for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from fermata.control import dependencies, starting, termination, webhooks
from fermata.control.engine import TRIES, Engine, exists, record
from fermata.control.scopes import system_event
from fermata.control.starting import NewJob, accept
from fermata.domain.access import CONTROL
from fermata.domain.errors import (
    IdTaken,
    InvalidInput,
    LimitExceeded,
    Refused,
    Stale,
    Unavailable,
    WrongStatus,
)
from fermata.domain.events import Actor, Mutation, SystemEventType
from fermata.domain.holds import Hold
from fermata.domain.jobs import Job, OnFailure, Ref
from fermata.domain.schedules import (
    Fire,
    Firing,
    Outcome,
    Overlap,
    Schedule,
    Skip,
    check_templates,
    decide,
    due_at,
    filled,
    job_name,
    schedule_scope,
)
from fermata.ports import AddAudit, AddFiring, AddSystemEvent, Change, SaveSchedule

TURNS = 200
"""Decisions of one call; what is left is recovery's."""

MOST_BACKFILLED = 100
FAMILY = "jobs"
LABEL = "schedule"
"""The label of a schedule's jobs; its value is the schedule's id."""


@dataclass(frozen=True)
class Backfilled:
    """What became, or would become, of a time in a span: ``job`` is None where nothing was, or would be, created."""

    due: float
    job: str | None
    reason: str | None = None


# What people do. ---------------------------------------------------------------------------------------------------------


def create(engine: Engine, act: Mutation, schedule: Schedule, secrets: Mapping[str, str] | None = None) -> Schedule:
    """Store a schedule and set it off. Raises InvalidInput, LimitExceeded, and IdTaken when another one has its id."""
    sealed = _sealed(engine, schedule, secrets or {})
    check(engine, sealed, secrets or {})
    most = engine.limits.schedules
    if most is not None and len(engine.schedules.all(schedule.tenant)) >= most:
        raise LimitExceeded("schedules", most)
    made = _stored(sealed, engine.clock.now())
    try:
        engine.store.write(SaveSchedule(made), AddAudit(act))
    except Stale:
        raise IdTaken(schedule.id) from None
    _set(engine, made)
    return made


def change(
    engine: Engine,
    act: Mutation | None,
    tenant: str,
    id_: str,
    step: Callable[[Schedule], Schedule],
    secrets: Mapping[str, str] | None = None,
) -> Schedule:
    """What has come before is settled by the schedule as it was. Raises NotFound and InvalidInput."""
    for _ in range(TRIES):
        known = settle(engine, tenant, id_)
        changed = step(known)
        if secrets is not None:
            changed = _sealed(engine, changed, secrets)
        check(engine, changed, secrets or _opened(engine, changed))
        stored = _stored(replace(changed, rev=known.rev), engine.clock.now())
        try:
            engine.store.write(SaveSchedule(stored), *((AddAudit(act),) if act else ()))
        except Stale:
            continue
        _set(engine, stored)
        return stored
    raise Unavailable(f"schedule {id_} is being changed by others; try again")


def pause(engine: Engine, act: Mutation, tenant: str, id_: str, hold: Hold) -> Schedule:
    """Start nothing from now on; again: reason and end are replaced."""

    def step(schedule: Schedule) -> Schedule:
        since = schedule.hold.since if schedule.hold and schedule.held(hold.since) else hold.since
        return replace(schedule, hold=replace(hold, since=since))

    return change(engine, act, tenant, id_, step)


def resume(engine: Engine, act: Mutation, tenant: str, id_: str) -> Schedule:
    """What would have started meanwhile is skipped. Raises WrongStatus when it is not paused."""

    def step(schedule: Schedule) -> Schedule:
        now = engine.clock.now()
        if not schedule.held(now):
            raise WrongStatus("resume", "active", "the schedule is not paused")
        return replace(schedule, hold=None, decided=now)

    return change(engine, act, tenant, id_, step)


def delete(engine: Engine, act: Mutation, tenant: str, id_: str) -> None:
    """Its jobs stay. Raises NotFound."""
    for _ in range(TRIES):
        known = engine.schedules.find(tenant, id_)
        now = engine.clock.now()
        gone = replace(known, deleted_at=now, updated_at=now, due_at=None, rev=known.rev + 1)
        with suppress(Stale):
            engine.store.write(SaveSchedule(gone), AddAudit(act))
            engine.scheduler.remove(tenant, id_)
            return
    raise Unavailable(f"schedule {id_} is being changed by others; try again")


def run(engine: Engine, act: Mutation, tenant: str, id_: str, name: str) -> tuple[Job, bool]:
    """Start its work now, whatever its hold and its overlap say, as the job of this name; and whether that was done before."""
    schedule, now = engine.schedules.find(tenant, id_), engine.clock.now()
    new = _work(engine, schedule, now, f"{schedule.id}-{name}")
    line = Firing(now, now, Outcome.STARTED, "run", f"{FAMILY}:{new.id}", f"asked by {act.actor.user}")
    return accept(engine, act, new, AddFiring(tenant, id_, line))


def backfill(
    engine: Engine, act: Mutation, tenant: str, id_: str, since: float, before: float, *, dry_run: bool
) -> list[Backfilled]:
    """Start what the schedule would have started in a span, for each time that has no job yet, at most a hundred.

    Where jobs may not overlap they start one after another. Raises InvalidInput for a span with more times, or one to come.
    """
    schedule, now = engine.schedules.find(tenant, id_), engine.clock.now()
    if before > now:
        raise InvalidInput("to", "must not be ahead of now; what is to come starts by itself")
    whole = replace(schedule, start=None) if schedule.start is None else schedule
    times = [at for at in whole.times(since - 1e-6, MOST_BACKFILLED + 1) if at < before]
    if len(times) > MOST_BACKFILLED:
        raise InvalidInput("to", f"the span has more than {MOST_BACKFILLED} times")
    if not dry_run:
        record(engine, act)
    done: list[Backfilled] = []
    previous: str | None = None
    for due in times:
        name = f"{FAMILY}:{job_name(schedule, due)}"
        if exists(engine, Ref(tenant, name)) is not None:
            done.append(Backfilled(due, None, f"{name} was created before"))
            continue
        if not dry_run:
            _backfilled(engine, act, schedule, due, previous)
        previous = name
        done.append(Backfilled(due, name))
    return done


def _backfilled(engine: Engine, act: Mutation, schedule: Schedule, due: float, previous: str | None) -> None:
    after = (previous,) if previous is not None and schedule.overlap is not Overlap.ALLOW else ()
    new = replace(_work(engine, schedule, due, job_name(schedule, due)), after=after, on_failure=OnFailure.START)
    name = f"{FAMILY}:{new.id}"
    line = Firing(due, engine.clock.now(), Outcome.STARTED, "backfill", name, f"asked by {act.actor.user}")
    accept(engine, replace(act, action="schedules.fire", target=name), new, AddFiring(*_place(schedule), line))


# What the clock does. ----------------------------------------------------------------------------------------------------


def settle(engine: Engine, tenant: str, id_: str) -> Schedule:
    """Decide what becomes of every time that has come. Safe at any moment, and twice at once. Raises NotFound."""
    for _ in range(TURNS):
        schedule, now = engine.schedules.find(tenant, id_), engine.clock.now()
        step = decide(schedule, now)
        try:
            match step:
                case None:
                    return _rested(engine, schedule, now)
                case Skip():
                    _skip(engine, schedule, step, now)
                case Fire(due):
                    _fire(engine, schedule, due, now)
        except Stale:
            continue
    return engine.schedules.find(tenant, id_)


def _rested(engine: Engine, schedule: Schedule, now: float) -> Schedule:
    if schedule.hold is None or schedule.held(now):
        return schedule
    awake = _stored(replace(schedule, hold=None), now)
    engine.store.write(SaveSchedule(awake))
    return awake


def _skip(engine: Engine, schedule: Schedule, step: Skip, now: float) -> None:
    through = step.through if step.count > 1 else None
    line = Firing(step.first, now, Outcome.SKIPPED, reason=step.reason, through=through, count=step.count)
    engine.store.write(*_decided(schedule, step.through, now, line))


def _fire(engine: Engine, schedule: Schedule, due: float, now: float) -> None:
    found = (exists(engine, Ref(schedule.tenant, name)) for name in schedule.recent)
    still = [job for job in found if job is not None and not job.status.final]
    schedule = replace(schedule, recent=tuple(job.id for job in still))
    name = f"{FAMILY}:{job_name(schedule, due)}"
    if still and (why := _overlapping(schedule.overlap, still)):
        engine.store.write(*_decided(schedule, due, now, Firing(due, now, Outcome.SKIPPED, reason=why)))
        return
    after = (still[-1].id,) if still and schedule.overlap is Overlap.QUEUE else ()
    started = replace(schedule, recent=(*schedule.recent, name)[-dependencies.MOST :])
    line = Firing(due, now, Outcome.STARTED, job=name, reason=f"starts after {after[0]}" if after else None)
    changes = _decided(started, due, now, line)
    try:
        actor = _right(engine, schedule, now)
        new = replace(_work(engine, schedule, due, job_name(schedule, due)), after=after, on_failure=OnFailure.START)
        if still and schedule.overlap is Overlap.CANCEL:
            check(engine, schedule, _opened(engine, schedule))  # nothing makes room for what could not start
            _cancel(engine, still, f"{name} takes its place")
        if accept(engine, Mutation(actor, "schedules.fire", name, now), new, *changes).replayed:
            engine.store.write(*changes)
    except Refused as refusal:
        _failed(engine, schedule, due, now, str(refusal))


def _cancel(engine: Engine, jobs: list[Job], reason: str) -> None:
    for job in jobs:
        with suppress(WrongStatus):
            termination.cancel(engine, None, job.ref, reason, wait=False)


def _failed(engine: Engine, schedule: Schedule, due: float, now: float, why: str) -> None:
    line = Firing(due, now, Outcome.FAILED, reason=why)
    about, workspace = schedule_scope(schedule.id), schedule.work.workspace
    told = system_event(now, SystemEventType.TASK_FAILED, why, workspace, (schedule.id, due), about)
    engine.store.write(*_decided(schedule, due, now, line), AddSystemEvent(schedule.tenant, told))


def _overlapping(overlap: Overlap, still: list[Job]) -> str | None:
    """Why a time is skipped whose predecessors are still open; None when it is not."""
    if overlap is Overlap.SKIP:
        return f"{still[-1].id} is still {still[-1].status.value.replace('_', ' ')}"
    if overlap is Overlap.QUEUE and len(still) > 1:
        return f"{still[-1].id} waits already"
    return None


def _right(engine: Engine, schedule: Schedule, now: float) -> Actor:
    """Who it acts as, if that one may still start jobs. Raises InvalidInput."""
    if schedule.key is None:
        return Actor(schedule.tenant, schedule.user, schedule.scopes)
    key = next((one for one in engine.keys.all(schedule.tenant) if one.id == schedule.key), None)
    if key is None or not key.is_good(now) or CONTROL not in key.scopes:
        raise InvalidInput("user", f"the API key {schedule.key}, which made the schedule, may not start jobs any more")
    return Actor(schedule.tenant, key.user, key.scopes)


# What both share. --------------------------------------------------------------------------------------------------------


def check(engine: Engine, schedule: Schedule, secrets: Mapping[str, str]) -> None:
    """Raises InvalidInput unless the schedule could start what it is to start."""
    if schedule.end is not None and schedule.start is not None and schedule.end <= schedule.start:
        raise InvalidInput("end", "must be later than start")
    first = schedule.times(0.0, 1)
    if not first:
        raise InvalidInput("expression", "names no time at all between start and end")
    kind = engine.kind(schedule.work.kind)
    if unknown := secrets.keys() - kind.secrets:
        raise InvalidInput("secrets", f"the kind has no secret {min(unknown)!r}")
    params: dict[str, Any] = dict(schedule.work.params)
    if given := params.keys() & kind.secrets:
        raise InvalidInput("params", f"{min(given)} is a secret, and belongs to secrets")
    webhooks.check_notify(engine, schedule.tenant, schedule.work.notify, "job.notify")
    check_templates(params)
    if len(json.dumps(params)) > starting.MAX_PARAMS:
        raise InvalidInput("params", f"are larger than {starting.MAX_PARAMS} bytes")
    example: Any = filled(params, first[0], schedule.timezone)
    starting.parse(kind, {**example, **secrets})


def _work(engine: Engine, schedule: Schedule, due: float, name: str) -> NewJob:
    work = schedule.work
    params: Any = filled(dict(work.params), due, schedule.timezone)
    return NewJob(
        family=FAMILY,
        id=name,
        kind=work.kind,
        workspace=work.workspace,
        params={**params, **_opened(engine, schedule)},
        limit=work.limit,
        timeout=work.timeout,
        max_failed_share=work.max_failed_share,
        rate=work.rate,
        rate_key=work.rate_key,
        priority=work.priority,
        labels={**work.labels, LABEL: schedule.id},
        notify=work.notify,
    )


def _decided(schedule: Schedule, through: float, now: float, line: Firing) -> tuple[Change, ...]:
    saved = _stored(replace(schedule, decided=through), now, touched=False)
    return SaveSchedule(saved), AddFiring(schedule.tenant, schedule.id, line)


def _stored(schedule: Schedule, now: float, *, touched: bool = True) -> Schedule:
    """The next revision."""
    updated = replace(schedule, updated_at=now if touched else schedule.updated_at, rev=schedule.rev + 1)
    return replace(updated, due_at=due_at(updated))


def _set(engine: Engine, schedule: Schedule) -> None:
    """Have triggers come. Whatever is lost here, or later, recovery makes up for."""
    engine.scheduler.put(schedule)


def _sealed(engine: Engine, schedule: Schedule, secrets: Mapping[str, str]) -> Schedule:
    sealed = engine.secrets.seal(json.dumps(dict(secrets)), _context(schedule)) if secrets else None
    return replace(schedule, work=replace(schedule.work, sealed_secrets=sealed))


def _opened(engine: Engine, schedule: Schedule) -> dict[str, str]:
    if schedule.work.sealed_secrets is None:
        return {}
    opened: dict[str, str] = json.loads(engine.secrets.open(schedule.work.sealed_secrets, _context(schedule)))
    return opened


def _context(schedule: Schedule) -> dict[str, str]:
    return {"tenant": schedule.tenant, "schedule": schedule.id}


def _place(schedule: Schedule) -> tuple[str, str]:
    return schedule.tenant, schedule.id
