"""Triggers of schedules: one schedule each in the stack's group of EventBridge Scheduler."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fermata.adapters.aws.clients import Clients, SystemClock
from fermata.adapters.aws.errors import translated
from fermata.domain import calendar
from fermata.domain.errors import NotFound, ServiceFailed
from fermata.domain.schedules import Schedule
from fermata.ports import Clock

RETRIES, MAX_AGE = 20, 3600
"""Of one trigger; recovery makes up for one that never comes."""


@dataclass(frozen=True)
class EventBridgeScheduler:
    """Implements :class:`fermata.ports.Scheduler`.

    Attributes:
        group, target, role: names the group of schedules, and the addresses of the function that they call and of the role that
            lets them. None in a function that sets no schedules.
    """

    group: str | None
    target: str | None
    role: str | None
    clients: Clients
    clock: Clock = field(default_factory=SystemClock)

    def put(self, schedule: Schedule) -> None:
        settings = self._settings(schedule)
        with translated("schedule", schedule.id):
            try:
                self.clients.scheduler.update_schedule(**settings)
            except self.clients.scheduler.exceptions.ResourceNotFoundException:
                self.clients.scheduler.create_schedule(**settings)

    def remove(self, tenant: str, id_: str) -> None:
        with suppress(NotFound), translated("schedule", id_):
            self.clients.scheduler.delete_schedule(GroupName=self._group(), Name=_name(tenant, id_))

    def _settings(self, schedule: Schedule) -> dict[str, Any]:
        expression = schedule.expression
        window: dict[str, Any] = {"Mode": "OFF"}
        if schedule.window:
            window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": round(schedule.window / 60)}
        settings: dict[str, Any] = {
            "GroupName": self._group(),
            "Name": _name(schedule.tenant, schedule.id),
            "ScheduleExpression": expression.strip(),
            "ScheduleExpressionTimezone": schedule.timezone,
            "FlexibleTimeWindow": window,
            # One that is paused for a time stays on: what its triggers find to do is to be skipped.
            "State": "DISABLED" if schedule.hold is not None and schedule.hold.until is None else "ENABLED",
            "ActionAfterCompletion": "NONE",
            "Target": {
                "Arn": self.target,
                "RoleArn": self.role,
                "Input": json.dumps({"schedule": {"tenant": schedule.tenant, "id": schedule.id}}),
                "RetryPolicy": {"MaximumRetryAttempts": RETRIES, "MaximumEventAgeInSeconds": MAX_AGE},
            },
        }
        return settings | self._bounds(schedule)

    def _bounds(self, schedule: Schedule) -> dict[str, Any]:
        """From its next time on, and until its end. A beginning that is over for more than five minutes is refused by AWS."""
        if isinstance(schedule.calendar, calendar.At):
            return {}
        upcoming = schedule.times(self.clock.now(), 1)
        if not upcoming:
            return {"State": "DISABLED"}
        bounds: dict[str, Any] = {}
        if schedule.start is not None or isinstance(schedule.calendar, calendar.Rate):
            bounds["StartDate"] = datetime.fromtimestamp(upcoming[0], UTC)
        if schedule.end is not None:
            bounds["EndDate"] = datetime.fromtimestamp(schedule.end, UTC)
        return bounds

    def _group(self) -> str:
        if self.group is None or self.target is None or self.role is None:
            raise ServiceFailed("this function sets no schedules")
        return self.group


def _name(tenant: str, id_: str) -> str:
    """Of 64 characters at most; ids are unique in their tenant only."""
    return f"{id_[:47]}-{hashlib.sha256(f'{tenant}|{id_}'.encode()).hexdigest()[:16]}"
