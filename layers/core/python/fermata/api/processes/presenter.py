"""A job as the document of processes shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fermata.api.formatting import PROCESSES, zoned_time
from fermata.api.sentences import message
from fermata.control.engine import Engine
from fermata.domain.chunks import Counts
from fermata.domain.events import Event
from fermata.domain.jobs import Job
from fermata.domain.kind import Json
from fermata.domain.percentage import percentage
from fermata.domain.transitions import Status

MAX_TEXT = 200
"""Characters of a text in the input that are shown: a process may be sent again and again, its input may be large."""


def item(job: Job, counts: Counts) -> dict[str, Any]:
    """The process in a list."""
    return {
        **_head(job, counts),
        "created_at": zoned_time(job.created_at),
        "updated_at": zoned_time(max(job.updated_at, job.created_at)),
    }


def process(engine: Engine, job: Job, counts: Counts, then: Status | None = None) -> dict[str, Any]:
    """The process by itself; ``then``: the status it is shown with, if not that of now. Its progress is always that of now."""
    stage = job.plan.name or engine.kind(job.kind).stages[job.stage].name
    metadata = {
        "workspace_id": job.workspace,
        "input": _short(job.params),
        "stage": stage,
        "units": _units(counts),
    }
    shown = replace(job, status=then or job.status)
    status = {"status": PROCESSES[shown.status]}
    return {**_head(job, counts), **status, "metadata": metadata, "result_summary": _summary(shown, counts)}


def event(line: Event) -> dict[str, Any]:
    """A line of its history."""
    return {
        "id": line.number,
        "status": PROCESSES[Status(line.status)],
        "message": message(line),
        "created_at": zoned_time(line.at),
    }


def _head(job: Job, counts: Counts) -> dict[str, Any]:
    return {
        "id": job.number,
        "type": job.kind,
        "status": PROCESSES[job.status],
        "progress": percentage(job, counts),
    }


def _units(counts: Counts) -> dict[str, int]:
    return {
        "total": counts.total,
        "succeeded": counts.succeeded,
        "failed": counts.failed,
        "remaining": counts.remaining,
    }


def _summary(job: Job, counts: Counts) -> dict[str, Json]:
    """What came out: of the draft while it waits for review, of all once it is over."""
    if job.status is Status.WAITING_REVIEW:
        return {"succeeded": counts.succeeded, "failed": counts.failed}
    if not job.status.final:
        return {}
    if job.error is not None:
        return {"error": job.error}
    if job.result is None:
        return {}
    return job.result if isinstance(job.result, dict) else {"value": job.result}


def _short(value: Json) -> Json:
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else f"{value[:MAX_TEXT]}…"
    if isinstance(value, Mapping):
        return {name: _short(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_short(inner) for inner in value]
    return value
