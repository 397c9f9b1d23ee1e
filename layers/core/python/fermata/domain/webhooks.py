"""Webhooks: what they want to hear of, what is sent to them, and the one decision of what follows an attempt. Pure.

A delivery is one notice for one webhook. It is tried ten times over about a day; a receiver that is down rests meanwhile, so that
what waits for it costs nobody else's time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from fermata.domain.jobs import Job
from fermata.domain.notices import SCHEMAS, Notice
from fermata.domain.notify import Format, Notify

TYPES: tuple[str, ...] = tuple(type_ for schema in SCHEMAS.values() for type_ in schema["properties"]["type"]["enum"])
"""Of all notices."""

EVERY = "*"
"""Stands for all types; behind ``job.`` and the like for all that begin so."""

TEST = "webhook.test"

PATTERNS = (
    EVERY,
    *sorted(
        {type_ for type_ in TYPES if type_ != TEST}
        | {
            f"{type_[:dot]}.{EVERY}"
            for type_ in TYPES
            if type_ != TEST
            for dot in range(len(type_))
            if type_[dot] == "."
        }
    ),
)
"""All that stand for one type at least."""

ENDS = ("job.completed", "job.failed", "job.timed_out", "job.cancelled", "job.waiting_review")
"""What a job's receivers are told of unless it says otherwise: how it ended, and that it waits for a person."""

WAITS = (5.0, 60.0, 300.0, 1200.0, 3600.0, 7200.0, 14_400.0, 25_200.0, 36_000.0)
"""Seconds after the first, second … failed attempt, a day in all; up to a JITTER more, so that not all come at one moment."""

TRIES = len(WAITS) + 1
JITTER = 0.2
LIFETIME = 30 * 3600.0
"""Seconds after which a delivery is given up, however often it could be tried."""

LONGEST_REST = 900.0
"""Seconds that a receiver that is down rests between two looks whether it is back, unless it asks for more."""

LONGEST_RETRY_AFTER = 86_400.0
"""Seconds that a receiver may ask for."""

DISABLED_AFTER = 3 * 86_400.0
"""Seconds of nothing but failures, at least TRIES of them, after which a webhook is disabled."""

GONE = 410
KEPT_ATTEMPTS = 20
MAX_ERROR = 300
"""Characters."""

ID = "wh-"
"""Begins the ids of webhooks."""

NOTIFIED = "url-"
"""Begins the ids of receivers that jobs name by their address."""

NOTIFY = "notify"
"""Of the record that holds the secret which is signed with for all of these."""


def webhook_scope(id_: str) -> str:
    """What it is called among all that may be due."""
    return f"webhook:{id_}"


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """A receiver's whole record.

    Attributes:
        user: who made it.
        events: types, or beginnings of types with a ``*``; none: only what a job names it for.
        kinds, workspaces, labels: of jobs, all of which an event has to fit; empty: any. What is not about a job has neither kind
            nor labels.
        sealed_secret: what its deliveries are signed with, encrypted.
        sealed_old, old_until: the secret before, and until when both sign.
        disabled_at, disabled_reason: since when, and why, nothing is sent; None: it is enabled.
        failures, failing_since: failed attempts since the last success, and the time of the first of them.
        rest_until: before which nothing is sent, since it is down.
        settling: nothing waited for it when somebody last looked.
        due_at: when somebody has to look whether something waits; set before anything may; None: nothing does.
        rev: number of its last change.
    All times are seconds since the epoch.
    """

    tenant: str
    id: str
    name: str
    url: str
    user: str
    created_at: float
    events: tuple[str, ...] = (EVERY,)
    kinds: tuple[str, ...] = ()
    workspaces: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    format: Format = Format.JSON
    sealed_secret: str | None = None
    sealed_old: str | None = None
    old_until: float | None = None
    disabled_at: float | None = None
    disabled_reason: str | None = None
    failures: int = 0
    failing_since: float | None = None
    rest_until: float | None = None
    settling: bool = False
    updated_at: float = 0.0
    deleted_at: float | None = None
    due_at: float | None = None
    rev: int = 0

    @property
    def enabled(self) -> bool:
        return self.disabled_at is None

    def resting(self, now: float) -> bool:
        return self.rest_until is not None and now < self.rest_until


