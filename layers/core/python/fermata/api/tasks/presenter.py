"""A job as the envelope shows it."""

from __future__ import annotations

from typing import Any

from fermata.api.formatting import TASKS, naive_time
from fermata.api.tasks.family import project_of
from fermata.domain.chunks import Counts
from fermata.domain.jobs import Job
from fermata.domain.kind import Json


def item(job: Job, counts: Counts) -> dict[str, Any]:
    """The task in a list."""
    return {
        "id": job.number,
        "project_id": project_of(job),
        "task_type": job.kind,
        "status": TASKS[job.status],
        "progress": counts.settled,
        "total": counts.total,
        "created_at": naive_time(job.created_at),
    }


def detail(job: Job, counts: Counts) -> dict[str, Any]:
    """The task by itself."""
    return item(job, counts) | {
        "params": dict(job.params),
        "result": _object(job.result),
        "error_message": job.error or "",
        "started_at": _time(job.started_at),
        "completed_at": _time(job.finished_at),
    }


def _object(result: Json) -> dict[str, Json]:
    if result is None:
        return {}
    return result if isinstance(result, dict) else {"value": result}


def _time(at: float | None) -> str | None:
    return None if at is None else naive_time(at)
