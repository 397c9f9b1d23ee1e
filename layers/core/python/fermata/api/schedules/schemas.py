"""What schedules look like."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel as Answer
from pydantic import ConfigDict, Field

from fermata.api.notify import Notify, NotifyShown
from fermata.api.request_fields import (
    DATE_TIME,
    DEFAULT_WORKSPACE,
    LEFT_OUT,
    WHOLE,
    Labels,
    Priority,
    Strict,
    Workspace,
    may_be_left_out,
)
from fermata.domain import bounds
from fermata.domain.calendar import EXPRESSION
from fermata.domain.jobs import PRIORITY
from fermata.domain.schedules import CatchUp, Outcome, Overlap

Time = Annotated[str, Field(description="UTC", examples=["2026-04-13T09:00:00Z"], json_schema_extra=DATE_TIME)]
Moment = Annotated[
    str, Field(strict=True, max_length=40, examples=["2026-04-13T09:00:00Z"], json_schema_extra=DATE_TIME)
]
ScheduleId = Annotated[str, Field(examples=["sch-01999b2c4f10a1b2c3d4"])]
Name = Annotated[str, Field(strict=True, min_length=1, max_length=128, description="For people.")]
Expression = Annotated[
    str,
    Field(
        strict=True,
        max_length=256,
        json_schema_extra={"pattern": EXPRESSION.pattern},
        description="As EventBridge Scheduler has them: `cron(30 2 ? * MON-FRI *)` (minutes, hours, day of month, month, day of "
        "week, year), `rate(15 minutes)` or `at(2026-04-13T09:00:00)`. Cron and at are wall-clock times of `timezone`: a time "
        "that the clocks skip in spring is left out, one that they show twice in autumn counts once, the first time. A rate is "
        "elapsed time.",
        examples=["cron(30 2 ? * MON-FRI *)"],
    ),
]
Timezone = Annotated[
    str,
    Field(
        strict=True,
        max_length=64,
        json_schema_extra={"pattern": "^[A-Za-z][A-Za-z0-9+/_-]*$"},
        description="Of the IANA database.",
        examples=["Europe/Warsaw"],
    ),
]
Window = Annotated[
    int,
    Field(
        strict=True,
        ge=0,
        le=1440,
        description="Minutes within which each job may start, so that not all start at one moment.",
    ),
    WHOLE,
]
Secrets = Annotated[
    dict[str, Annotated[str, Field(strict=True, max_length=4096)]],
    Field(max_length=10, description="The kind's secret parameters; sealed, and shown nowhere."),
]


class WorkOf(Strict):
    """What is started, as for starting a job. Texts in `params` may hold the due time, `{{due:%Y-%m-%d}}`, in the zone."""

    kind: Annotated[str, Field(strict=True, max_length=64, description="One of `/api/v1/kinds`.")]
    params: Annotated[dict[str, Any], Field(default_factory=dict)]
    workspace: Workspace = DEFAULT_WORKSPACE
    limit: Annotated[int | None, Field(strict=True, ge=1, le=bounds.MAX_LIMIT), WHOLE] = None
    timeout: Annotated[float | None, Field(strict=True, gt=0, le=bounds.MAX_TIMEOUT, allow_inf_nan=False)] = None
    max_failed_share: Annotated[float | None, Field(strict=True, ge=0, le=1, allow_inf_nan=False)] = None
    rate: Annotated[int | None, Field(strict=True, ge=1, le=bounds.MAX_RATE)] = None
    rate_key: Annotated[str | None, Field(strict=True, min_length=1, max_length=bounds.MAX_RATE_KEY)] = None
    priority: Priority = PRIORITY
    labels: Annotated[Labels, Field(default_factory=dict)]
    notify: Notify


class NewSchedule(Strict):
    """A schedule."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "nightly",
                    "expression": "cron(30 2 ? * MON-FRI *)",
                    "timezone": "Europe/Warsaw",
                    "job": {"kind": "probe", "params": {"units": 100}},
                }
            ]
        }
    )

    name: Name
    expression: Expression
    timezone: Timezone = "UTC"
    start: Annotated[Moment | None, Field(description="No time before it.")] = None
    end: Annotated[Moment | None, Field(description="No time from it on.")] = None
    window_minutes: Window = 0
    overlap: Annotated[
        Overlap,
        Field(
            description="When the job of a time before is still open. `skip`: nothing starts; `queue`: one job starts after it, "
            "further times are skipped; `allow`: it starts beside it; `cancel`: the old one is cancelled."
        ),
    ] = Overlap.SKIP
    catch_up: Annotated[
        CatchUp,
        Field(
            description="Of times that were missed by more than 15 minutes: `none` is made up for, only the `last`, or `all`, at "
            "most the last hundred. Times of a pause are not missed, but skipped."
        ),
    ] = CatchUp.NONE
    job: WorkOf
    secrets: Annotated[Secrets, Field(default_factory=dict)]