class State(StrEnum):
    """What has become of a delivery."""

    PENDING = "pending"  # it was not taken yet, and is tried again
    DELIVERED = "delivered"  # the receiver has answered 2xx
    DEAD = "dead"  # given up; somebody may send it again


@dataclass(frozen=True)
class Attempt:
    """One try.

    Attributes:
        at, seconds: when, and for how long.
        status: of the answer; None without one.
        error: why it failed, in words; None: it did not.
    """

    at: float
    seconds: float
    status: int | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A notice for a webhook.

    Attributes:
        id: also the ``webhook-id``, the same however often it is sent; sorts by time and number.
        type, detail: of the notice.
        group: what it is about; deliveries of one group are sent one after another.
        number: of the line that it tells of, where it has one.
        at: of the notice.
        tries: attempts since it was made, or asked for again.
        since: when that was.
        next_at: not before; somebody has taken it on until then, or it waits.
        reason: why it was given up.
        attempts: all that are remembered.
        rev: number of its last change.
    """

    tenant: str
    webhook: str
    id: str
    type: str
    group: str
    at: float
    detail: Mapping[str, Any]
    since: float
    number: int = 0
    state: State = State.PENDING
    tries: int = 0
    next_at: float = 0.0
    reason: str | None = None
    attempts: tuple[Attempt, ...] = ()
    rev: int = 1

    @property
    def waiting_key(self) -> str:
        """Its place among those that wait."""
        return f"{max(0.0, self.next_at):017.6f}|{self.id}"


@dataclass(frozen=True)
class Reply:
    """What came of sending something.

    Attributes:
        status: of the answer; None: there was none, and ``error`` says why.
        retry_after: seconds that the receiver asks for.
    """

    status: int | None = None
    error: str | None = None
    retry_after: float | None = None

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def down(self) -> bool:
        """Whether the next delivery would fare no better."""
        return self.status is None or self.status >= 500 or self.status in (408, 425, 429)

    @property
    def sentence(self) -> str | None:
        if self.taken:
            return None
        text = self.error if self.error is not None else f"the receiver answered {self.status}"
        return text[:MAX_ERROR]


# Who hears of what. ------------------------------------------------------------------------------------------------------


def fits(patterns: Sequence[str], type_: str) -> bool:
    return any(
        pattern in (EVERY, type_) or (pattern.endswith(f".{EVERY}") and type_.startswith(pattern[:-1]))
        for pattern in patterns
    )


def wants(webhook: Webhook, notice: Notice) -> bool:
    """Whether the webhook is to hear of it by itself."""
    job = notice.detail.get("job") or {}
    workspace = job.get("workspace", notice.detail.get("workspace"))
    labels = job.get("labels", {})
    return (
        webhook.enabled
        and fits(webhook.events, notice.type)
        and (not webhook.kinds or job.get("kind") in webhook.kinds)
        and (not webhook.workspaces or workspace in webhook.workspaces)
        and all(labels.get(name) == value for name, value in webhook.labels.items())
    )


def asked(job: Job, notice: Notice) -> tuple[Notify, ...]:
    """Whom the job itself wants to be told of it."""
    return tuple(one for one in job.notify if fits(one.events, notice.type))


def id_of_url(url: str, format: Format) -> str:
    """Of the receiver that jobs name by its address."""
    return NOTIFIED + hashlib.sha256(json.dumps([url, format.value]).encode()).hexdigest()[:32]


def delivery_of(webhook: Webhook, notice: Notice, now: float) -> Delivery:
    """The same one each time, whoever makes it."""
    named = json.dumps([notice.tenant, webhook.id, notice.id]).encode()
    said = notice.detail.get("number", 0)
    number = said if isinstance(said, int) else 0
    order = f"{int(max(0.0, notice.at) * 1000):011x}{min(number, 0xFFFFF):05x}"
    return Delivery(
        tenant=notice.tenant,
        webhook=webhook.id,
        id=f"msg_{order}{hashlib.sha256(named).hexdigest()[:16]}",
        type=notice.type,
        group=notice.group,
        at=notice.at,
        detail=notice.detail,
        since=now,
        number=number,
    )


# What follows. -----------------------------------------------------------------------------------------------------------


def backoff(failed: int, luck: float) -> float:
    """Seconds after so many failures, 1 or more; ``luck``: 0 to 1."""
    return WAITS[min(failed, len(WAITS)) - 1] * (1 + JITTER * luck)


def hindered(webhook: Webhook, delivery: Delivery, now: float) -> Delivery | None:
    """What becomes of a delivery that can't be sent now; None: it can."""
    if not webhook.enabled:
        return buried(delivery, f"the webhook is disabled: {webhook.disabled_reason}")
    if not webhook.resting(now):
        return None
    if now - delivery.since > LIFETIME:
        return buried(delivery, "the receiver was down for longer than a delivery is kept trying")
    assert webhook.rest_until is not None  # noqa: S101 - it rests
    return replace(delivery, next_at=webhook.rest_until, rev=delivery.rev + 1)


