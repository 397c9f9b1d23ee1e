"""Every route of the server that this client calls: what it takes and what it answers.

A test compares this table with the server's own description: no route, parameter or member is missing, and none is invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

if TYPE_CHECKING:
    from fermata_client import models

T = TypeVar("T")

FILTER = ("kind", "family", "status", "workspace", "held", "from", "to", "user", "label", "text", "failed_units")
HOLDING = ("reason", "until")
NOTE = ("reason",)
PAGE = ("cursor", "limit")
STREAM = "text/event-stream"
LAST = ("last_event_id",)


@dataclass(frozen=True)
class Route(Generic[T]):
    """A route.

    Attributes:
        answer: what a success is read as: the name of a model, ``Name[]`` for a list of them, ``{}`` for any object. Models
            are loaded when one is needed: building them takes longer than most requests.
        query, body: names of parameters and of members of the body.
        repeatable: sending a request a second time does no more than the first.
        streams: answers server-sent events.
    """

    method: str
    path: str
    answer: str
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
JOBS_CREATE: Route[models.Job] = Route(
    "POST",
    _JOBS,
    "Job",
    body=(
        *("kind", "params", "workspace", "files", "limit", "timeout", "max_failed_share", "rate", "rate_key"),
        *("priority", "labels", "after", "on_failure", "notify", "callback"),
    ),
)
JOBS_LIST: Route[models.JobPage] = Route("GET", _JOBS, "JobPage", (*FILTER, "sort", *PAGE))
JOBS_COUNTS: Route[models.StatusCounts] = Route(
    "GET", f"{_JOBS}/counts", "StatusCounts", ("family", "workspace", "from", "to")
)
JOBS_READ: Route[models.Job] = Route("GET", f"{_JOBS}/{{job_id}}", "Job")
JOBS_PAUSE: Route[models.Job] = Route("POST", f"{_JOBS}/{{job_id}}/pause", "Job", body=HOLDING, repeatable=False)
JOBS_RESUME: Route[models.Job] = Route("POST", f"{_JOBS}/{{job_id}}/resume", "Job", body=NOTE, repeatable=False)
JOBS_CANCEL: Route[models.Job] = Route("POST", f"{_JOBS}/{{job_id}}/cancel", "Job", body=NOTE, repeatable=False)
JOBS_RETRY: Route[models.Job] = Route(
    "POST",
    f"{_JOBS}/{{job_id}}/retry",
    "Job",
    body=("which", "stage", "units", "group", "secrets", "reason"),
    repeatable=False,
)
JOBS_REVIEW: Route[models.Job] = Route(
    "POST", f"{_JOBS}/{{job_id}}/review", "Job", body=("decision", "units", "reason"), repeatable=False
)
JOBS_EVENTS: Route[models.EventPage] = Route("GET", f"{_JOBS}/{{job_id}}/events", "EventPage", PAGE)
JOBS_STREAM: Route[models.Event] = Route("GET", f"{_JOBS}/{{job_id}}/stream", "Event", LAST, streams=True)
JOBS_WHY: Route[models.Why] = Route("GET", f"{_JOBS}/{{job_id}}/why", "Why")
JOBS_COST: Route[models.JobCost] = Route("GET", f"{_JOBS}/{{job_id}}/cost", "JobCost")
JOBS_RESULTS: Route[models.ResultPage] = Route(
    "GET", f"{_JOBS}/{{job_id}}/results", "ResultPage", ("stage", "failed", *PAGE, "format", "raw")
)
JOBS_UNITS: Route[models.UnitStatePage] = Route(
    "GET", f"{_JOBS}/{{job_id}}/units", "UnitStatePage", ("stage", "status", "chunk", *PAGE)
)
JOBS_CHUNKS: Route[models.ChunkPage] = Route(
    "GET", f"{_JOBS}/{{job_id}}/chunks", "ChunkPage", ("stage", "status", *PAGE)
)
JOBS_UNIT: Route[models.UnitDetail] = Route("GET", f"{_JOBS}/{{job_id}}/units/{{number}}", "UnitDetail", ("stage",))
JOBS_ERRORS: Route[models.JobErrors] = Route("GET", f"{_JOBS}/{{job_id}}/errors", "JobErrors")
_MANY = ("filter", "ids", "dry_run", *PAGE)
JOBS_PAUSE_MANY: Route[models.OutcomePage] = Route(
    "POST", f"{_JOBS}/pause", "OutcomePage", body=(*_MANY, *HOLDING), repeatable=False
)
JOBS_RESUME_MANY: Route[models.OutcomePage] = Route(
    "POST", f"{_JOBS}/resume", "OutcomePage", body=(*_MANY, "reason"), repeatable=False
)
JOBS_CANCEL_MANY: Route[models.OutcomePage] = Route(
    "POST", f"{_JOBS}/cancel", "OutcomePage", body=(*_MANY, "reason"), repeatable=False
)

JOBS_RETRY_MANY: Route[models.OutcomePage] = Route(
    "POST", f"{_JOBS}/retry", "OutcomePage", body=(*_MANY, "which", "reason"), repeatable=False
)

KINDS_LIST: Route[models.KindList] = Route("GET", "/api/v1/kinds", "KindList")
KINDS_READ: Route[models.Kind] = Route("GET", "/api/v1/kinds/{name}", "Kind")

_BATCH = "/api/batch/jobs/{job_id}"
BATCHES_START: Route[models.BatchStarted] = Route(
    "POST",
    "/api/batch/start",
    "BatchStarted",
    body=("documents", "documents_url", "config", "column_mapping", "job_id"),
)
BATCHES_CHECK: Route[models.CheckedPaths] = Route("POST", "/api/batch/validate-paths", "CheckedPaths", body=("paths",))
BATCHES_ACTIVE: Route[models.ActiveBatches] = Route("GET", "/api/batch/active", "ActiveBatches")
BATCHES_STATUS: Route[models.Batch] = Route("GET", f"{_BATCH}/status", "Batch")
BATCHES_PAUSE: Route[models.BatchMessage] = Route(
    "POST", f"{_BATCH}/pause", "BatchMessage", body=NOTE, repeatable=False
)
BATCHES_RESUME: Route[models.BatchMessage] = Route(
    "POST", f"{_BATCH}/resume", "BatchMessage", body=NOTE, repeatable=False
)
BATCHES_CANCEL: Route[models.BatchCancelled] = Route(
    "POST", f"{_BATCH}/cancel", "BatchCancelled", body=NOTE, repeatable=False
)
BATCHES_RESULTS: Route[models.DocumentPage] = Route(
    "GET", f"{_BATCH}/results", "DocumentPage", (*PAGE, "format", "raw")
)

_SOURCES = "/api/v1/sources"
SOURCES_CREATE: Route[models.SourceCreated] = Route(
    "POST", _SOURCES, "SourceCreated", body=("title", "uri", "text", "workspace_id")
)
SOURCES_LIST: Route[models.SourcePage] = Route("GET", _SOURCES, "SourcePage", ("workspace_id", *PAGE))
SOURCES_READ: Route[models.Source] = Route("GET", f"{_SOURCES}/{{source_id}}", "Source")
SOURCES_DELETE: Route[models.SourceDeleted] = Route(
    "DELETE", f"{_SOURCES}/{{source_id}}", "SourceDeleted", NOTE, repeatable=False
)
SOURCES_PAUSE: Route[models.SourcePaused] = Route(
    "POST", f"{_SOURCES}/{{source_id}}/pause", "SourcePaused", body=HOLDING
)
SOURCES_RESUME: Route[models.SourcePaused] = Route(
    "POST", f"{_SOURCES}/{{source_id}}/resume", "SourcePaused", body=NOTE
)
SOURCES_PAUSE_MANY: Route[models.SourceCount] = Route(
    "POST", f"{_SOURCES}/pause", "SourceCount", body=("source_ids", *HOLDING)
)
SOURCES_RESUME_MANY: Route[models.SourceCount] = Route(
    "POST", f"{_SOURCES}/resume", "SourceCount", body=("source_ids", "reason")
)

SEARCH: Route[models.Passages] = Route("GET", "/api/v1/search", "Passages", ("q", "workspace", "limit"))
RECORDS_READ: Route[models.RecordPage] = Route(
    "GET", "/api/v1/records/{table}", "RecordPage", ("workspace", *PAGE, "format", "raw")
)

SYSTEM_READ: Route[models.Overview] = Route("GET", "/api/v1/system", "Overview")
_SYSTEM = "/api/v1/system/processing"
SYSTEM_PAUSE: Route[models.SystemPaused] = Route("POST", f"{_SYSTEM}/pause", "SystemPaused", body=HOLDING)
SYSTEM_RESUME: Route[models.SystemPaused] = Route("POST", f"{_SYSTEM}/resume", "SystemPaused", body=NOTE)
SYSTEM_STATUS: Route[models.SystemStatus] = Route("GET", f"{_SYSTEM}/status", "SystemStatus")
SYSTEM_EVENTS: Route[list[models.SystemEvent]] = Route(
    "GET", f"{_SYSTEM}/events", "SystemEvent[]", ("event_type", "limit", "about")
)
SYSTEM_CLEAR: Route[models.SystemCleared] = Route("DELETE", f"{_SYSTEM}/events", "SystemCleared", repeatable=False)

_AUDIT = "/api/v1/audit"
AUDIT_LIST: Route[models.AuditPage] = Route(
    "GET", _AUDIT, "AuditPage", ("action", "target", "user", "outcome", "from", "to", *PAGE, "format")
)
AUDIT_VERIFY: Route[models.Verification] = Route(
    "GET", f"{_AUDIT}/verification", "Verification", ("last", "hash", "chain")
)

_TASKS = "/api/v1/tasks"
TASKS_CREATE: Route[models.TaskEnvelope] = Route(
    "POST", _TASKS, "TaskEnvelope", body=("project_id", "task_type", "params")
)
TASKS_LIST: Route[models.TaskListEnvelope] = Route(
    "GET", _TASKS, "TaskListEnvelope", ("project_id", "status", "limit", "page", "page_size")
)
TASKS_READ: Route[models.TaskEnvelope] = Route("GET", f"{_TASKS}/{{id}}", "TaskEnvelope")
TASKS_CANCEL: Route[models.EmptyEnvelope] = Route(
    "POST", f"{_TASKS}/{{id}}/cancel", "EmptyEnvelope", body=NOTE, repeatable=False
)
TASKS_PAUSE: Route[models.TaskSignal] = Route(
    "POST", f"{_TASKS}/{{id}}/pause", "TaskSignal", body=NOTE, repeatable=False
)
TASKS_RESUME: Route[models.TaskSignal] = Route(
    "POST", f"{_TASKS}/{{id}}/resume", "TaskSignal", body=NOTE, repeatable=False
)
TASKS_CONTROL_STATE: Route[models.TaskControlState] = Route("GET", f"{_TASKS}/{{id}}/control-state", "TaskControlState")
TASKS_STREAM: Route[dict[str, Any]] = Route("GET", f"{_TASKS}/{{id}}/stream", "{}", LAST, streams=True)

_PROCESSES = "/processes"
PROCESSES_CREATE: Route[models.Process] = Route("POST", _PROCESSES, "Process", body=("type", "workspace_id", "input"))
PROCESSES_LIST: Route[list[models.ProcessItem]] = Route(
    "GET", _PROCESSES, "ProcessItem[]", ("workspace_id", "status", "limit")
)
PROCESSES_READ: Route[models.Process] = Route("GET", f"{_PROCESSES}/{{id}}", "Process", ("workspace_id",))
PROCESSES_EVENTS: Route[list[models.ProcessEvent]] = Route(
    "GET", f"{_PROCESSES}/{{id}}/events", "ProcessEvent[]", ("workspace_id",)
)
PROCESSES_RETRY: Route[models.Process] = Route(
    "POST", f"{_PROCESSES}/{{id}}/retry", "Process", ("workspace_id",), NOTE, repeatable=False
)
PROCESSES_CANCEL: Route[models.Process] = Route(
    "POST", f"{_PROCESSES}/{{id}}/cancel", "Process", ("workspace_id",), NOTE, repeatable=False
)
PROCESSES_REVIEW: Route[models.Process] = Route(
    "POST",
    f"{_PROCESSES}/{{id}}/review",
    "Process",
    ("workspace_id",),
    body=("decision", "units", "reason"),
    repeatable=False,
)
PROCESSES_STREAM: Route[models.Process] = Route(
    "GET", f"{_PROCESSES}/{{id}}/stream", "Process", ("workspace_id", *LAST), streams=True
)

STREAM_TENANT: Route[dict[str, Any]] = Route(
    "GET",
    "/api/v1/stream",
    "{}",
    ("kind", "family", "workspace", "status", "job", "types", "failed_units", "progress", *LAST),
    streams=True,
)
STREAM_WORKFLOWS: Route[dict[str, Any]] = Route(
    "GET", "/api/v1/stream/sse", "{}", ("workflow_id", "types", *LAST), streams=True
)

_KEYS = "/api/v1/keys"
KEYS_CREATE: Route[models.ApiKeyCreated] = Route(
    "POST", _KEYS, "ApiKeyCreated", body=("user", "scopes", "label", "expires_at"), repeatable=False
)
KEYS_LIST: Route[models.ApiKeyList] = Route("GET", _KEYS, "ApiKeyList")
KEYS_REVOKE: Route[models.ApiKey] = Route("DELETE", f"{_KEYS}/{{key_id}}", "ApiKey", NOTE)

_SESSION = "/api/v1/session"
SESSION_METHODS: Route[models.SignInMethods] = Route("GET", f"{_SESSION}/methods", "SignInMethods")
SESSION_CREATE: Route[models.SessionInfo] = Route("POST", _SESSION, "SessionInfo", body=("api_key",), repeatable=False)
SESSION_READ: Route[models.SessionInfo] = Route("GET", _SESSION, "SessionInfo")
SESSION_DELETE: Route[models.SignedOut] = Route("DELETE", _SESSION, "SignedOut", repeatable=False)
SESSION_TICKET: Route[models.StreamTicket] = Route("POST", f"{_SESSION}/stream-ticket", "StreamTicket")

_SCHEDULES = "/api/v1/schedules"
_SCHEDULE = f"{_SCHEDULES}/{{schedule_id}}"
_SCHEDULED = (
    *("name", "expression", "timezone", "start", "end", "window_minutes", "overlap", "catch_up", "job", "secrets"),
)
SCHEDULES_CREATE: Route[models.Schedule] = Route("POST", _SCHEDULES, "Schedule", body=_SCHEDULED)
SCHEDULES_LIST: Route[models.ScheduleList] = Route("GET", _SCHEDULES, "ScheduleList")
SCHEDULES_READ: Route[models.Schedule] = Route("GET", _SCHEDULE, "Schedule")
SCHEDULES_CHANGE: Route[models.Schedule] = Route("PATCH", _SCHEDULE, "Schedule", body=_SCHEDULED)
SCHEDULES_DELETE: Route[models.ScheduleDeleted] = Route("DELETE", _SCHEDULE, "ScheduleDeleted", NOTE, repeatable=False)
SCHEDULES_PAUSE: Route[models.Schedule] = Route("POST", f"{_SCHEDULE}/pause", "Schedule", body=HOLDING)
SCHEDULES_RESUME: Route[models.Schedule] = Route("POST", f"{_SCHEDULE}/resume", "Schedule", body=NOTE, repeatable=False)
SCHEDULES_RUN: Route[models.ScheduleStarted] = Route("POST", f"{_SCHEDULE}/run", "ScheduleStarted")
SCHEDULES_BACKFILL: Route[models.Backfilled] = Route(
    "POST", f"{_SCHEDULE}/backfill", "Backfilled", body=("from", "to", "dry_run")
)
SCHEDULES_HISTORY: Route[models.FiringPage] = Route("GET", f"{_SCHEDULE}/history", "FiringPage", PAGE)

_WEBHOOKS = "/api/v1/webhooks"
_WEBHOOK = f"{_WEBHOOKS}/{{webhook_id}}"
_DELIVERIES = f"{_WEBHOOK}/deliveries"
_RECEIVER = ("name", "url", "events", "kinds", "workspaces", "labels", "format")
WEBHOOKS_CREATE: Route[models.WebhookCreated] = Route("POST", _WEBHOOKS, "WebhookCreated", body=_RECEIVER)
WEBHOOKS_LIST: Route[models.WebhookList] = Route("GET", _WEBHOOKS, "WebhookList")
WEBHOOKS_READ: Route[models.Webhook] = Route("GET", _WEBHOOK, "Webhook")
WEBHOOKS_CHANGE: Route[models.Webhook] = Route("PATCH", _WEBHOOK, "Webhook", body=_RECEIVER)
WEBHOOKS_DELETE: Route[models.WebhookDeleted] = Route("DELETE", _WEBHOOK, "WebhookDeleted", NOTE, repeatable=False)
WEBHOOKS_ENABLE: Route[models.Webhook] = Route("POST", f"{_WEBHOOK}/enable", "Webhook", body=NOTE)
WEBHOOKS_DISABLE: Route[models.Webhook] = Route("POST", f"{_WEBHOOK}/disable", "Webhook", body=("reason",))
WEBHOOKS_TEST: Route[models.Delivery] = Route("POST", f"{_WEBHOOK}/test", "Delivery", repeatable=False)
WEBHOOKS_SECRET: Route[models.WebhookSecret] = Route(
    "POST", f"{_WEBHOOK}/secret", "WebhookSecret", body=("overlap_hours",), repeatable=False
)
WEBHOOKS_DELIVERIES: Route[models.DeliveryPage] = Route("GET", _DELIVERIES, "DeliveryPage", ("state", *PAGE))
WEBHOOKS_DELIVERY: Route[models.DeliveryDetail] = Route("GET", f"{_DELIVERIES}/{{delivery_id}}", "DeliveryDetail")
WEBHOOKS_RESEND: Route[models.Delivery] = Route(
    "POST", f"{_DELIVERIES}/{{delivery_id}}/resend", "Delivery", repeatable=False
)
WEBHOOKS_RESEND_MANY: Route[models.Resent] = Route(
    "POST", f"{_DELIVERIES}/resend", "Resent", body=("ids",), repeatable=False
)

HEALTH: Route[models.Health] = Route("GET", "/health", "Health")

ROUTES: Mapping[str, Route[Any]] = {name: value for name, value in globals().items() if isinstance(value, Route)}
"""All of them, by name."""
