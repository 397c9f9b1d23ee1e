"""A kind of work: what the engine needs to know of it, and what it gives to it.

A kind is plain data: stages with a planner and a function each, and a finisher. The engine owns the loop; a kind only
names units, does one unit, and sums up. Everything that a unit needs reaches it through :class:`Unit`; nothing is read from
the environment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import IO, Any, Protocol

Json = Any
"""A value that :func:`json.dumps` takes."""


class UnitError(Exception):
    """The unit failed and running it again would not help. The message is shown to the user."""


class UnitRetry(Exception):
    """The unit failed for now; run it again. From a planner or finisher: have it tried again, for which nobody waits.

    Attributes:
        after: seconds to wait at least (a server's Retry-After), or None for the policy's backoff.
        throttled: a provider said "too many requests"; if it goes on for long the engine holds the job.
    """

    def __init__(self, message: str, after: float | None = None, *, throttled: bool = False) -> None:
        super().__init__(message)
        self.after = after
        self.throttled = throttled


class UnitHold(Exception):
    """The job must not go on before somebody lets it: it is held with this message, and the unit stays undone.

    Attributes:
        grant: by how much the job's budget grows with the hold, so that a resumed job can go on.
    """

    def __init__(self, message: str, grant: int = 0) -> None:
        super().__init__(message)
        self.grant = grant


class Interrupted(BaseException):
    """The job is held, has ended, or the worker is being stopped: the unit goes no further and stays undone.

    Raised by :meth:`Unit.wait` and :meth:`Unit.check`; derived from BaseException so that no unit swallows it by accident.
    """


class JobError(Exception):
    """Planning or finishing failed, and trying again would not help. The job fails with this message."""


class Files(Protocol):
    """The blobs of one job, by name; what a planner or unit may keep outside of its result."""

    def put(self, name: str, data: bytes) -> None: ...

    def get(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        """Bytes ``start`` to ``end`` (exclusive, None: to the end). Raises NotFound."""
        ...

    def open(self, name: str, start: int = 0) -> IO[bytes]:
        """A stream from byte ``start`` on. Raises NotFound."""
        ...

    def write(self, name: str, parts: Iterable[bytes]) -> int:
        """Store a stream without holding it in memory; all of it or nothing appears. Returns its size in bytes."""
        ...

    def exists(self, name: str) -> bool: ...


@dataclass(frozen=True)
class Settings:
    """What the stack allows kinds to do; its parameters, read once by the composition root.

    Attributes:
        allow_local_files: documents may name files of the machine (local stack only).
        private_folders: folders of the machine that documents never name.
        allowed_hosts: hosts that outgoing fetches may reach although they are private: ``host`` or ``host:port``, of one
            tenant alone as ``tenant/host:port``; ``!port`` closes a port on all of them.
        open_s3: opens an object (bucket, key) of S3 as a stream; None where there is no S3.
        objects: ARNs of the objects that may be opened, with ``*`` for any characters, of one tenant alone as
            ``tenant/arn:…``; None: all that there are.
    """

    allow_local_files: bool = False
    allowed_hosts: frozenset[str] = frozenset()
    open_s3: Callable[[str, str], IO[bytes]] | None = None
    private_folders: frozenset[str] = frozenset()
    objects: frozenset[str] | None = None

    def narrowed(self, tenant: str, *, anonymous: bool = False) -> Settings:
        """What of it holds for a tenant's jobs; those that anonymous callers started read no files of the machine."""
        return replace(
            self,
            allow_local_files=self.allow_local_files and not anonymous,
            allowed_hosts=_of_tenant(self.allowed_hosts, tenant),
            objects=None if self.objects is None else _of_tenant(self.objects, tenant),
        )


def _of_tenant(entries: frozenset[str], tenant: str) -> frozenset[str]:
    """The entries that name no tenant, and the tenant's own."""
    found = set()
    for entry in entries:
        owner, slash, rest = entry.partition("/")
        if not slash or ":" in owner:  # the slash of an ARN stands behind its colons
            found.add(entry)
        elif owner == tenant:
            found.add(rest)
    return frozenset(found)


@dataclass(frozen=True)
class Unit:
    """One unit as its function sees it.

    Attributes:
        value: what the planner named it with.
        key: idempotency key, the same whenever this unit runs (tenant, job, stage, number).
        params: the job's parameters, as the kind's model gave them.
        secrets: the job's opened secrets by name; never put them in results, errors or logs.
        deadline: seconds (``time.monotonic``) by which the function should have returned.
        workspace_content: what the composition root gives kinds of the workspace beyond its jobs; the engine only passes it.
        check: raises :class:`Interrupted` once the unit must begin nothing more; call it before each request that goes out. What
            takes long asks :func:`fermata.domain.interruption.check` now and then, which gives a unit some time to end.
        wait: wait so many seconds; raises :class:`Interrupted` as soon as the unit must go no further.
        log: say a line that whoever looks at the unit can read; a few short ones are kept with its result.
        spend: take so much of the job's budget (:class:`Terms`) before it is used, or give back, below 0, what was not; False:
            not so much is left, and nothing was taken. With ``True`` as second argument it is taken in any case.
    """

    tenant: str
    workspace: str
    job_id: str
    key: str
    value: Json
    params: Mapping[str, Json]
    secrets: Mapping[str, str]
    settings: Settings
    files: Files
    deadline: float = field(default=float("inf"))
    workspace_content: Any = None
    check: Callable[[], None] = lambda: None
    wait: Callable[[float], None] = time.sleep
    log: Callable[[str], None] = lambda line: None
    spend: Callable[..., bool] = lambda amount, used=False: True


@dataclass(frozen=True)
class Line:
    """A unit that already lies in one of the job's files, as a line of JSON: bytes ``start`` to ``end`` (exclusive)."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Planned:
    """A unit that a planner names, and where it would go on after it.

    Attributes:
        unit: the unit's value, or the line where it lies already.
        cursor: JSON; the planner is called with it again when the slice ends after this unit.
    """

    unit: Json | Line
    cursor: Json


@dataclass(frozen=True)
class UnitRun:
    """How a unit's last attempt went.

    Attributes:
        began, ended: seconds since the epoch, to the millisecond.
        worker: name of the worker that ran it, as the logs know it.
        log: lines that the unit has said (see :attr:`Unit.log`).
    """

    began: float
    ended: float
    worker: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """A settled unit.

    Attributes:
        number: the unit's number in its stage.
        value: what the function returned; None when it failed.
        error: why it failed; None when it succeeded.
        attempts: how often it was tried.
        run: how it went; None where nobody has kept it.
    """

    number: int
    value: Json
    error: str | None
    attempts: int = 1
    run: UnitRun | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Planning:
    """What a planner gets.

    A planner of the first stage goes on from ``cursor``; one of a later stage goes on with ``previous``, which starts where
    the last saved unit's result was, and must name the same units when it reads the same results again.

    Attributes:
        previous: streams the settled units of the stage before that are not planned from yet.
        results: streams the settled units of any earlier stage by its name, each time from the first; none of a stage that the
            job does not have. A planner that reads nothing else begins anew when it is interrupted.
        units: streams the values of the units planned so far in the named stage, this one included; of this one without
            those that the planner is about to name again.
        workspace_content: as a unit gets it.
        wait: wait so many seconds, but no longer than the job may go on.
    """

    tenant: str
    workspace: str
    job_id: str
    params: Mapping[str, Json]
    secrets: Mapping[str, str]
    settings: Settings
    files: Files
    cursor: Json = None
    previous: Callable[[], Iterator[Result]] = field(default=lambda: iter(()))
    results: Callable[[str], Iterator[Result]] = field(default=lambda stage: iter(()))
    units: Callable[[str], Iterator[Json]] = field(default=lambda stage: iter(()))
    workspace_content: Any = None
    wait: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Finishing:
    """What a finisher gets: the counts of the whole job, the results of any stage by name, and what a unit gets of
    the workspace."""

    tenant: str
    workspace: str
    job_id: str
    params: Mapping[str, Json]
    settings: Settings
    files: Files
    succeeded: int
    failed: int
    results: Callable[[str], Iterator[Result]]
    workspace_content: Any = None


LONGEST_BACKOFF = 30.0
"""Seconds between two tries where nobody has said how long."""

THROTTLED_TRIES = 4
"""How many times as often it is tried what a provider refused for now."""


@dataclass(frozen=True)
class Policy:
    """How the engine runs the units of a stage.

    Attributes:
        concurrency: units at a time inside one worker; more than one where units mostly wait.
        chunk_size: units in the first chunks of the stage; it grows as the stage does.
        timeout: seconds that one attempt of a unit may take, None for no limit of its own.
        attempts: how often a unit is tried that raises :class:`UnitRetry` or times out.
        backoff: seconds before the second attempt; doubles with each further one, up to 30.
        rated: the job's rate bounds how many of these units start a minute.

    Planning a stage, and finishing after it, are tried as often as a unit that a provider refuses.
    """

    concurrency: int = 1
    chunk_size: int = 25
    timeout: float | None = 60.0
    attempts: int = 3
    backoff: float = 0.5
    rated: bool = True

    def __post_init__(self) -> None:
        if min(self.concurrency, self.chunk_size, self.attempts) < 1:
            raise ValueError("concurrency, chunk_size and attempts are at least 1")
        if self.backoff < 0 or (self.timeout is not None and self.timeout <= 0):
            raise ValueError("timeout is more than 0 seconds, and backoff not less")

    @property
    def throttled_attempts(self) -> int:
        """How often is tried what only a provider's refusal keeps from being done: it is not the unit's fault."""
        return self.attempts * THROTTLED_TRIES

    def wait_after(self, attempt: int, error: UnitRetry) -> float:
        """Seconds from the end of this attempt to the next one."""
        return error.after if error.after is not None else min(self.backoff * 2 ** (attempt - 1), LONGEST_BACKOFF)


DEFAULT_WORKER = "default"
WORKERS = frozenset({DEFAULT_WORKER, "ocr"})
"""The classes of workers that a stack has. What weighs much is loaded by its own class alone."""


@dataclass(frozen=True)
class Terms:
    """How a job may run, as its parameters say.

    Attributes:
        rate: units that may start a minute, in all jobs of the tenant with the same account; None: any number.
        account: what the rate is of, beside the job's secrets: a provider's address, for instance.
        budget: what its units may spend together, in whatever the kind counts; None: any amount.
    """

    rate: float | None = None
    account: str = ""
    budget: int | None = None


@dataclass(frozen=True)
class Stage:
    """A phase of a job.

    Attributes:
        worker: class of the workers that run its units, one of :data:`WORKERS`.
        review: the job waits for a person's approval before this stage is planned.
        unless: by the job's parameters, whether nobody has to approve.
    """

    name: str
    plan: Callable[[Planning], Iterable[Planned]]
    run: Callable[[Unit], Json]
    policy: Policy = Policy()
    review: bool = False
    unless: Callable[[Mapping[str, Json]], bool] = lambda params: False
    worker: str = DEFAULT_WORKER

    def __post_init__(self) -> None:
        if self.worker not in WORKERS:
            raise ValueError(f"no worker is of the class {self.worker!r}; there are: {', '.join(sorted(WORKERS))}")

    def reviewed(self, params: Mapping[str, Json]) -> bool:
        """Whether a job with these parameters waits before this stage."""
        return self.review and not self.unless(params)


def totals(job: Finishing) -> Json:
    """The result of a job whose kind has no finisher of its own."""
    return {"succeeded": job.succeeded, "failed": job.failed}


@dataclass(frozen=True)
class Kind:
    """A type of work.

    Attributes:
        parse: the caller's parameters → the job's parameters; raises ValueError or pydantic's ValidationError.
        schema: JSON Schema of the parameters.
        finish: the job's result from its counts and results.
        secrets: names of parameters that are secrets: sealed at rest, gone when the job ends, given to units only.
        terms: by the job's parameters, how it may run.
        families: families of the API that take jobs of this kind, besides ``jobs``, which takes all.
        limit: chunks of a job that may run at a time, whatever its starter allows; None: any number.
    """

    name: str
    title: str
    stages: tuple[Stage, ...]
    parse: Callable[[Mapping[str, Json]], dict[str, Json]]
    schema: Callable[[], dict[str, Json]]
    finish: Callable[[Finishing], Json] = totals
    secrets: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    terms: Callable[[Mapping[str, Json]], Terms] = lambda params: Terms()
    limit: int | None = None

    def __post_init__(self) -> None:
        names = [stage.name for stage in self.stages]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"kind {self.name}: it needs at least one stage, and each a name of its own, not {names}")

    def stage(self, name: str, number: int) -> Stage:
        """A job's stage: by its name, since a later release may have more of them; by its number where it has none."""
        return next((stage for stage in self.stages if stage.name == name), None) or self.stages[number]