def buried(delivery: Delivery, reason: str) -> Delivery:
    return replace(delivery, state=State.DEAD, reason=reason[:MAX_ERROR], rev=delivery.rev + 1)


def attempted(delivery: Delivery, reply: Reply, started: float, now: float, luck: float) -> Delivery:
    """The delivery after an attempt: delivered, waiting for the next one, or given up."""
    attempt = Attempt(started, round(max(0.0, now - started), 3), reply.status, reply.sentence)
    attempts = (*delivery.attempts, attempt)[-KEPT_ATTEMPTS:]
    tried = replace(delivery, attempts=attempts, tries=delivery.tries + 1, rev=delivery.rev + 1)
    if reply.taken:
        return replace(tried, state=State.DELIVERED, reason=None)
    if reply.status == GONE:
        return replace(tried, state=State.DEAD, reason=reply.sentence)
    if tried.tries >= TRIES or now - delivery.since > LIFETIME:
        return replace(tried, state=State.DEAD, reason=f"tried {tried.tries} times, at last: {reply.sentence}")
    return replace(tried, next_at=now + max(backoff(tried.tries, luck), _asked_for(reply)))


def weathered(webhook: Webhook, reply: Reply, now: float, luck: float) -> Webhook:
    """The webhook after an attempt, itself where nothing changed. Attempts side by side that fail together count as one."""
    if reply.taken:
        if not webhook.failures:
            return webhook
        return replace(webhook, failures=0, failing_since=None, rest_until=None)
    since = webhook.failing_since if webhook.failing_since is not None else now
    failures = webhook.failures if webhook.resting(now) else webhook.failures + 1
    failing = replace(webhook, failures=failures, failing_since=since)
    if reply.status == GONE:
        return disabled(failing, f"the receiver answered {GONE} Gone", now)
    if failures >= TRIES and now - since >= DISABLED_AFTER:
        return disabled(failing, f"nothing but failures for {(now - since) / 86_400:.0f} days", now)
    if reply.down and not webhook.resting(now):
        rest = max(min(backoff(failures, luck), LONGEST_REST), _asked_for(reply))
        return replace(failing, rest_until=now + rest)
    return failing


def disabled(webhook: Webhook, reason: str, now: float) -> Webhook:
    return replace(webhook, disabled_at=now, disabled_reason=reason, rest_until=None)


def enabled(webhook: Webhook) -> Webhook:
    """With nothing held against it."""
    return replace(webhook, disabled_at=None, disabled_reason=None, failures=0, failing_since=None, rest_until=None)


def moved(webhook: Webhook, now: float) -> Webhook:
    """At another address: how the one before was says nothing any more, and what waits may be sent there at once."""
    return replace(webhook, failures=0, failing_since=None, rest_until=None, due_at=now, settling=False)


def asked_again(delivery: Delivery, now: float, next_at: float) -> Delivery:
    """One that was given up, with all its tries before it."""
    return replace(
        delivery, state=State.PENDING, reason=None, tries=0, since=now, next_at=next_at, rev=delivery.rev + 1
    )


def _asked_for(reply: Reply) -> float:
    return min(reply.retry_after or 0.0, LONGEST_RETRY_AFTER)
