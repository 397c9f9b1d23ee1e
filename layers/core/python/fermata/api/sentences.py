"""Lines of a job's history in words, for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fermata.domain.events import Event, EventType


def message(line: Event) -> str:
    """What happened, in words."""
    said = SENTENCES[line.type](line.data)
    reason = line.data.get("reason")
    return f"{said}: {reason}" if reason else said


SENTENCES: Mapping[EventType, Callable[[Mapping[str, Any]], str]] = {
    EventType.CREATED: lambda data: f"Created by {data['user']}" if data.get("user") else "Created",
    EventType.STARTED: lambda data: "Started",
    EventType.STAGE: lambda data: f"Stage {data.get('stage')} has {data.get('units')} units",
    EventType.PAUSING: lambda data: "Pause asked for",
    EventType.PAUSED: lambda data: f"Paused at checkpoint {data.get('checkpoint')}",
    EventType.RESUMED: lambda data: "Resumed",
    EventType.UNHELD: lambda data: "Pause removed; still held: " + ", ".join(h["scope"] for h in data["still_held"]),
    EventType.WAITING_REVIEW: lambda data: f"Waiting for review before stage {data.get('stage')}",
    EventType.APPROVED: lambda data: f"Approved by {data.get('user')}",
    EventType.REJECTED: lambda data: f"Rejected by {data.get('user')}",
    EventType.COMPLETED: lambda data: (
        f"Completed: {data.get('succeeded')} units succeeded, {data.get('failed')} failed"
    ),
    EventType.FAILED: lambda data: f"Failed: {data.get('error')}",
    EventType.CANCELLED: lambda data: "Cancelled",
    EventType.TIMED_OUT: lambda data: f"Out of time: {data.get('error')}",
    EventType.RETRIED: lambda data: "Retried",
    EventType.RECOVERED: lambda data: "Recovered: work of a lost worker is queued again",
}
