"""Schedules: work that starts by the clock; and the one decision of what to do about the times that have come. Pure.

A trigger, be it on time, late, doubled or recovery's, only says that there may be something to decide. What is due follows from
the calendar and from how far it was decided before.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice, takewhile
from typing import Any

from fermata.domain import calendar
from fermata.domain.calendar import Calendar
from fermata.domain.errors import InvalidInput
from fermata.domain.holds import Hold
from fermata.domain.jobs import PRIORITY
from fermata.domain.kind import Json
from fermata.domain.notify import Notify

LATE = 900.0
"""Seconds after its time (and its window) from which on a time counts as missed."""

GRACE = 120.0
"""Seconds after its time (and its window) after which recovery decides what no trigger came for."""

MOST_CAUGHT_UP = 100
"""Missed times that are made up for, at most; older ones are skipped."""

MOST_COUNTED = 10_000
"""Times that one decision looks at; a longer span takes several."""

SHOWN = 5

TEMPLATE = re.compile(r"\{\{due:([^{}]*)\}\}")
BEGUN = re.compile(r"\{\{\s*due")
DIRECTIVES = frozenset("YmdHMSjGVuy")
"""Of strftime: numbers alone, which are the same wherever the program runs."""


def schedule_scope(id_: str) -> str:
    return f"schedule:{id_}"


class Overlap(StrEnum):
    """What happens to a time whose predecessor's job is still open."""

    SKIP = "skip"  # nothing starts
    QUEUE = "queue"  # one job starts after the open one; further times are skipped
    ALLOW = "allow"  # it starts beside it
    CANCEL = "cancel"  # the open one is cancelled first


class CatchUp(StrEnum):
    """Which of the times that were missed are made up for."""

    NONE = "none"
    LAST = "last"
    ALL = "all"  # at most the last hundred


class Outcome(StrEnum):
    """What became of a time."""

    STARTED = "started"  # its job was created
    SKIPPED = "skipped"  # the reason says why
    FAILED = "failed"  # its job could not be created


