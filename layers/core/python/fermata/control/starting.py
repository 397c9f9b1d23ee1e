"""Starting jobs."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import NamedTuple

from fermata.control import callbacks, webhooks
from fermata.control.dependencies import checked, waiting
from fermata.control.engine import LARGE, TRIES, Engine, JobUpdate, exists, secret_context, update
from fermata.control.queueing import set_off
from fermata.control.upgrade import stages_of
from fermata.domain import bounds
from fermata.domain.errors import IdTaken, InvalidInput, LimitExceeded, Stale, Unavailable
from fermata.domain.events import Event, EventType, KeyOf, Mutation
from fermata.domain.jobs import PRIORITY, Job, OnFailure, Ref
from fermata.domain.kind import Json, Kind, Terms
from fermata.domain.listing import FAMILIES
from fermata.domain.notify import Notify
from fermata.domain.progress import QUIET
from fermata.domain.transitions import Status
from fermata.ports import AddAudit, AddEvent, Change, SaveJob

MAX_PARAMS = 256 * 1024
"""Bytes of JSON that a job's parameters may have; an item of the table has 400 KB at most."""

DIGESTS, RATES = "digests", "rates"
"""Purposes of the keys that secrets are digested with."""


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A job that somebody asks for.

    Attributes:
        id: within the family; unique per tenant and family.
        scopes: what can hold it beside itself and the system.
        params: as the caller gave them, secrets included; the kind's model checks them.
        files: blobs that the planner reads, by name.
        expected: units known before planning, 0 when unknown.
        Others: see :class:`fermata.domain.jobs.Job`.
    """

    family: str
    id: str
    kind: str
    workspace: str = "default"
    params: Mapping[str, Json] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    expected: int = 0
    number: int | None = None
    source: str | None = None
    scopes: tuple[str, ...] = ()
    limit: int | None = None
    rate: float | None = None
    rate_key: str | None = None
    priority: int = PRIORITY
    timeout: float | None = None
    max_failed_share: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    on_failure: OnFailure = OnFailure.HOLD
    notify: tuple[Notify, ...] = ()
    callback: str | None = field(default=None, repr=False)

    def digest(self, secrets: Collection[str], key_of: KeyOf) -> str:
        """Of all that makes the request. Of the named secrets by a key: a bare hash could be tried against guesses."""
        params = dict(self.params)
        for name in sorted(set(secrets) & params.keys()):
            text = json.dumps(params[name], default=str)
            params[name] = hmac.new(key_of(DIGESTS), text.encode(), hashlib.sha256).hexdigest()
        facts = [self.family, self.id, self.kind, self.workspace, params, self.source, self.limit, self.timeout]
        facts += [self.max_failed_share, *((self.rate, self.rate_key) if self.rate is not None else ())]
        facts += [{"priority": self.priority}] if self.priority != PRIORITY else []
        facts += [dict(self.labels)] if self.labels else []
        facts += [{"after": list(self.after), "on_failure": self.on_failure.value}] if self.after else []
        facts += [{"notify": [asdict(one) for one in self.notify]}] if self.notify else []
        whole = hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode())
        for name in sorted(self.files):
            whole.update(name.encode() + b"\0" + hashlib.sha256(self.files[name]).digest())
        return whole.hexdigest()[:32]


class Accepted(NamedTuple):
    """A job that was asked for; ``replayed``: the same request had started it before."""

    job: Job
    replayed: bool


def start(engine: Engine, act: Mutation, new: NewJob, *also: Change) -> Job:
    """As :func:`accept`; only the job."""
    return accept(engine, act, new, *also).job


def accept(engine: Engine, act: Mutation, new: NewJob, *also: Change) -> Accepted:
    """Start a job, or answer the one that the same request started before; ``also``: what is stored together with a new one.

    Raises InvalidInput (family, kind, parameters), LimitExceeded, and IdTaken when the id belongs to another request.
    """
    if new.family not in FAMILIES:
        raise InvalidInput("family", f"must be one of {', '.join(FAMILIES)}")
    if new.callback is not None and not engine.limits.callbacks:
        raise InvalidInput(
            "callback", "the stack calls nobody back; its parameter CallbackStateMachines says whom it may"
        )
    _check_terms(new)
    kind = engine.kind(new.kind)
    params = parse(kind, new.params)
    if len(json.dumps(params)) > MAX_PARAMS:
        raise InvalidInput("params", f"are larger than {MAX_PARAMS} bytes")
    ref = Ref(act.actor.tenant, f"{new.family}:{new.id}")
    digest = new.digest(kind.secrets, engine.secrets.key)
    try:
        _check_limits(engine, ref.tenant, new)
        webhooks.check_notify(engine, ref.tenant, new.notify)
    except (LimitExceeded, InvalidInput):
        if (known := exists(engine, ref)) is None:
            raise
        return _replayed(engine, act, known, digest, new.callback)
    job = _record(engine, act, new, kind, params, digest)
    files = engine.files(job)
    for name, data in new.files.items():
        files.put(name, data)
    created = Event(1, EventType.CREATED, job.created_at, job.status.value, {"user": job.user})
    for _ in range(TRIES):
        job, others = waiting(engine, job) if new.after else (job, ())
        try:
            engine.store.write(SaveJob(job, frozenset(LARGE)), AddEvent(ref, created), AddAudit(act), *others, *also)
        except Stale:
            if (known := exists(engine, ref)) is not None:
                return _replayed(engine, act, known, digest, new.callback)
            if not others:
                raise
            job = replace(job, holds=())
            continue
        set_off(engine, job)
        return Accepted(job, False)
    raise Unavailable("the jobs that it starts after are being changed by others; try again")


def parse(kind: Kind, params: Mapping[str, Json]) -> dict[str, Json]:
    """The kind's parameters, checked. Raises InvalidInput that names the field."""
    try:
        return kind.parse(params)
    except ValueError as error:
        details = getattr(error, "errors", None)
        if not callable(details):
            raise InvalidInput("params", str(error)) from None
        first = details()[0]
        field_name = ".".join(str(part) for part in first["loc"]) or "params"
        raise InvalidInput(field_name, first["msg"]) from None


