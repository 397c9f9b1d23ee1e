"""What a command makes of a job: a new record and a line of its history. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fermata.domain.events import Event, EventType
from fermata.domain.jobs import Job
from fermata.domain.transitions import Command, Status, after

IDLE = frozenset({Status.PAUSED, Status.WAITING_REVIEW})

EVENT = {
    Command.START: EventType.STARTED,
    Command.HOLD: EventType.PAUSED,
    Command.RELEASE: EventType.RESUMED,
    Command.REQUEUE: EventType.RESUMED,
    Command.REVIEW: EventType.WAITING_REVIEW,
    Command.APPROVE: EventType.APPROVED,
    Command.REJECT: EventType.REJECTED,
    Command.COMPLETE: EventType.COMPLETED,
    Command.FAIL: EventType.FAILED,
    Command.CANCEL: EventType.CANCELLED,
    Command.TIME_OUT: EventType.TIMED_OUT,
    Command.RETRY: EventType.RETRIED,
}


def note(job: Job, type_: EventType, now: float, **data: Any) -> tuple[Job, Event]:
    """A line in the job's history that changes no status."""
    facts = {name: value for name, value in data.items() if value is not None}
    event = Event(job.events + 1, type_, now, job.status.value, facts)
    return replace(job, events=event.number, updated_at=now), event


def apply(job: Job, command: Command, now: float, **data: Any) -> tuple[Job, Event]:
    """Move the job by a command. Raises WrongStatus when the table has no such row."""
    status = after(job.status, command)
    moved = replace(job, status=status)
    if job.status in IDLE and status not in IDLE:
        since = job.idle_since if job.idle_since is not None else now
        moved = replace(moved, idle_since=None, idle_seconds=job.idle_seconds + max(0.0, now - since))
    elif status in IDLE and job.status not in IDLE:
        moved = replace(moved, idle_since=now)
    if status is not Status.PAUSED:
        moved = replace(moved, checkpoint=None)
    if command is Command.START and job.started_at is None:
        moved = replace(moved, started_at=now)
    if status.final:
        moved = replace(moved, finished_at=now, sealed_secrets=None, holds=())
    if command is Command.RETRY:
        moved = replace(
            moved, finished_at=None, counts=None, closed=False, result=None, error=None, token=None, waiting=None
        )
    return note(moved, EVENT[command], now, **data)
