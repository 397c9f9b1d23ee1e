"""Every route of the server that this client calls: what it takes and what it answers.

A test compares this table with the server's own description: no route, parameter or member is missing, and none is invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from fermata_client import models

T = TypeVar("T")

FILTER = ("kind", "family", "status", "workspace", "held", "from", "to")
HOLDING = ("reason", "until")
PAGE = ("cursor", "limit")
STREAM = "text/event-stream"


@dataclass(frozen=True)
class Route(Generic[T]):
    """A route.

    Attributes:
        answer: what a success is read as.
        query, body: names of parameters and of members of the body.
        repeatable: sending a request a second time does no more than the first.
        streams: answers server-sent events.
    """

    method: str
    path: str
    answer: type[T]
    query: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    repeatable: bool = True
    streams: bool = False

    def at(self, **ids: str | int) -> str:
        """The path, with these ids in it."""
        return self.path.format_map({name: quote(str(value), safe=":") for name, value in ids.items()})


def given(names: tuple[str, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are there. Raises TypeError for one that the route does not know."""
    if unknown := values.keys() - set(names):
        raise TypeError(f"the route does not take {', '.join(sorted(unknown))}")
    return {name: value for name, value in values.items() if value is not None}


_JOBS = "/api/v1/jobs"
JOBS_CREATE = Route(
    "POST",
    _JOBS,
    models.Job,
    body=("kind", "params", "workspace", "files", "limit", "timeout", "max_failed_share"),
)
JOBS_LIST = Route("GET", _JOBS, models.JobPage, (*FILTER, *PAGE))
JOBS_READ = Route("GET", f"{_JOBS}/{{job_id}}", models.Job)
JOBS_PAUSE = Route("POST", f"{_JOBS}/{{job_id}}/pause", models.Job, body=HOLDING, repeatable=False)
JOBS_RESUME = Route("POST", f"{_JOBS}/{{job_id}}/resume", models.Job, repeatable=False)
JOBS_CANCEL = Route("POST", f"{_JOBS}/{{job_id}}/cancel", models.Job, body=("reason",), repeatable=False)
JOBS_RETRY = Route(
    "POST", f"{_JOBS}/{{job_id}}/retry", models.Job, body=("which", "stage", "units", "secrets"), repeatable=False
)
JOBS_REVIEW = Route(
    "POST", f"{_JOBS}/{{job_id}}/review", models.Job, body=("decision", "units", "reason"), repeatable=False
)
JOBS_EVENTS = Route("GET", f"{_JOBS}/{{job_id}}/events", models.EventPage, PAGE)
JOBS_STREAM = Route("GET", f"{_JOBS}/{{job_id}}/stream", models.Event, streams=True)
JOBS_WHY = Route("GET", f"{_JOBS}/{{job_id}}/why", models.Why)
JOBS_RESULTS = Route("GET", f"{_JOBS}/{{job_id}}/results", models.UnitPage, ("stage", "failed", *PAGE, "format"))
_MANY = ("filter", "dry_run", *PAGE)
JOBS_PAUSE_MANY = Route("POST", f"{_JOBS}/pause", models.OutcomePage, body=(*_MANY, *HOLDING), repeatable=False)
JOBS_RESUME_MANY = Route("POST", f"{_JOBS}/resume", models.OutcomePage, body=_MANY, repeatable=False)
JOBS_CANCEL_MANY = Route("POST", f"{_JOBS}/cancel", models.OutcomePage, body=(*_MANY, "reason"), repeatable=False)

KINDS_LIST = Route("GET", "/api/v1/kinds", models.KindList)
KINDS_READ = Route("GET", "/api/v1/kinds/{name}", models.Kind)

_BATCH = "/api/batch/jobs/{job_id}"
BATCHES_START = Route(
    "POST",
    "/api/batch/start",
    models.BatchStarted,
    body=("documents", "documents_url", "config", "column_mapping", "job_id"),
)
BATCHES_ACTIVE = Route("GET", "/api/batch/active", models.ActiveBatches)
BATCHES_STATUS = Route("GET", f"{_BATCH}/status", models.Batch)
BATCHES_PAUSE = Route("POST", f"{_BATCH}/pause", models.BatchMessage, repeatable=False)
BATCHES_RESUME = Route("POST", f"{_BATCH}/resume", models.BatchMessage, repeatable=False)
BATCHES_CANCEL = Route("POST", f"{_BATCH}/cancel", models.BatchCancelled, repeatable=False)
BATCHES_RESULTS = Route("GET", f"{_BATCH}/results", models.DocumentPage, (*PAGE, "format"))