def _record(engine: Engine, act: Mutation, new: NewJob, kind: Kind, params: dict[str, Json], digest: str) -> Job:
    ref = Ref(act.actor.tenant, f"{new.family}:{new.id}")
    secrets = {name: new.params[name] for name in kind.secrets if new.params.get(name)}
    sealed = engine.secrets.seal(json.dumps(secrets), secret_context(ref)) if secrets else None
    now, terms = engine.clock.now(), kind.terms(params)
    return Job(
        tenant=ref.tenant,
        id=ref.id,
        family=new.family,
        kind=kind.name,
        workspace=new.workspace,
        user=act.actor.user,
        created_at=now,
        updated_at=now,
        number=new.number,
        params={name: value for name, value in params.items() if name not in kind.secrets},
        sealed_secrets=sealed,
        digest=digest,
        source=new.source,
        scopes=new.scopes,
        expected=new.expected,
        stages=stages_of(kind, params),
        limit=_least(new.limit, kind.limit),
        lanes=_least(new.limit, kind.limit, engine.limits.lanes),
        rate=terms.rate if new.rate is None else new.rate,
        rate_key=_account(engine, terms, secrets) if new.rate is None else new.rate_key,
        priority=new.priority,
        budget=terms.budget,
        execution=1,
        queued_at=now,
        queued_until=now + QUIET,
        timeout=new.timeout,
        max_failed_share=new.max_failed_share,
        trace=act.trace,
        labels=dict(new.labels),
        after=checked(new.after),
        on_failure=new.on_failure,
        notify=new.notify,
        callback=callbacks.sealed(engine, ref, new.callback) if new.callback is not None else None,
        events=1,
        rev=1,
    )


def _account(engine: Engine, terms: Terms, secrets: Mapping[str, Json]) -> str | None:
    """The key under which jobs share a rate: those of one account and the same secrets, which can't be told from it."""
    if terms.rate is None:
        return None
    facts = json.dumps([terms.account, secrets], sort_keys=True, default=str)
    return "account:" + hmac.new(engine.secrets.key(RATES), facts.encode(), hashlib.sha256).hexdigest()[:32]


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _replayed(engine: Engine, act: Mutation, known: Job, digest: str, callback: str | None) -> Accepted:
    """The job that the same request started. Who waits for it now is told in place of who did before."""
    if known.digest != digest:
        raise IdTaken(known.public_id)
    engine.store.write(AddAudit(act))
    if known.status is Status.PENDING:
        set_off(engine, known)
    if callback is not None:
        token = callbacks.sealed(engine, known.ref, callback)
        known = update(engine, known.ref, lambda job: None if job.closed else JobUpdate(replace(job, callback=token)))
        if known.closed and known.counts is not None:
            callbacks.tell(engine, replace(known, callback=token), known.counts)
    return Accepted(known, True)


def _check_terms(new: NewJob) -> None:
    bounds.check_workspace(new.workspace)
    bounds.check_labels(new.labels, own=1)
    bounds.check_rate(new.rate, new.rate_key)
    bounds.check_terms(new.limit, new.timeout, new.max_failed_share, new.priority)


def _check_limits(engine: Engine, tenant: str, new: NewJob) -> None:
    units, jobs = engine.limits.units_per_job, engine.limits.open_jobs
    if units is not None and new.expected > units:
        raise LimitExceeded("units per job", units)
    if jobs is not None and len(engine.store.open_jobs(tenant, limit=jobs)) >= jobs:
        raise LimitExceeded("open jobs", jobs)
