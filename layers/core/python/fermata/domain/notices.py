"""What others are told of: a notice for each line of a job's history, of a tenant's system history, and of a schedule's. Pure.

The lines are stored together with the changes that they tell of; a notice is made of what is stored, so none is told that did not
happen, and none is forgotten. Each has an id that is the same however often it is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fermata.domain.events import Event, EventType, SystemEvent, SystemEventType
from fermata.domain.jobs import Job
from fermata.domain.schedules import Firing, Outcome
from fermata.domain.transitions import Status

VERSION = 1
"""Of the details; it changes when a member goes or means something else, and not when one is added."""


@dataclass(frozen=True)
class Notice:
    """One thing that happened.

    Attributes:
        id: the same each time that it is told.
        type: ``job.<type of event>``, ``system.<type of event>``, ``schedule.<outcome>`` or ``webhook.test``.
        group: what it is about: notices of one group are told in order.
        at: seconds since the epoch.
        detail: JSON; see :data:`SCHEMAS`.
    """

    id: str
    type: str
    tenant: str
    group: str
    at: float
    detail: Mapping[str, Any]


def of_job(job: Job, event: Event) -> Notice:
    """``job``: as it is when it is told, which may be later than the event; ``status`` in the detail is the event's."""
    about = {
        "id": job.id,
        "family": job.family,
        "kind": job.kind,
        "workspace": job.workspace,
        "user": job.user,
        "labels": dict(job.labels),
    }
    facts = {"job": about, "number": event.number, "status": event.status, "data": dict(event.data)}
    return _notice(f"job.{event.type.value}", job.tenant, job.id, str(event.number), event.at, facts)


def of_system(tenant: str, event: SystemEvent) -> Notice:
    facts = {"workspace": event.workspace, "reason": event.reason, "about": event.about}
    return _notice(f"system.{event.type.value}", tenant, "system", event.id, event.at, facts)


def of_schedule(tenant: str, id_: str, line: Firing) -> Notice:
    facts = {
        "schedule": {"id": id_},
        "due_at": _time(line.due),
        "cause": line.cause,
        "job_id": line.job,
        "reason": line.reason,
        "count": line.count,
    }
    return _notice(f"schedule.{line.outcome.value}", tenant, id_, f"{line.due:.6f}", line.at, facts)


def of_webhook(tenant: str, id_: str, name: str, test: str, at: float) -> Notice:
    """A test, which goes to that webhook alone; ``test`` tells it from others."""
    facts = {"webhook": {"id": id_, "name": name}}
    return _notice("webhook.test", tenant, id_, f"test-{test}", at, facts)


def _notice(type_: str, tenant: str, group: str, name: str, at: float, facts: Mapping[str, Any]) -> Notice:
    id_ = f"{tenant}/{group}/{name}"
    detail = {"version": VERSION, "id": id_, "type": type_, "tenant": tenant, "at": _time(at), **facts}
    return Notice(id_, type_, tenant, f"{tenant}/{group}", at, detail)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# JSON Schemas of the details. --------------------------------------------------------------------------------------------

TEXT: Mapping[str, Any] = {"type": "string"}
TIME: Mapping[str, Any] = {"type": "string", "format": "date-time"}
MAYBE: Mapping[str, Any] = {"type": ["string", "null"]}


def _schema(title: str, types: list[str], members: Mapping[str, Any]) -> Mapping[str, Any]:
    common = {
        "version": {"const": VERSION},
        "id": {**TEXT, "description": "The same each time that it is told: deduplicate by it."},
        "type": {"enum": types, "description": "Also the detail-type."},
        "tenant": TEXT,
        "at": TIME,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "properties": {**common, **members},
        "required": [*common, *members],
    }


SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "job": _schema(
        "A line of a job's history",
        [f"job.{type_.value}" for type_ in EventType],
        {
            "job": {
                "type": "object",
                "properties": {
                    **dict.fromkeys(("id", "family", "kind", "workspace", "user"), TEXT),
                    "labels": {"type": "object", "additionalProperties": TEXT},
                },
                "required": ["id", "family", "kind", "workspace", "user", "labels"],
            },
            "number": {"type": "integer", "minimum": 1, "description": "Rises by one with each line of the job."},
            "status": {"enum": [status.value for status in Status], "description": "Of the job after it."},
            "data": {"type": "object", "description": "Facts of the type: reason, checkpoint, counts and the like."},
        },
    ),
    "system": _schema(
        "A line of a tenant's system history",
        [f"system.{type_.value}" for type_ in SystemEventType],
        {"workspace": TEXT, "reason": MAYBE, "about": MAYBE},
    ),
    "schedule": _schema(
        "What became of a schedule's time",
        [f"schedule.{outcome.value}" for outcome in Outcome],
        {
            "schedule": {"type": "object", "properties": {"id": TEXT}, "required": ["id"]},
            "due_at": TIME,
            "cause": {"enum": ["clock", "run", "backfill"]},
            "job_id": MAYBE,
            "reason": MAYBE,
            "count": {"type": "integer", "minimum": 1},
        },
    ),
    "webhook": _schema(
        "A test of a webhook, which that webhook alone is sent",
        ["webhook.test"],
        {
            "webhook": {
                "type": "object",
                "properties": {"id": TEXT, "name": TEXT},
                "required": ["id", "name"],
            }
        },
    ),
}
"""By the first part of the type; ``events/schemas`` has each as a file."""
