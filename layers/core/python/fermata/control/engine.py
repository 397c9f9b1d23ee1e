"""The engine's ports in one hand, and the one way to change a job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import IO, Any

from fermata.domain.access import ANONYMOUS
from fermata.domain.errors import InvalidInput, NotFound, Stale, Unavailable
from fermata.domain.events import Event, Mutation
from fermata.domain.jobs import Job, Ref
from fermata.domain.kind import DEFAULT_WORKER, Kind, Settings
from fermata.domain.listing import key
from fermata.ports import (
    AddAudit,
    AddEvent,
    Blobs,
    Change,
    Clock,
    Counters,
    Keys,
    Ledger,
    Log,
    Parking,
    Queue,
    Receivers,
    SaveJob,
    Scheduler,
    Schedules,
    Secrets,
    Store,
    WebhookQueue,
    Webhooks,
    Workflow,
)

LARGE = ("params", "result")
"""The parts of a job that may be large: they are written again only where they change."""

TRIES = 12
"""How often a change is tried again when somebody else changed the record first."""


@dataclass(frozen=True)
class Limits:
    """What a tenant may use, and into how many lanes a job spreads; the stack's parameters. None: no limit.

    Attributes:
        callbacks: whether the stack may call state machines of others back.
    """

    open_jobs: int | None = None
    units_per_job: int | None = 1_000_000
    schedules: int | None = 100
    webhooks: int | None = 20
    callbacks: bool = True
    lanes: int | None = None


@dataclass(frozen=True)
class Engine:
    """Everything that control and runner need of the world. Made by the composition root.

    Attributes:
        workspace_content: what kinds get of a tenant's workspace; only passed through.
        on_closed: called once a job has ended and no worker is at it; it may be called again for the same job.
        worker: class of the worker that this is, where it is one; it runs the units of such stages alone.
    """

    store: Store
    ledger: Ledger
    log: Log
    counters: Counters
    queue: Queue
    workflow: Workflow
    parking: Parking
    blobs: Blobs
    secrets: Secrets
    clock: Clock
    kinds: Mapping[str, Kind]
    schedules: Schedules
    scheduler: Scheduler
    keys: Keys
    webhooks: Webhooks
    webhook_queue: WebhookQueue
    receivers: Receivers
    settings: Settings = field(default_factory=Settings)
    limits: Limits = field(default_factory=Limits)
    workspace_content: Callable[[str, str], Any] = lambda tenant, workspace: None
    on_closed: Callable[[Job], None] = lambda job: None
    worker: str = DEFAULT_WORKER

    def kind(self, name: str) -> Kind:
        try:
            return self.kinds[name]
        except KeyError:
            raise InvalidInput(
                "kind", f"there is no kind {name!r}; there are: {', '.join(sorted(self.kinds))}"
            ) from None

    def settings_for(self, job: Job) -> Settings:
        """What the stack allows this job."""
        return self.settings.narrowed(job.tenant, anonymous=job.user == ANONYMOUS)

    def files(self, job: Job) -> JobFiles:
        return JobFiles(self.blobs, key(job.tenant, job.id, job.digest).replace("|", "/"))

    def open_secrets(self, job: Job) -> dict[str, str]:
        """The job's secrets in the clear; none once it has ended."""
        import json

        if job.sealed_secrets is None:
            return {}
        opened: dict[str, str] = json.loads(self.secrets.open(job.sealed_secrets, secret_context(job.ref)))
        return opened


def secret_context(ref: Ref) -> dict[str, str]:
    return {"tenant": ref.tenant, "job": ref.id}


@dataclass(frozen=True)
class JobFiles:
    """A job's blobs; implements :class:`fermata.domain.kind.Files`."""

    blobs: Blobs
    prefix: str

    def put(self, name: str, data: bytes) -> None:
        self.blobs.put(self.key(name), data)

    def get(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        return self.blobs.get(self.key(name), start, end)

    def open(self, name: str, start: int = 0) -> IO[bytes]:
        return self.blobs.open(self.key(name), start)

    def write(self, name: str, parts: Iterable[bytes]) -> int:
        return self.blobs.write(self.key(name), parts)

    def exists(self, name: str) -> bool:
        return self.blobs.exists(self.key(name))

    def key(self, name: str) -> str:
        return f"{self.prefix}/{name}"


@dataclass(frozen=True)
class JobUpdate:
    """What a step makes of a job: the record, lines of its history, and what else has to change or hold with it."""

    job: Job
    events: tuple[Event, ...] = ()
    also: tuple[Change, ...] = ()


def update(
    engine: Engine,
    ref: Ref,
    step: Callable[[Job], JobUpdate | None],
    act: Mutation | None = None,
    known: Job | None = None,
) -> Job:
    """Read the job, let ``step`` change it, store it with its events and its audit record; again if it changed meanwhile.

    ``known``: the job, as whole as the store gave it, so that it is only read if it has changed since.
    ``step`` answers None when there is nothing to change; the act is recorded all the same. Returns the job as stored.
    Raises NotFound, whatever the step raises, and Unavailable when others were always quicker.
    """
    audit: tuple[Change, ...] = (AddAudit(act),) if act else ()
    for attempt in range(TRIES):
        job = known if known is not None and attempt == 0 else engine.store.job(ref)
        made = step(job)
        if made is None:
            if audit:
                engine.store.write(*audit)
            return job
        try:
            return save(engine, job, made, *audit)
        except Stale:
            if attempt > 2:
                engine.clock.sleep(0.01 * attempt)
    raise Unavailable(f"job {ref.id} is being changed by others; try again")


def save(engine: Engine, job: Job, made: JobUpdate, *also: Change) -> Job:
    """Store what a step made of the job as it was read. Raises Stale when it has changed meanwhile."""
    saved = replace(made.job, rev=job.rev + 1)
    large = frozenset(name for name in LARGE if getattr(job, name) is not getattr(saved, name))
    events = (AddEvent(job.ref, event) for event in made.events)
    engine.store.write(SaveJob(saved, large), *events, *made.also, *also)
    return saved


def record(engine: Engine, act: Mutation) -> None:
    """Record a mutation that no single write makes; before it begins, so that nothing is changed unrecorded."""
    engine.store.write(AddAudit(act))


def refuse(engine: Engine, act: Mutation, why: str) -> None:
    """Record a mutation that was refused."""
    record(engine, act.refused(why))


def exists(engine: Engine, ref: Ref) -> Job | None:
    try:
        return engine.store.job(ref)
    except NotFound:
        return None
