"""The job: one run of a kind for a tenant and workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple

from fermata.domain.chunks import Counts
from fermata.domain.holds import AFTER, SYSTEM, Hold, source_scope, standing
from fermata.domain.kind import DEFAULT_WORKER, Json
from fermata.domain.notify import Notify
from fermata.domain.transitions import Status

PRIORITY, MOST_PRIORITY = 5, 9
"""Of a job that asks for none, and the highest; 0 is the lowest."""

FAILED_UNITS, UNFINISHED_UNITS = "failed", "unfinished"
"""What a retry runs again: :attr:`Job.reopen`."""


class OnFailure(StrEnum):
    """What becomes of a job when one that it starts after fails, runs out of time or is cancelled."""

    HOLD = "hold"  # it stays held; a retry that completes, or a person who resumes it, lets it start
    START = "start"  # it starts all the same
    CANCEL = "cancel"  # it is cancelled


class Ref(NamedTuple):
    """What names a job: its tenant and its id."""

    tenant: str
    id: str


@dataclass(frozen=True)
class StagePlan:
    """A stage of the job, and how far it is planned.

    Attributes:
        name, review, width, worker: of the kind's stage, as it was when the job started: its name, whether a person approves it
            first, how many units a worker runs at a time, and of which class that worker is.
        units, chunks: how many there are so far.
        cursor: where its planner goes on; JSON.
        complete: the planner has named all units there are.
        seen: which results of the stage before are planned from, as text of :class:`fermata.control.results.Position`.
        skip: units that the first result after ``seen`` has named already.
    """

    units: int = 0
    chunks: int = 0
    cursor: Json = None
    complete: bool = False
    seen: str = ""
    skip: int = 0
    name: str = ""
    review: bool = False
    width: int = 1
    worker: str = DEFAULT_WORKER


@dataclass(frozen=True)
class Receipt:
    """Of a pause: when it was asked, units in flight then, when the last one ended, and when the pause was over or withdrawn
    (seconds since the epoch)."""

    asked_at: float
    in_flight: int
    quiesced_at: float | None = None
    ended_at: float | None = None


@dataclass(frozen=True)
class Lease:
    """Who plans or finishes the job: a queue message's id, and until when; ``strikes`` count as those of a chunk do."""

    owner: str
    until: float
    strikes: int = 0

    def live(self, now: float) -> bool:
        return now < self.until