_SOURCES = "/api/v1/sources"
SOURCES_CREATE = Route(
    "POST", _SOURCES, models.SourceCreated, body=("title", "uri", "text", "workspace_id"), repeatable=False
)
SOURCES_LIST = Route("GET", _SOURCES, models.SourcePage, ("workspace_id", *PAGE))
SOURCES_READ = Route("GET", f"{_SOURCES}/{{source_id}}", models.Source)
SOURCES_DELETE = Route("DELETE", f"{_SOURCES}/{{source_id}}", models.SourceDeleted, repeatable=False)
SOURCES_PAUSE = Route("POST", f"{_SOURCES}/{{source_id}}/pause", models.SourcePaused, body=HOLDING)
SOURCES_RESUME = Route("POST", f"{_SOURCES}/{{source_id}}/resume", models.SourcePaused)
SOURCES_PAUSE_MANY = Route("POST", f"{_SOURCES}/pause", models.SourceCount, body=("source_ids", *HOLDING))
SOURCES_RESUME_MANY = Route("POST", f"{_SOURCES}/resume", models.SourceCount, body=("source_ids",))

SEARCH = Route("GET", "/api/v1/search", models.Passages, ("q", "workspace", "limit"))
RECORDS_READ = Route("GET", "/api/v1/records/{table}", models.RecordPage, ("workspace", *PAGE))

_SYSTEM = "/api/v1/system/processing"
SYSTEM_PAUSE = Route("POST", f"{_SYSTEM}/pause", models.SystemPaused, body=HOLDING)
SYSTEM_RESUME = Route("POST", f"{_SYSTEM}/resume", models.SystemPaused)
SYSTEM_STATUS = Route("GET", f"{_SYSTEM}/status", models.SystemStatus)
SYSTEM_EVENTS = Route("GET", f"{_SYSTEM}/events", list[models.SystemEvent], ("event_type", "limit"))
SYSTEM_CLEAR = Route("DELETE", f"{_SYSTEM}/events", models.SystemCleared, repeatable=False)

_AUDIT = "/api/v1/audit"
AUDIT_LIST = Route(
    "GET", _AUDIT, models.AuditPage, ("action", "target", "user", "outcome", "from", "to", *PAGE, "format")
)
AUDIT_VERIFY = Route("GET", f"{_AUDIT}/verification", models.Verification, ("last", "hash"))

_TASKS = "/api/v1/tasks"
TASKS_CREATE = Route("POST", _TASKS, models.TaskEnvelope, body=("project_id", "task_type", "params"), repeatable=False)
TASKS_LIST = Route("GET", _TASKS, models.TaskListEnvelope, ("project_id", "status", "limit"))
TASKS_READ = Route("GET", f"{_TASKS}/{{id}}", models.TaskEnvelope)
TASKS_CANCEL = Route("POST", f"{_TASKS}/{{id}}/cancel", models.EmptyEnvelope, repeatable=False)
TASKS_PAUSE = Route("POST", f"{_TASKS}/{{id}}/pause", models.TaskSignal, body=("reason",), repeatable=False)
TASKS_RESUME = Route("POST", f"{_TASKS}/{{id}}/resume", models.TaskSignal, body=("reason",), repeatable=False)
TASKS_CONTROL_STATE = Route("GET", f"{_TASKS}/{{id}}/control-state", models.TaskControlState)
TASKS_STREAM = Route("GET", f"{_TASKS}/{{id}}/stream", dict[str, models.Json], streams=True)

_PROCESSES = "/processes"
PROCESSES_CREATE = Route("POST", _PROCESSES, models.Process, body=("type", "workspace_id", "input"), repeatable=False)
PROCESSES_LIST = Route("GET", _PROCESSES, list[models.ProcessItem], ("workspace_id", "status", "limit"))
PROCESSES_READ = Route("GET", f"{_PROCESSES}/{{id}}", models.Process)
PROCESSES_EVENTS = Route("GET", f"{_PROCESSES}/{{id}}/events", list[models.ProcessEvent])
PROCESSES_RETRY = Route("POST", f"{_PROCESSES}/{{id}}/retry", models.Process, repeatable=False)
PROCESSES_CANCEL = Route("POST", f"{_PROCESSES}/{{id}}/cancel", models.Process, repeatable=False)
PROCESSES_REVIEW = Route(
    "POST", f"{_PROCESSES}/{{id}}/review", models.Process, body=("decision", "units", "reason"), repeatable=False
)
PROCESSES_STREAM = Route("GET", f"{_PROCESSES}/{{id}}/stream", models.Process, streams=True)

HEALTH = Route("GET", "/health", models.Health)

ROUTES: Mapping[str, Route[Any]] = {name: value for name, value in globals().items() if isinstance(value, Route)}
"""All of them, by name."""
