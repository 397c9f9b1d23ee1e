"""What the engine needs of the world: small protocols, each implemented twice and proved alike by one contract suite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Protocol

from fermata.domain.access import ApiKey
from fermata.domain.chunks import Chunk
from fermata.domain.events import AuditRecord, Event, FeedLine, Head, Mutation, SystemEvent, SystemEventType
from fermata.domain.holds import Hold, Scope, standing
from fermata.domain.jobs import Job, Ref
from fermata.domain.kind import DEFAULT_WORKER
from fermata.domain.listing import Listing
from fermata.domain.notices import Notice
from fermata.domain.observers import Observer
from fermata.domain.schedules import Firing, Schedule
from fermata.domain.segments import Segment
from fermata.domain.transitions import Status
from fermata.domain.webhooks import Delivery as WebhookDelivery
from fermata.domain.webhooks import Reply, State, Webhook

# What one write may change, all of it or nothing. ------------------------------------------------------------------------


@dataclass(frozen=True)
class SaveJob:
    """Store the job if the stored one has ``rev`` one below it; a job of rev 1 must be new.

    ``changed``: which of its large parts (``params``, ``result``) differ from what is stored; others need not be written again.
    """

    job: Job
    changed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class AddEvent:
    ref: Ref
    event: Event


@dataclass(frozen=True)
class AddChunks:
    """Add chunks that are new."""

    ref: Ref
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True)
class SaveChunks:
    """Store chunks, each if the stored one has ``rev`` one below it."""

    ref: Ref
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True)
class SaveScope:
    """Store the scope if the stored one has ``rev`` one below it (0: there is none)."""

    scope: Scope


@dataclass(frozen=True)
class StillHeld:
    """Only a condition: the scope, held or not, has just this ``rev``."""

    scope: Scope


@dataclass(frozen=True)
class AddAudit:
    """Append to the tenant's chain of what was done, or of what was refused; the store finds the number and the hash."""

    act: Mutation


@dataclass(frozen=True)
class AddSystemEvent:
    tenant: str
    event: SystemEvent


@dataclass(frozen=True)
class SaveSchedule:
    """Store the schedule if the stored one has ``rev`` one below it; a schedule of rev 1 must be new."""

    schedule: Schedule


@dataclass(frozen=True)
class AddFiring:
    """A line of a schedule's history; one of the same due time is replaced."""

    tenant: str
    schedule: str
    line: Firing


@dataclass(frozen=True)
class SaveWebhook:
    """Store the webhook if the stored one has ``rev`` one below it; a webhook of rev 1 must be new."""

    webhook: Webhook


@dataclass(frozen=True)
class SaveDelivery:
    """Store the delivery if the stored one has ``rev`` one below it; a delivery of rev 1 must be new."""

    delivery: WebhookDelivery


class ForeignChange:
    """A change that is none of the engine's, but is stored together with it; the store's adapters know each."""


Change = (
    SaveJob
    | AddEvent
    | AddChunks
    | SaveChunks
    | SaveScope
    | StillHeld
    | AddAudit
    | AddSystemEvent
    | SaveSchedule
    | AddFiring
    | SaveWebhook
    | SaveDelivery
    | ForeignChange
)


@dataclass(frozen=True)
class Gate:
    """What a worker reads before a unit: the job, without its large parts, and the scopes that may hold it. One small read."""

    job: Job
    scopes: tuple[Scope, ...]

    @property
    def held(self) -> bool:
        """Whether a hold is there, be its time over or not. No unit starts before somebody has removed it: that changes the
        record, so that whoever was about to call the job paused for it finds out."""
        return bool(self.job.holds) or any(scope.hold for scope in self.scopes)

    def holds(self, now: float) -> tuple[Hold, ...]:
        return self.job.own_holds(now) + standing((scope.hold for scope in self.scopes), now)


class Store(Protocol):
    """Jobs, and what changes together with them."""

    def job(self, ref: Ref) -> Job:
        """Strongly consistent. Raises NotFound."""
        ...

    def gate(self, ref: Ref, scopes: Sequence[str], *, whole: bool = False) -> Gate:
        """The job, without params and result unless it is asked for ``whole``, and the scopes of these names; strongly
        consistent. Raises NotFound."""
        ...

    def scopes(self, tenant: str, names: Sequence[str]) -> tuple[Scope, ...]:
        """Several scopes, strongly consistent, in the order of their names."""
        ...

    def scope(self, tenant: str, name: str) -> Scope:
        """Strongly consistent; a scope that was never held has rev 0."""
        ...

    def write(self, *changes: Change) -> None:
        """Apply all changes or none. Raises Stale when a condition does not hold."""
        ...

    def jobs(self, listing: Listing) -> list[Job]:
        """One page, in the listing's order; at most ``listing.limit``."""
        ...

    def counts(self, listing: Listing) -> dict[Status, int]:
        """How many jobs of each status a listing has, whatever its limit, and none of those that it leaves out; no job is read
        for it, and it is a moment behind the writes."""
        ...

    def open_jobs(
        self, tenant: str, waits_on: str | None = None, after: Ref | None = None, limit: int = 100
    ) -> list[Ref]:
        """Jobs that have not ended, or those paused by the hold of one scope; a page, a moment behind the writes."""
        ...

    def due(self, now: float) -> Iterator[Ref | tuple[str, str]]:
        """Everything whose ``due_at`` has come: refs of jobs, and (tenant, name) of scopes, schedules (``schedule:<id>``) and
        webhooks (``webhook:<id>``)."""
        ...

    def postpone(self, item: Ref | tuple[str, str]) -> None:
        """Let recovery come to a job or a scope in a while, be it due or not: each time twice as late, up to an hour; until its
        record is stored again."""
        ...