class ScheduleChange(Strict):
    """What is to be another; what is left out stays. A new `expression` begins with its next time."""

    model_config = ConfigDict(json_schema_extra=may_be_left_out)

    name: Annotated[Name, LEFT_OUT]
    expression: Annotated[Expression, LEFT_OUT]
    timezone: Annotated[Timezone, LEFT_OUT]
    start: Moment | None = None
    end: Moment | None = None
    window_minutes: Annotated[Window, LEFT_OUT]
    overlap: Annotated[Overlap, LEFT_OUT]
    catch_up: Annotated[CatchUp, LEFT_OUT]
    job: Annotated[WorkOf, LEFT_OUT]
    secrets: Annotated[Secrets, LEFT_OUT]


class Backfill(Strict):
    """A span that has passed."""

    from_: Annotated[Moment, Field(alias="from", description="The first time that may be meant.")]
    to: Annotated[Moment, Field(description="The first time that is not meant any more.")]
    dry_run: Annotated[bool, Field(strict=True, description="Only say what would be started.")] = False


class ScheduleHold(Answer):
    """Why it starts nothing."""

    owner: str
    reason: str | None
    since: Time
    until: Time | None = Field(description="When it ends by itself; null: never.")


class WorkShown(Answer):
    """What is started."""

    kind: str
    params: dict[str, Any] = Field(description="Without the secret ones, which nobody is shown.")
    workspace: str
    limit: int | None
    timeout: float | None
    max_failed_share: float | None
    rate: float | None
    rate_key: str | None
    priority: int
    labels: dict[str, str]
    notify: list[NotifyShown] = Field(description="Who is told of its events.")


class Schedule(Answer):
    """All there is to know of a schedule."""

    id: ScheduleId
    name: str
    user: str = Field(description="Who made it, and as whom its jobs start.")
    expression: str
    timezone: str
    start: Time | None
    end: Time | None
    window_minutes: int
    overlap: Overlap
    catch_up: CatchUp
    job: WorkShown
    paused: bool
    hold: ScheduleHold | None
    next: list[Time] = Field(description="The next times, at most five; those of a pause are skipped.")
    created_at: Time
    updated_at: Time


class Schedules(Answer):
    """All of the tenant's, by id."""

    schedules: list[Schedule]


class ScheduleDeleted(Answer):
    id: ScheduleId
    deleted: Literal[True]


class ScheduleStarted(Answer):
    """The job that was started."""

    schedule_id: ScheduleId
    job_id: str


class Firing(Answer):
    """What became of a time, or of several that were skipped together."""

    due_at: Time
    decided_at: Time
    outcome: Outcome
    cause: Literal["clock", "run", "backfill"]
    job_id: str | None
    reason: str | None
    through: Time | None = Field(description="Of several times the last one.")
    count: int = Field(description="How many times.")


class Firings(Answer):
    """A page of history, by due time, newest first."""

    schedule_id: ScheduleId
    firings: list[Firing]
    next_cursor: str | None


class BackfilledTime(Answer):
    due_at: Time
    job_id: str | None = Field(description="The job that was, or would be, started; null where there was one before.")
    reason: str | None


class Backfilled(Answer):
    """What became of each time of the span."""

    schedule_id: ScheduleId
    dry_run: bool
    count: int = Field(description="Jobs that were, or would be, started.")
    times: list[BackfilledTime]
