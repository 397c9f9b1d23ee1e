"""Jobs: all there is to know of them, whichever API they were started by."""

from __future__ import annotations

from pydantic import Field

from fermata_client.models.base import Answer, Json, Time
from fermata_client.words import EventType, OutcomeWord, Status


class Counts(Answer):
    """Units; the first three always add up to the total, which may grow while a job plans."""

    succeeded: int
    failed: int
    remaining: int
    total: int

    @property
    def settled(self) -> int:
        """Succeeded and failed units."""
        return self.succeeded + self.failed


class Stage(Answer):
    """How far a stage is planned."""

    name: str
    units: int
    planned: bool


class Hold(Answer):
    """A reason not to proceed, placed on the job, its source or the whole system."""

    scope: str
    owner: str
    reason: str | None
    since: Time
    until: Time | None


class Pause(Answer):
    """Receipt of the last pause: ``quiesced_at`` is when the last unit in hand ended, None until then."""

    asked_at: Time
    in_flight: int
    quiesced_at: Time | None
    ended_at: Time | None


class Notify(Answer):
    """Who is told of a job's events: ``webhook`` is the id among the tenant's webhooks, also of an address."""

    url: str | None
    webhook: str
    events: list[str]
    format: str


class Job(Answer):
    """A job as it was when it was read."""

    id: str
    family: str
    kind: str
    workspace: str
    user: str
    status: Status
    stage: str
    stages: list[Stage]
    checkpoint: str | None
    counts: Counts
    progress: float
    holds: list[Hold]
    pause: Pause | None
    params: dict[str, Json]
    source: str | None
    limit: int | None
    timeout: float | None
    max_failed_share: float | None
    rate: float | None
    rate_key: str | None
    priority: int
    labels: dict[str, str]
    after: list[str]
    on_failure: str
    notify: list[Notify]
    run: int
    created_at: Time
    started_at: Time | None
    updated_at: Time
    finished_at: Time | None
    active_seconds: float
    idle_seconds: float
    result: Json
    error: str | None
    trace: str | None


class StatusCounts(Answer):
    """How many jobs there are of each status."""

    counts: dict[Status, int]
    total: int


class JobPage(Answer):
    """Jobs, in the order that was asked for; ``next_cursor`` asks for those after them."""

    jobs: list[Job]
    next_cursor: str | None


class Event(Answer):
    """A line of a job's history; ``number`` is also its id in the stream."""

    number: int
    type: EventType
    at: Time
    status: Status
    data: dict[str, Json]


class JobChange(Event):
    """A line of a job's history in the stream of the whole tenant."""

    job_id: str
    kind: str
    family: str
    workspace: str
    user: str


class EventPage(Answer):
    """History, oldest first."""

    job_id: str
    events: list[Event]
    next_cursor: str | None


class Result(Answer):
    """A settled unit: its ``value``, or its ``error`` and the ``input`` that it was about."""

    stage: str
    unit: int
    value: Json
    error: str | None
    input: Json
    attempts: int = 1


class ResultPage(Answer):
    """Settled units, of the stage that was asked for or of all."""

    job_id: str
    status: Status
    stage: str | None
    results: list[Result]
    next_cursor: str | None


class ServiceCost(Answer):
    """What one AWS service charges."""

    service: str
    dollars: float


class JobCost(Answer):
    """About what a job has cost so far; ``projected_dollars``: what all its units will have cost, None until that is known."""

    job_id: str
    status: Status
    dollars: float
    projected_dollars: float | None
    worker_seconds: float
    services: list[ServiceCost]


class StandingHold(Answer):
    """A hold, with its times in seconds since the epoch."""

    scope: str
    owner: str
    reason: str | None
    since: float
    until: float | None


class WhyFacts(Answer):
    """What the sentence rests on; None where it does not belong to what the job waits for. Times are seconds since the epoch."""

    holds: list[StandingHold] | None = None
    since: float | None = None
    finished_at: float | None = None
    retry_at: float | None = None
    lease_until: float | None = None
    stage: int | None = None
    units_named: int | None = None
    units_left: int | None = None
    chunks_leased: int | None = None
    chunks_lost: int | None = None
    backlog: int | None = None
    limit: int | None = None
    attempt: int | None = None


class Why(Answer):
    """What a job waits for, as a sentence and as facts."""

    job_id: str
    status: Status
    waits_for: str
    sentence: str
    facts: WhyFacts


class Outcome(Answer):
    """One job of many, with the status it has now; None where there is no such job."""

    job_id: str
    status: Status | None
    outcome: OutcomeWord
    error: str | None


class OutcomePage(Answer):
    """What became of the jobs that one call took on."""

    dry_run: bool
    count: int
    outcomes: list[Outcome]
    next_cursor: str | None


class KindStage(Answer):
    """A phase of a kind; ``review``: whether a person has to approve before it begins, ``worker``: class of its workers."""

    name: str
    review: bool
    worker: str


class Kind(Answer):
    """A kind of work, and the JSON Schema of its parameters."""

    name: str
    title: str
    stages: list[KindStage]
    families: list[str]
    secrets: list[str]
    parameters: dict[str, Json] = Field(alias="schema")


class KindList(Answer):
    """All kinds, by name."""

    kinds: list[Kind]


class UnitState(Answer):
    """One unit, as it stood when it was read; times, worker and log are of its last attempt."""

    stage: str
    unit: int
    status: str
    attempts: int
    started_at: Time | None
    ended_at: Time | None
    seconds: float | None
    worker: str | None
    error: str | None
    log: list[str]
    next_attempt_at: Time | None
    input: Json


class UnitDetail(UnitState):
    """One unit with its whole input and result."""

    job_id: str
    value: Json


class UnitStatePage(Answer):
    """Units in order; ``next_cursor`` asks for those after them."""

    job_id: str
    status: Status
    units: list[UnitState]
    next_cursor: str | None


class Chunk(Answer):
    """A range of a stage's units that one worker claims at a time, as it stood when it was read.

    Attributes:
        chunk, first, last: its number in the stage, and those of its first and last unit.
        status: ``pending``, ``running``, ``waiting`` (between two tries), ``lost`` (its worker was gone) or ``done``.
        next_unit: the first one that is not settled.
        attempts, strikes: how often it was claimed, and how often in a row its worker was gone before it had settled a unit.
        started_at, settled_at: when it was claimed for the first time, and when one of its units was settled last.
    """

    stage: str
    chunk: int
    status: str
    first: int
    last: int
    next_unit: int | None
    counts: Counts
    attempts: int
    strikes: int
    leased_until: Time | None
    not_before: Time | None
    throttled_since: Time | None
    worker: str | None
    started_at: Time | None
    settled_at: Time | None
    worker_seconds: float


class ChunkPage(Answer):
    """Chunks in order; ``next_cursor`` asks for those after them."""

    job_id: str
    status: Status
    chunks: list[Chunk]
    next_cursor: str | None


class FailedUnit(Answer):
    """An example of a group of errors."""

    unit: int
    error: str
    input: Json


class ErrorGroup(Answer):
    """Failed units of a stage whose errors say the same."""

    id: str
    stage: str
    message: str
    count: int
    example: FailedUnit


class JobErrors(Answer):
    """The failed units of a job by what they say; ``whole``: these are all."""

    job_id: str
    failed: int
    whole: bool
    groups: list[ErrorGroup]
