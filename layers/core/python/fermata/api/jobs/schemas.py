"""What jobs look like."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel as Answer
from pydantic import ConfigDict, Field

from fermata.api.holds import Hold, Time
from fermata.api.notify import NotifyShown
from fermata.api.request_fields import Checkpoint, FamilyName, closed
from fermata.control.chunks import ChunkStatus
from fermata.control.units import UnitStatus
from fermata.domain.events import EventType
from fermata.domain.jobs import OnFailure
from fermata.domain.progress import WaitsFor
from fermata.domain.transitions import Status

JobId = Annotated[str, Field(examples=["jobs:01999b2c4f10a1b2c3d4e5"])]


class Counts(Answer):
    """Units; the first three always add up to the last, which may grow while a job plans."""

    succeeded: int
    failed: int
    remaining: int
    total: int


class JobStage(Answer):
    """How far a stage is planned."""

    name: str = Field(examples=["fetch"])
    units: int = Field(examples=[100])
    planned: bool = Field(description="Whether all its units are named.")


class Pause(Answer):
    """Receipt of the last pause."""

    asked_at: Time
    in_flight: int = Field(description="Units that may have been running when it was asked for.")
    quiesced_at: Time | None = Field(description="When the last of them ended; null until then.")
    ended_at: Time | None = Field(
        description="When it was resumed, or withdrawn before it was reached; null until then."
    )


class Job(Answer):
    """All there is to know of a job."""

    id: JobId
    family: FamilyName
    kind: str
    workspace: str
    user: str = Field(description="Who started it.")
    status: Status
    stage: str = Field(description="The stage it is in.")
    stages: list[JobStage] = Field(description="Those that have begun.")
    checkpoint: Checkpoint | None = Field(description="Where it is paused; null when it is not.")
    counts: Counts
    progress: float = Field(ge=0, le=1, description="Settled units as a share of all; 1.0 only when all are.")
    holds: list[Hold] = Field(description="Its own, its source's and the system's.")
    pause: Pause | None
    params: dict[str, Any] = Field(description="Without the secret ones, which nobody is shown.")
    source: str | None
    limit: int | None
    timeout: float | None
    max_failed_share: float | None
    rate: float | None = Field(description="Units that may start a minute.")
    rate_key: str | None
    priority: int = Field(
        description="0 to 9: while others wait, its workers keep their turn in proportion to one more than it."
    )
    labels: dict[str, str]
    after: list[JobId] = Field(description="Jobs that it starts after; each that has not completed holds it.")
    on_failure: OnFailure = Field(description="What becomes of it when one of those does not complete.")
    notify: list[NotifyShown] = Field(description="Who is told of its events.")
    run: int = Field(description="1, and one more with each retry.")
    created_at: Time
    started_at: Time | None
    updated_at: Time
    finished_at: Time | None
    active_seconds: float = Field(description="At work so far; without the time it was paused or in review.")
    idle_seconds: float = Field(description="Paused or in review so far.")
    result: Any
    error: str | None
    trace: str | None = Field(description="The `traceparent`, or the id, of the request that started it.")


class StatusCounts(Answer):
    """How many jobs there are of each status."""

    counts: dict[Status, int] = Field(examples=[{"running": 3, "completed": 97}])
    total: int


class Jobs(Answer):
    """A page of jobs, in the order that was asked for."""

    jobs: list[Job]
    next_cursor: str | None = Field(
        description="Asks for the jobs after these; null when none is left. With `kind` or `held` a page may be short before."
    )


class JobEvent(Answer):
    """A line of a job's history."""

    number: int = Field(description="1, 2, 3 … without gaps; also the id in the stream.")
    type: EventType
    at: Time
    status: Status = Field(description="Of the job, after it.")
    data: dict[str, Any]


class JobEvents(Answer):
    """A page of history, oldest first."""

    job_id: JobId
    events: list[JobEvent]
    next_cursor: str | None = Field(
        description="Asks for what comes after these; null when the job is over and all is shown."
    )


class UnitResult(Answer):
    """A settled unit."""

    stage: str
    unit: int = Field(description="Its number in the stage, from 0.")
    value: Any = Field(description="What it came to; null when it failed.")
    error: str | None
    input: Any = Field(description="What a failed unit was about; null for others.")
    attempts: int = Field(description="How often it was tried, retries of the job included.")


class JobResults(Answer):
    """A page of settled units, stage by stage, and in each in the order of the chunks they were in."""

    job_id: JobId
    status: Status
    stage: str | None = Field(description="The one that was asked for; null for all.")
    results: list[UnitResult]
    next_cursor: str | None = Field(
        description="Asks for the rows after these; null when the job is over and all is shown."
    )


class Unit(Answer):
    """One unit, as it stands now."""

    stage: str
    unit: int = Field(description="Its number in the stage, from 0.")
    status: UnitStatus
    attempts: int = Field(description="How often it was tried so far.")
    started_at: Time | None = Field(
        description="When its last attempt began, to the millisecond; null until it is settled."
    )
    ended_at: Time | None
    seconds: float | None = Field(description="How long its last attempt took.")
    worker: str | None = Field(description="Who ran it, as the logs name them: on AWS the log stream of the function.")
    error: str | None
    log: list[str] = Field(description="What it said meanwhile: at most 20 lines of 300 characters.")
    next_attempt_at: Time | None = Field(
        description="Before which it is not tried again; null where it waits for no time."
    )
    input: Any = Field(description="What its planner named it with; a list cuts texts to 200 characters.")