MADE_UP = 2.0
"""Seconds of a rate that are made up for where nobody asked in time for a turn: a thirtieth more within a minute at most, and a
busy machine loses none."""


class Counters(Protocol):
    """Numbers that many count on together."""

    def next_number(self, tenant: str, family: str, key: str | None = None) -> int:
        """1, 2, 3 … each given once; gaps are possible. The same ``key`` always gets the number that it got first."""
        ...

    def reserve(self, tenant: str, key: str, interval: float, count: int, now: float, within: float) -> float:
        """The clock time of the next of the turns that a key has, ``interval`` seconds apart; turns that nobody took are gone,
        but for those of the last MADE_UP seconds. If it is at most ``within`` seconds from now, it and the ``count - 1`` that
        follow are taken; otherwise none is."""
        ...

    def spend(self, ref: Ref, amount: int, limit: int | None, now: float) -> bool:
        """Add to what a job has spent, which begins at 0, unless that would be more than the limit; whether it was added."""
        ...


class Ledger(Protocol):
    """The chunks of jobs and their segments."""

    def chunk(self, ref: Ref, stage: int, number: int) -> Chunk:
        """Strongly consistent. Raises NotFound."""
        ...

    def chunks(self, ref: Ref, stage: int | None = None) -> list[Chunk]:
        """Of one stage, or of all; in order; strongly consistent."""
        ...

    def save(self, ref: Ref, chunk: Chunk) -> None:
        """Store the chunk if the stored one has ``rev`` one below it. Raises Stale."""
        ...

    def keep(self, ref: Ref, segment: Segment) -> None:
        """Store a segment; one of the same place is overwritten. It counts only once a chunk says so."""
        ...

    def segments(self, ref: Ref, stage: int, chunk: int, start: tuple[int, int] = (0, 0)) -> Iterator[Segment]:
        """Of one chunk, ascending by (attempt, number) from ``start`` on; leftovers among them."""
        ...


class Log(Protocol):
    """Histories: they are only appended to (by Store.write) and read."""

    def events(self, ref: Ref, after: int = 0, limit: int = 500) -> list[Event]:
        """With a number above ``after``, ascending; strongly consistent."""
        ...

    def audit(self, tenant: str, after: int = 0, limit: int = 500, *, refused: bool = False) -> list[AuditRecord]:
        """Of what was done, or of what was refused, with a number above ``after``, ascending."""
        ...

    def anchored(self, tenant: str, *, refused: bool = False) -> Head | None:
        """The newest head of the chain that was put where nobody can change it."""
        ...

    def system_events(self, tenant: str, type_: SystemEventType | None, limit: int) -> list[SystemEvent]:
        """The newest ``limit`` of the type, newest first."""
        ...

    def feed(self, tenant: str, after: str, limit: int) -> list[FeedLine]:
        """Lines of all histories of the tenant with a key above ``after``, ascending; a moment behind the writes, so that a line
        may turn up below one that was there before it."""
        ...

    def clear_system_events(self, tenant: str) -> int:
        """Remove them all; how many there were."""
        ...


class Keys(Protocol):
    """API keys, of which only digests are stored; and which browser sessions were signed out."""

    def find(self, digest: str) -> ApiKey | None: ...

    def add(self, key: ApiKey) -> None:
        """Raises Stale when there is one of this digest or id."""
        ...

    def all(self, tenant: str) -> list[ApiKey]: ...

    def revoke(self, tenant: str, key_id: str, at: float) -> ApiKey:
        """Raises NotFound."""
        ...

    def used(self, key: ApiKey, at: float) -> None:
        """Note that a key was used; never in the way of what else becomes of it."""
        ...

    def end_session(self, id_: str, until: float) -> None:
        """Remember that the session was signed out, at least until this time, when it would have ended by itself."""
        ...

    def has_ended(self, id_: str) -> bool: ...


