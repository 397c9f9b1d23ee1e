"""What the engine makes of a job that it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fermata.control import health
from fermata.control.engine import Engine, JobUpdate
from fermata.control.scopes import system_event
from fermata.domain.events import SystemEventType
from fermata.domain.jobs import Job
from fermata.domain.lifecycle import apply
from fermata.domain.transitions import Command, Status
from fermata.ports import AddSystemEvent, Change


def ended(engine: Engine, job: Job, command: Command, error: str | None, **facts: Any) -> JobUpdate:
    """The job, ended by the engine, with all that this leaves beside its own history."""
    final, event = apply(job, command, engine.clock.now(), error=error, **facts)
    final = replace(final, error=error)
    return JobUpdate(final, (event,), _failure(engine, final))


def _failure(engine: Engine, job: Job) -> tuple[Change, ...]:
    if job.status not in (Status.FAILED, Status.TIMED_OUT):
        return ()
    event = system_event(engine.clock.now(), SystemEventType.TASK_FAILED, job.error, job.workspace, job.id, job.id)
    return (AddSystemEvent(job.tenant, event), *health.failed(engine, job.tenant))
