"""The whole of a tenant's processing, its audit log, and the server's health."""

from __future__ import annotations

from typing import Literal

from fermata_client.models.base import Answer, Time
from fermata_client.words import SystemEventType


class SystemPaused(Answer):
    """Whether all processing is paused now."""

    paused: bool


class SystemStatus(Answer):
    """Whether all processing is paused, since when and why."""

    paused: bool
    paused_at: Time | None
    reason: str | None


class SystemEvent(Answer):
    """Something that happened to a tenant's processing."""

    id: str
    event_type: SystemEventType
    created_at: Time
    reason: str | None
    database_name: str
    about: str | None = None


class QueueDepth(Answer):
    """About how full a queue is; ``name`` is the class of the workers that it is for, or ``express``."""

    name: str
    waiting: int
    in_flight: int


class Limits(Answer):
    """What the stack grants a tenant; None: no limit."""

    requests_per_minute: int | None
    open_jobs: int | None
    units_per_job: int | None
    schedules: int | None
    webhooks: int | None
    lanes: int | None
    body_bytes: int


class Overview(Answer):
    """The whole at a glance; ``queues`` is None without the scope ``admin``."""

    version: str
    limits: Limits
    queues: list[QueueDepth] | None


class SystemChange(Answer):
    """The same in the stream of the whole tenant."""

    id: str
    event_type: SystemEventType
    at: Time
    reason: str | None
    workspace: str


class SystemCleared(Answer):
    """How many events were removed."""

    deleted: int


class AuditRecord(Answer):
    """One mutation, or one that was refused; ``hash`` covers the record and the one before."""

    chain: Literal["done", "refused"]
    number: int
    at: Time
    time: float
    user: str
    scopes: list[str]
    action: str
    target: str
    outcome: str
    trace: str | None
    reason: str | None
    previous: str
    hash: str
    key: str


class AuditPage(Answer):
    """Audit records, oldest first."""

    records: list[AuditRecord]
    next_cursor: str | None


class Verification(Answer):
    """What checking the chain of the audit log found; ``last`` and ``hash`` prove later that nothing was cut off."""

    intact: bool
    checked: int
    broken_at: int | None
    last: int
    hash: str
    whole: bool
    anchored: int


class Health(Answer):
    """That the server answers."""

    status: str
    version: str