class Schedules(Protocol):
    """Schedules and their histories; they are changed by Store.write."""

    def find(self, tenant: str, id_: str) -> Schedule:
        """Strongly consistent. Raises NotFound, for one that was deleted as well."""
        ...

    def all(self, tenant: str) -> list[Schedule]:
        """By id."""
        ...

    def firings(self, tenant: str, id_: str, before: float | None = None, limit: int = 50) -> list[Firing]:
        """What became of the times before one, newest first."""
        ...


class Webhooks(Protocol):
    """Webhooks and what was sent to them; they are changed by Store.write."""

    def find(self, tenant: str, id_: str) -> Webhook:
        """Strongly consistent. Raises NotFound, for one that was deleted as well."""
        ...

    def all(self, tenant: str) -> list[Webhook]:
        """By id; without receivers that only jobs name."""
        ...

    def delivery(self, tenant: str, webhook: str, id_: str) -> WebhookDelivery:
        """Strongly consistent. Raises NotFound."""
        ...

    def deliveries(
        self, tenant: str, webhook: str, state: State | None = None, before: str | None = None, limit: int = 50
    ) -> list[WebhookDelivery]:
        """With an id below ``before``, the newest first; ``state``: only those that are pending, or dead, a moment behind the
        writes."""
        ...

    def waiting(self, tenant: str, webhook: str, limit: int, since: float = 0.0) -> list[WebhookDelivery]:
        """Those that are pending, by the time before which they are not tried, from ``since`` on; a moment behind the writes."""


class Observers(Protocol):
    """Connections that a gateway keeps, and that observe jobs."""

    def add(self, observer: Observer) -> None: ...

    def of(self, ref: Ref) -> list[Observer]:
        """Strongly consistent."""
        ...

    def all(self) -> list[Observer]:
        """A moment behind."""
        ...

    def save(self, observer: Observer) -> Observer:
        """With its next revision. Raises Stale when it was changed, or removed."""
        ...

    def remove(self, id_: str) -> None:
        """Of one that there is not nothing happens."""
        ...


# The world outside the table. --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Message:
    """One piece of work in the queue.

    Attributes:
        task: ``chunk`` (run a chunk), ``job`` (plan it, finish it, whatever comes next), ``wake`` (see what a released scope lets
            go on).
        job_id: of the job; for ``wake`` the scope's name.
        scopes: the job's scopes, so that a worker can read the gate at once.
        express: it may overtake long work: what it asks for is done in moments, or passed on.
        worker: class of the workers that it is for.
    """

    task: str
    tenant: str
    job_id: str
    scopes: tuple[str, ...] = ()
    stage: int = 0
    chunk: int = 0
    trace: str | None = None
    express: bool = False
    worker: str = DEFAULT_WORKER

    @property
    def ref(self) -> Ref:
        return Ref(self.tenant, self.job_id)


class Delivery(Protocol):
    """A message on its way: what a worker may do about it.

    Attributes:
        again: it was delivered before, and whoever had it did not come to its end.
        worker: who has it, as the logs know them: the function's instance, or the process.
    """

    @property
    def id(self) -> str: ...

    @property
    def again(self) -> bool: ...

    @property
    def worker(self) -> str: ...

    def extend(self, seconds: float) -> None:
        """Keep the message from being delivered again for so long from now on, if that can be had. Nothing is raised:
        a message that comes again does no harm, thanks to the leases."""
        ...


@dataclass(frozen=True)
class QueueDepth:
    """About how full a queue is.

    Attributes:
        name: class of the workers that it is for, or ``express``: any of them, for what is done in moments.
        waiting: messages that nobody has taken yet, delayed ones too.
        in_flight: that somebody has taken and not come to the end of.
    """

    name: str
    waiting: int
    in_flight: int


EXPRESS = "express"
"""The queue of quick work."""


class Queue(Protocol):
    def send(self, messages: Sequence[Message], delay: float = 0) -> None:
        """Deliver each at least once, in any order, after ``delay`` seconds (at most 900)."""
        ...

    def dead(self, limit: int = 100) -> Iterator[Message]:
        """Messages that were given up; each is gone once the next one is asked for."""
        ...

    def backlog(self, worker: str = DEFAULT_WORKER) -> int:
        """About how many messages wait for workers of a class."""
        ...

    def depths(self) -> list[QueueDepth]:
        """Of each queue, by name; those of the dead are not among them."""
        ...