@dataclass(frozen=True)
class NextTry:
    """Of planning or finishing, which could not be done for now: which attempt comes next, and the clock time before which it
    does not."""

    attempt: int
    ready_at: float


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job's whole record but its units.

    Attributes:
        id: unique in the tenant: ``<family>:<the family's own id>``.
        family: the API it was started by: batch, tasks, processes, sources or jobs.
        number: its integer id where the family shows integers.
        user: who started it.
        params: the kind's parameters. Secrets are not among them.
        sealed_secrets: the kind's secret parameters, encrypted; None when there are none or the job has ended.
        digest: of the request that created it; the same id with another digest is refused.
        source: the source it processes.
        scopes: what can hold it beside itself and the system (``source:<id>``).
        expected: units known before planning, 0 when unknown.
        limit: chunks that its starter lets run at a time, None: no limit of its own.
        lanes: chunks that are queued or run at a time: its limit, its kind's or the stack's, whichever is lowest. None: all.
        rate: units that may start a minute, in all its workers together; None: any number.
        rate_key: shares that rate with every job of the tenant that names the same key.
        priority: 0 to 9: how long its workers keep their turn while others wait, in proportion to one more than it.
        budget: what its units may spend together, in what its kind counts; it grows when it was used up and the job held for it.
        timeout: seconds it may be active (paused and reviewed time left out), None: no limit.
        max_failed_share: share (0–1) of failed units from which on it is held automatically, None: never.
        labels: names and values that its starter gave it, to find it by.
        after: ids of the jobs that it starts after; each that has not completed has a hold on it.
        on_failure: what becomes of it when one of those does not complete.
        dependents: ids of the jobs that start after it.
        notify: who is told of its events.
        callback: the task token of a state machine that waits for its end, encrypted; None when none does, or it has been told.
        run: 1, and one more with each retry.
        stage, stages: the stage it is in, and all there are.
        lease: who plans or finishes it just now.
        next_try: when planning or finishing is tried again; None: it was not refused.
        queued_at, queued_until: when messages for its next step were sent, and until when they are waited for.
        execution: number of its execution; a retry, its loss, or a long history makes another.
        passages: states that this execution has gone on to since it began: each pause and review is two.
        holds: its own holds. Those on its scopes lie elsewhere.
        waits_on: the scope whose hold keeps it paused, ``job`` for its own; whoever releases a scope finds it by this.
        checkpoint: where it is paused: pre_execution, unit, stage or pre_completion.
        pause: receipt of the last pause.
        idle_since, idle_seconds: since when it is paused or in review; how long it was before, in sum.
        counts: sealed when it is final and at rest; until then the ledger is summed.
        reached: the percentage that it had come to when it was retried; it is never shown as less.
        reopen: settled units that a retry runs again: ``failed``, ``unfinished`` (none of them) or ``<stage>:<ranges>``;
            None once they are open.
        closed: final, its execution is over and its counts are sealed: recovery need not look at it.
        events: number of its last event.
        rev: number of its last change.
    All times are seconds since the epoch.
    """

    tenant: str
    id: str
    family: str
    kind: str
    workspace: str
    user: str
    created_at: float
    number: int | None = None
    status: Status = Status.PENDING
    params: Mapping[str, Any] = field(default_factory=dict)
    sealed_secrets: str | None = None
    digest: str = ""
    source: str | None = None
    expected: int = 0
    scopes: tuple[str, ...] = ()
    limit: int | None = None
    lanes: int | None = None
    rate: float | None = None
    rate_key: str | None = None
    priority: int = PRIORITY
    budget: int | None = None
    timeout: float | None = None
    max_failed_share: float | None = None
    trace: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    on_failure: OnFailure = OnFailure.HOLD
    dependents: tuple[str, ...] = ()
    notify: tuple[Notify, ...] = ()
    callback: str | None = None
    run: int = 1
    stage: int = 0
    stages: tuple[StagePlan, ...] = (StagePlan(),)
    lease: Lease | None = None
    next_try: NextTry | None = None
    execution: int = 0
    passages: int = 0
    holds: tuple[Hold, ...] = ()
    waits_on: str | None = None
    checkpoint: str | None = None
    pause: Receipt | None = None
    started_at: float | None = None
    finished_at: float | None = None
    updated_at: float = 0.0
    queued_at: float = 0.0
    queued_until: float = 0.0
    idle_since: float | None = None
    idle_seconds: float = 0.0
    counts: Counts | None = None
    result: Json = None
    error: str | None = None
    reached: int = 0
    reopen: str | None = None
    closed: bool = False
    events: int = 0
    rev: int = 0

    @property
    def ref(self) -> Ref:
        return Ref(self.tenant, self.id)

    @property
    def public_id(self) -> str:
        """Its id as its family shows it."""
        return self.id.partition(":")[2]

    @property
    def scope_names(self) -> tuple[str, ...]:
        """The scopes whose holds hold it, beside its own holds."""
        source = () if self.source is None else (source_scope(self.source),)
        return (SYSTEM, *dict.fromkeys((*source, *self.scopes)))

    @property
    def execution_number(self) -> int:
        """Of its execution; in records of 0.1.0 it was the run's."""
        return self.execution or self.run

    @property
    def plan(self) -> StagePlan:
        return self.stages[self.stage]

    def with_plan(self, plan: StagePlan) -> Job:
        return replace(self, stages=(*self.stages[: self.stage], plan, *self.stages[self.stage + 1 :]))

    def own_holds(self, now: float) -> tuple[Hold, ...]:
        return standing(self.holds, now)

    def active_seconds(self, now: float) -> float:
        """How long it has been at work: from its start to its end or now, without paused and reviewed time."""
        if self.started_at is None:
            return 0.0
        end = self.finished_at if self.finished_at is not None else now
        idle = self.idle_seconds + (max(0.0, end - self.idle_since) if self.idle_since is not None else 0.0)
        return max(0.0, end - self.started_at - idle)

    def overdue(self, now: float) -> bool:
        return self.timeout is not None and self.active_seconds(now) > self.timeout

    @property
    def due_at(self) -> float | None:
        """From when on recovery has to look at it; None: never, it only costs storage. Who waits for a callback needs a sign of
        life, whatever the job waits for."""
        if self.status in (Status.PENDING, Status.RUNNING) or (self.callback is not None and not self.status.final):
            return 0.0
        if self.status.final:
            return None if self.closed else 0.0
        follows = self.waits_on is not None and self.waits_on.startswith(AFTER)
        if follows and all(hold.scope != self.waits_on for hold in self.holds):
            return 0.0  # what it waited for is over
        ends = [hold.until for hold in self.holds if hold.until is not None]
        return min(ends) if ends else None