@dataclass(frozen=True)
class Work:
    """What a schedule starts; see :class:`fermata.control.starting.NewJob`.

    Attributes:
        sealed_secrets: the kind's secret parameters, encrypted.
    """

    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)
    workspace: str = "default"
    limit: int | None = None
    timeout: float | None = None
    max_failed_share: float | None = None
    rate: float | None = None
    rate_key: str | None = None
    priority: int = PRIORITY
    labels: Mapping[str, str] = field(default_factory=dict)
    sealed_secrets: str | None = None
    notify: tuple[Notify, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A schedule's whole record.

    Attributes:
        user, scopes, key: who made it, with which scopes, and by which API key (None: by a token).
        start, end: no time before the first and none from the second on; None: no bound.
        window: seconds within which each job may start, so that many schedules of one time don't fall on one moment.
        hold: keeps it from starting anything.
        decided: up to which moment it is decided what became of each time.
        recent: ids of the jobs it started last that may still be open.
        due_at: when recovery has to look; None: never.
        rev: number of its last change.
    All times are seconds since the epoch.
    """

    tenant: str
    id: str
    name: str
    user: str
    scopes: frozenset[str]
    expression: str
    work: Work
    created_at: float
    key: str | None = None
    timezone: str = "UTC"
    start: float | None = None
    end: float | None = None
    window: float = 0.0
    overlap: Overlap = Overlap.SKIP
    catch_up: CatchUp = CatchUp.NONE
    hold: Hold | None = None
    updated_at: float = 0.0
    decided: float = 0.0
    recent: tuple[str, ...] = ()
    deleted_at: float | None = None
    due_at: float | None = None
    rev: int = 0

    @property
    def calendar(self) -> Calendar:
        """A rate counts from the start, or from the minute after its creation."""
        anchor = self.start if self.start is not None else (self.created_at // 60 + 1) * 60
        return calendar.parse(self.expression, self.timezone, anchor)

    def times(self, after: float, most: int, through: float = math.inf) -> list[float]:
        """The times after a moment, up to another and at most so many; holds left out of account."""
        earliest = after if self.start is None else max(after, self.start - 1e-6)
        found = self.calendar.after(earliest)
        bounded = takewhile(lambda at: at <= through and (self.end is None or at < self.end), found)
        return list(islice(bounded, most))

    def held(self, now: float) -> bool:
        return self.hold is not None and self.hold.holds(now)


@dataclass(frozen=True)
class Firing:
    """A line of a schedule's history.

    Attributes:
        due: the time, of a span the first one.
        at: when it was decided.
        cause: ``clock``, ``run`` (somebody asked) or ``backfill``.
        job: that was created.
        through, count: last time and number of times of a span that was skipped.
    """

    due: float
    at: float
    outcome: Outcome
    cause: str = "clock"
    job: str | None = None
    reason: str | None = None
    through: float | None = None
    count: int = 1


@dataclass(frozen=True)
class Skip:
    """Start nothing for these times."""

    first: float
    through: float
    count: int
    reason: str


@dataclass(frozen=True)
class Fire:
    """Start what is due at this time, if the overlap allows it."""

    due: float


def decide(schedule: Schedule, now: float) -> Skip | Fire | None:
    """The next thing to do about the times that have come since ``schedule.decided``; None when all is decided."""
    due = schedule.times(schedule.decided, MOST_COUNTED, now)
    if not due:
        return None
    hold = schedule.hold
    if hold is not None:
        paused = [at for at in due if hold.since <= at and hold.holds(at)]
        if paused and paused[0] == due[0]:
            return _skip(paused, f"paused by {hold.owner}" + (f": {hold.reason}" if hold.reason else ""))
        due = [at for at in due if not paused or at < paused[0]]
    missed = [at for at in due if now - at > LATE + schedule.window]
    keep = {CatchUp.NONE: 0, CatchUp.LAST: int(len(missed) == len(due)), CatchUp.ALL: MOST_CAUGHT_UP}[schedule.catch_up]
    passed = missed[: len(missed) - keep] if keep else missed
    if passed:
        return _skip(passed, "missed: it was noticed too late")
    return Fire(due[0])


def _skip(times: list[float], reason: str) -> Skip:
    return Skip(times[0], times[-1], len(times), reason)


def due_at(schedule: Schedule) -> float | None:
    """When recovery has to look at it: some time after a trigger should have come, or at the end of its hold."""
    if schedule.deleted_at is not None:
        return None
    if schedule.hold is not None:
        return schedule.hold.until
    following = schedule.times(schedule.decided, 1)
    return following[0] + schedule.window + GRACE if following else None


def job_name(schedule: Schedule, due: float) -> str:
    """Of the one job of a time: whoever comes second finds it."""
    return f"{schedule.id}-{calendar.local(due, 'UTC'):%Y%m%dT%H%M%S}"


def filled(value: Json, due: float, timezone: str) -> Json:
    """A value with the due time, as the schedule's clocks show it, in place of each ``{{due:%Y-%m-%d}}`` in its texts."""
    if isinstance(value, str):
        at = calendar.local(due, timezone)
        return TEMPLATE.sub(lambda found: at.strftime(found[1]), value)
    if isinstance(value, list):
        return [filled(part, due, timezone) for part in value]
    if isinstance(value, dict):
        return {name: filled(part, due, timezone) for name, part in value.items()}
    return value


def check_templates(value: Json) -> None:
    """Raises InvalidInput for what begins as a template of the due time and is none."""
    if isinstance(value, str):
        for found in TEMPLATE.finditer(value):
            wrong = [mark for mark in re.findall(r"%(.?)", found[1], re.DOTALL) if mark not in DIRECTIVES]
            if wrong or not found[1]:
                known = " ".join(f"%{mark}" for mark in sorted(DIRECTIVES))
                raise InvalidInput("params", f"{{{{due:…}}}} takes {known}, and not %{wrong[0] if wrong else ''}")
        if BEGUN.search(TEMPLATE.sub("", value)):
            raise InvalidInput(
                "params", "a template of the due time is {{due:%Y-%m-%d}}, with any of strftime's numbers"
            )
    elif isinstance(value, list):
        for part in value:
            check_templates(part)
    elif isinstance(value, dict):
        for part in value.values():
            check_templates(part)
