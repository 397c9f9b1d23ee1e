"""Schedules: work that starts by the clock."""

from __future__ import annotations

from fermata_client.models.base import Answer, Json, Time
from fermata_client.models.jobs import Notify


class ScheduleHold(Answer):
    """Why a schedule starts nothing."""

    owner: str
    reason: str | None
    since: Time
    until: Time | None


class ScheduledJob(Answer):
    """What a schedule starts."""

    kind: str
    params: dict[str, Json]
    workspace: str
    limit: int | None
    timeout: float | None
    max_failed_share: float | None
    rate: float | None
    rate_key: str | None
    priority: int
    labels: dict[str, str]
    notify: list[Notify]


class Schedule(Answer):
    """A schedule as it was when it was read; ``next`` are its next five times."""

    id: str
    name: str
    user: str
    expression: str
    timezone: str
    start: Time | None
    end: Time | None
    window_minutes: int
    overlap: str
    catch_up: str
    job: ScheduledJob
    paused: bool
    hold: ScheduleHold | None
    next: list[Time]
    created_at: Time
    updated_at: Time


class ScheduleList(Answer):
    """All of the tenant's."""

    schedules: list[Schedule]


class ScheduleDeleted(Answer):
    """The schedule that was deleted."""

    id: str
    deleted: bool


class ScheduleStarted(Answer):
    """The job that a schedule was told to start."""

    schedule_id: str
    job_id: str


class Firing(Answer):
    """What became of a time, or of ``count`` times up to ``through`` that were skipped together."""

    due_at: Time
    decided_at: Time
    outcome: str
    cause: str
    job_id: str | None
    reason: str | None
    through: Time | None
    count: int


class FiringPage(Answer):
    """History, newest first."""

    schedule_id: str
    firings: list[Firing]
    next_cursor: str | None


class BackfilledTime(Answer):
    """A time of a span; ``job_id`` is None where there was a job before."""

    due_at: Time
    job_id: str | None
    reason: str | None


class Backfilled(Answer):
    """What became, or would become, of each time of a span."""

    schedule_id: str
    dry_run: bool
    count: int
    times: list[BackfilledTime]