class Workflow(Protocol):
    """The executions that run jobs."""

    def start(self, ref: Ref, number: int) -> None:
        """Start the execution of this number; does nothing when there is one already."""
        ...

    def move(self, token: str, here: str, there: str) -> None:
        """Let an execution that waits ``here`` (working, paused, review) go on to where the job stands: one of these, or the
        status that it has ended in. From ``paused`` and ``review`` any way on, but for a bad end, leads through ``working``.
        Raises TokenSpent when the token was used, or its execution is over."""
        ...

    def stop(self, ref: Ref, number: int, reason: str) -> None:
        """End the execution; does nothing when it is over, in whatever way, or never was."""
        ...

    def running(self, ref: Ref, number: int) -> bool: ...

    def succeed(self, token: str, output: str) -> None:
        """Tell a state machine of others, which waits with this token, that it may go on with this JSON. Raises TokenSpent."""
        ...

    def fail(self, token: str, error: str, cause: str) -> None:
        """Tell it that what it waits for has failed. Raises TokenSpent."""
        ...

    def beat(self, token: str) -> None:
        """Tell it that what it waits for goes on. Raises TokenSpent."""
        ...


@dataclass(frozen=True)
class ParkedToken:
    """Where an execution waits, and the token to move it on with.

    Attributes:
        number: of the execution, among those of its job.
        state: working, paused or review.
    """

    number: int
    state: str
    token: str


class Parking(Protocol):
    """The tokens that executions wait with. They lie beside their job, so that an execution that arrives is in nobody's way."""

    def park(self, ref: Ref, token: ParkedToken) -> None:
        """Keep it in place of the one that this execution waited with before."""
        ...

    def find(self, ref: Ref, number: int) -> ParkedToken | None:
        """Where the execution of this number waits, or last did; None: it has not come to a state yet. Strongly consistent."""
        ...


class Scheduler(Protocol):
    """What triggers schedules when their times come: at least once, a minute or so late, and not to be relied on alone."""

    def put(self, schedule: Schedule) -> None:
        """Trigger it from now on as it says; replaces what was set before."""
        ...

    def remove(self, tenant: str, id_: str) -> None:
        """Trigger it no more; does nothing when it is not set."""
        ...


class Bus(Protocol):
    """Where others listen to what happens."""

    def put(self, notices: Sequence[Notice]) -> None:
        """Tell of each at least once, in order. Raises Unavailable; then some may have been told."""
        ...


@dataclass(frozen=True)
class Shipment:
    """What a message to whoever sends deliveries asks for.

    Attributes:
        deliveries: ids and revisions, to be sent one after another; one that has changed since is left out. None at all: look
            what waits for the webhook.
        everything: what waits is sent whether its time has come or not.
    """

    tenant: str
    webhook: str
    deliveries: tuple[tuple[str, int], ...] = ()
    everything: bool = False


class WebhookQueue(Protocol):
    def send(self, shipments: Sequence[Shipment], delay: float = 0) -> None:
        """Deliver each at least once, in any order, after ``delay`` seconds (at most 900)."""
        ...


class Receivers(Protocol):
    """Addresses outside that webhooks are sent to."""

    def refusal(self, url: str, allowed_hosts: frozenset[str]) -> str | None:
        """Why nothing is sent there, in words, as far as the address itself shows it; None: it may be."""
        ...

    def post(self, url: str, headers: Mapping[str, str], body: bytes, allowed_hosts: frozenset[str]) -> Reply:
        """Send a body, and say what came of it; within about ten seconds, and no redirect is followed."""
        ...


class Blobs(Protocol):
    """Large values by key."""

    def put(self, key: str, data: bytes) -> None: ...

    def get(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """Bytes ``start`` to ``end`` (exclusive). Raises NotFound."""
        ...

    def open(self, key: str, start: int = 0) -> IO[bytes]:
        """A stream from ``start`` on. Raises NotFound."""
        ...

    def write(self, key: str, parts: Iterable[bytes]) -> int:
        """Store a stream without holding it in memory; all of it or nothing appears. Returns its size."""
        ...

    def exists(self, key: str) -> bool: ...

    def link(self, key: str, seconds: int) -> str:
        """A URL that reads the blob, for so long, without further credentials."""
        ...


class Secrets(Protocol):
    def seal(self, text: str, context: dict[str, str]) -> str:
        """Encrypt; opening needs the same context."""
        ...

    def open(self, sealed: str, context: dict[str, str]) -> str: ...

    def key(self, purpose: str) -> bytes:
        """A secret of 32 bytes to sign with, the same each time for a purpose and another one for each."""
        ...


class Anchors(Protocol):
    """Where heads of audit chains are kept: written once, and never changed by whoever writes them."""

    def put(self, tenant: str, head: Head, *, refused: bool) -> bool:
        """Keep a head; False: there was one of its number already, which stays as it is."""
        ...

    def newest(self, tenant: str, *, refused: bool) -> Head | None: ...


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def sleep(self, seconds: float) -> None: ...


class Connections(Protocol):
    """What a gateway does to the WebSockets that it keeps. Each raises NotFound for one that is gone."""

    def send(self, id_: str, text: str) -> None: ...

    def close(self, id_: str) -> None: ...
