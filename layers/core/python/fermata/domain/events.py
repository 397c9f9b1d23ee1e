"""A job's history, the system's history, and the audit trail."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from fermata.domain.access import ADMIN, ANONYMOUS

REFUSED = "refused"
MONTH = 30 * 86_400


class EventType(StrEnum):
    """What can be read in a job's history, and who writes it."""

    CREATED = "created"  # an operator started the job
    STARTED = "started"  # its execution began the first stage
    STAGE = "stage"  # its units are named; the stage runs
    PAUSING = "pausing"  # an operator, or the engine, holds it
    PAUSED = "paused"  # whoever found it held and at rest
    RESUMED = "resumed"  # whoever removed the last hold, or withdrew a pause before it was reached
    UNHELD = "unheld"  # whoever removed a hold while others still stand
    WAITING_REVIEW = "waiting_review"  # the worker that settled the last unit before the reviewed stage
    APPROVED = "approved"  # a reviewer
    REJECTED = "rejected"  # a reviewer
    COMPLETED = "completed"  # the execution's last step
    FAILED = "failed"  # the execution's last step, or its failure
    CANCELLED = "cancelled"  # an operator
    TIMED_OUT = "timed_out"  # whoever found it late: a worker, or recovery
    RETRIED = "retried"  # an operator
    RECOVERED = "recovered"  # recovery, when it had to repair something


@dataclass(frozen=True)
class Event:
    """One line of a job's append-only history.

    Attributes:
        number: 1, 2, 3 … without gaps; also the SSE id and the page cursor.
        at: seconds since the epoch.
        status: the job's status after it.
        data: facts of the type (reason, checkpoint, counts …), JSON.
    """

    number: int
    type: EventType
    at: float
    status: str
    data: Mapping[str, Any] = field(default_factory=dict)


class SystemEventType(StrEnum):
    """What can be read in a tenant's system history."""

    PAUSE = "pause"
    RESUME = "resume"
    HEALTH_CHANGE = "health_change"
    TASK_FAILED = "task_failed"
    RECOVERY = "recovery"


@dataclass(frozen=True)
class SystemEvent:
    """One line of a tenant's system history; unlike the audit trail it may be cleared.

    Attributes:
        id: sorts by time.
        reason: that somebody gave, or what the engine found, in words; None where nothing was said.
        about: the job, the schedule or the scope of the source that it concerns; None: the tenant as a whole.
    """

    id: str
    type: SystemEventType
    at: float
    reason: str | None
    workspace: str
    about: str | None = None


@dataclass(frozen=True)
class FeedLine:
    """A line of any history of a tenant: of one of its jobs, or of the system.

    Attributes:
        key: sorts by time, and names the line.
        job_id: empty for the system's.
    """

    key: str
    job_id: str
    event: Event | SystemEvent


def feed_key(job_id: str, event: Event | SystemEvent) -> str:
    """Where a line stands among all of its tenant."""
    name = event.id if isinstance(event, SystemEvent) else f"{job_id}#{event.number:010}"
    return f"{feed_bound(event.at)}#{name}"


def feed_bound(at: float) -> str:
    """Sorts before every key of this time, and after every earlier one."""
    return f"{max(0.0, at):017.6f}"


@dataclass(frozen=True)
class Actor:
    """Who asks.

    Attributes:
        scopes: any of read, control, admin.
    """

    tenant: str
    user: str
    scopes: frozenset[str] = frozenset()


def may_control(actor: Actor, owner: str) -> bool:
    """Whether somebody may stop and resume what a user of the tenant started.

    Users control what is theirs, or was started by nobody in particular; administrators what is anybody's; callers without
    credentials what callers without credentials started.
    """
    if owner in (actor.user, ANONYMOUS):
        return True
    return actor.user != ANONYMOUS and ADMIN in actor.scopes


@dataclass(frozen=True)
class Mutation:
    """One mutation, or one refused: what becomes one audit record.

    Attributes:
        action: verb and noun, as ``batch.pause``.
        target: what it was done to: a job id, source id, ``system`` …
        outcome: ``done``, or ``refused: <why>``.
        trace: the request's ``traceparent`` or request id.
        reason: that was given for it, in words.
    """

    actor: Actor
    action: str
    target: str
    at: float
    outcome: str = "done"
    trace: str | None = None
    reason: str | None = None

    def refused(self, why: str) -> Mutation:
        return replace(self, outcome=f"{REFUSED}: {why}")

    @property
    def is_refused(self) -> bool:
        return self.outcome.startswith(REFUSED)


KeyOf = Callable[[str], bytes]
"""The secret key for a purpose: the same one each time, and known to nobody outside of the stack."""


@dataclass(frozen=True)
class AuditRecord:
    """An :class:`Mutation` as it lies in one of a tenant's two chains: each record's hash covers the one before it.

    What was done has a chain, and what was refused another, so that whoever is refused again and again keeps nobody from acting.

    Attributes:
        hash: keyed, over all of the record; without the key nobody can write one that fits.
        key: purpose of the key; empty in records of the first release, whose hash had none.
    """

    number: int
    act: Mutation
    previous: str
    hash: str
    key: str = ""

    @classmethod
    def following(cls, last: AuditRecord | None, act: Mutation, key_of: KeyOf) -> AuditRecord:
        number, previous = (last.number + 1, last.hash) if last else (1, "")
        # A key of its own for each tenant and month: one that leaked would be good for little.
        key = f"audit/{act.actor.tenant}/{int(act.at // MONTH)}"
        record = cls(number, act, previous, "", key)
        return replace(record, hash=record.digest(key_of))

    def digest(self, key_of: KeyOf) -> str:
        act = self.act
        facts: list[Any] = [self.number, act.actor.tenant, act.actor.user, act.action, act.target, act.at, act.outcome]
        facts += [act.trace, self.previous]
        if not self.key:
            return hashlib.sha256(_plain(facts)).hexdigest()
        facts += [sorted(act.actor.scopes), self.key]
        facts += [act.reason] if act.reason is not None else []
        return hmac.new(key_of(self.key), _plain(facts), hashlib.sha256).hexdigest()

    def intact(self, key_of: KeyOf) -> bool:
        return hmac.compare_digest(self.hash, self.digest(key_of))


@dataclass(frozen=True)
class Head:
    """The end of a chain as it was once: number and hash of its last record."""

    number: int
    hash: str


def _plain(facts: list[Any]) -> bytes:
    return json.dumps(facts, separators=(",", ":")).encode()
