"""What a command makes of a job: a new record and a line of its history. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fermata.domain.chunks import Counts
from fermata.domain.events import Event, EventType
from fermata.domain.jobs import Job
from fermata.domain.percentage import percentage
from fermata.domain.progress import place
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
        moved = replace(moved, checkpoint=None, waits_on=None)
    if job.status is Status.PAUSED and moved.pause is not None and moved.pause.ended_at is None:
        moved = replace(moved, pause=replace(moved.pause, ended_at=now))
    if command is Command.START and job.started_at is None:
        moved = replace(moved, started_at=now)
    if not status.final and place(moved) != place(job):
        moved = replace(moved, passages=job.passages + 1)
    if status.final:
        moved = replace(moved, finished_at=now, sealed_secrets=None, holds=(), lease=None, next_try=None)
    if command is Command.RETRY:
        # Its time begins anew: what it took before, and how long nobody retried it, is nobody's work now.
        past = now - job.started_at if job.started_at is not None else 0.0
        moved = replace(
            moved,
            reached=percentage(job, job.counts or Counts()),
            finished_at=None,
            counts=None,
            closed=False,
            result=None,
            error=None,
            idle_seconds=past,
            idle_since=None,
        )
    return note(moved, EVENT[command], now, **data)


def started(job: Job, now: float) -> tuple[Job, tuple[Event, ...]]:
    """The job at work: a pending one begins."""
    if job.status is not Status.PENDING:
        return job, ()
    begun, event = apply(job, Command.START, now)
    return begun, (event,)