class WholeUnit(Unit):
    """One unit, with all that is known of it."""

    job_id: JobId
    value: Any = Field(description="What it came to; null when it failed, or is not settled.")


class JobUnits(Answer):
    """A page of units, in order."""

    job_id: JobId
    status: Status = Field(description="The job's.")
    units: list[Unit]
    next_cursor: str | None = Field(description="Asks for the units after these; null when these are the last so far.")


class Chunk(Answer):
    """A range of a stage's units, which one worker claims at a time."""

    stage: str
    chunk: int = Field(description="Its number in the stage, from 0.")
    status: ChunkStatus
    first: int = Field(description="Number of its first unit in the stage.")
    last: int = Field(description="Number of its last unit.", examples=[24])
    next_unit: int | None = Field(description="Number of the first unit that is not settled; null when all are.")
    counts: Counts
    attempts: int = Field(description="How often it was claimed so far.")
    strikes: int = Field(description="Claims in a row whose worker was gone before it had settled a unit.")
    leased_until: Time | None = Field(
        description="Until when its worker has it; it prolongs that every few seconds. Past: it is gone. Null: nobody has it."
    )
    not_before: Time | None = Field(description="Before which none of its units is tried; null: one may be at once.")
    throttled_since: Time | None = Field(description="Since when a provider has refused each unit; null: none does.")
    worker: str | None = Field(
        description="Who ran its newest units, as the logs name them; null where the chunk does not carry their results itself."
    )
    started_at: Time | None = Field(
        description="When a worker had it for the first time, or for the first time since a retry opened units of it again."
    )
    settled_at: Time | None = Field(
        description="When one of its units was settled last; of a chunk that is done: when it ended."
    )
    worker_seconds: float = Field(description="How long workers have had it, over all its claims.")


class JobChunks(Answer):
    """A page of chunks, in order."""

    job_id: JobId
    status: Status = Field(description="The job's.")
    chunks: list[Chunk]
    next_cursor: str | None = Field(description="Asks for the chunks after these; null when these are the last so far.")


class FailedUnit(Answer):
    """An example of a group."""

    unit: int
    error: str = Field(description="Its whole message.")
    input: Any


class ErrorGroup(Answer):
    """Failed units of a stage whose errors say the same."""

    id: str = Field(examples=["4be0643f1d98"])
    stage: str
    message: str = Field(examples=["the server answered 404 to <address>"])
    count: int
    example: FailedUnit


class JobErrors(Answer):
    """The failed units of a job by what they say."""

    job_id: JobId
    failed: int = Field(description="Failed units that were looked at.")
    whole: bool = Field(description="Whether these are all failed units and groups.")
    groups: list[ErrorGroup]


class ServiceCost(Answer):
    """What one AWS service charges."""

    service: str = Field(examples=["Lambda"])
    dollars: float


class JobCost(Answer):
    """What a job has cost so far, about."""

    job_id: JobId
    status: Status
    dollars: float
    projected_dollars: float | None = Field(
        description="What all its units will have cost if the rest costs as much as those that are settled; null until it is "
        "known how many there are."
    )
    worker_seconds: float = Field(description="That workers had its chunks in hand.")
    services: list[ServiceCost] = Field(description="The dearest first.")


WAITS_FOR = closed(*(reason.value for reason in WaitsFor))
Seconds = Annotated[float, Field(description="Seconds since the epoch.")]


class StandingHold(Answer):
    """A hold, with its times in seconds since the epoch."""

    scope: str
    owner: str
    reason: str | None
    since: Seconds
    until: Seconds | None


class WhyFacts(Answer):
    """What the sentence rests on; those that don't belong to what the job waits for are left out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "holds": [
                        {
                            "scope": "system",
                            "owner": "ann",
                            "reason": "Scheduled maintenance",
                            "since": 1776070800.0,
                            "until": 1776078000.0,
                        }
                    ]
                }
            ]
        }
    )

    holds: list[StandingHold] | None = None
    since: Seconds | None = None
    finished_at: Seconds | None = None
    retry_at: Seconds | None = None
    lease_until: Seconds | None = None
    stage: int | None = Field(None, description="Its number, from 0.")
    units_named: int | None = None
    units_left: int | None = Field(None, description="Of the stage.")
    chunks_leased: int | None = Field(None, description="That workers have in hand.")
    chunks_lost: int | None = None
    backlog: int | None = Field(None, description="Messages in the queue before it, about.")
    limit: int | None = Field(None, description="Chunks of it that may run at a time.")
    attempt: int | None = Field(None, description="Number of the next try.")


class Why(Answer):
    """What a job waits for."""

    job_id: JobId
    status: Status
    waits_for: Annotated[str, WAITS_FOR] = Field(examples=["hold"])
    sentence: str = Field(examples=["The job waits because the whole system is held by ann: Scheduled maintenance."])
    facts: WhyFacts
