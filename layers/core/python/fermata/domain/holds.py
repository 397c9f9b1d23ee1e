"""Holds: reasons not to proceed. A job may proceed when it has none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

LOOK_AGE = 0.5
"""Seconds that a worker's look at the holds is good for: no unit starts on an older one."""

SYSTEM = "system"
"""The scope of a hold on everything in a tenant. A source's scope is ``source:<id>``, a job's own is ``job``."""

OWN = "job"

AFTER = "after:"
"""What the scope of a hold begins with that lies on a job until another one has completed; the other's id follows."""

AUTOMATIC = "automatic"
"""Owner of the holds that the engine places by itself."""


def after_scope(job_id: str) -> str:
    return f"{AFTER}{job_id}"


def source_scope(source_id: str) -> str:
    return f"source:{source_id}"


@dataclass(frozen=True)
class Hold:
    """A reason not to proceed.

    Attributes:
        scope: what it holds: ``job``, ``source:<id>`` or ``system``; ``after:<job>``: the job, until that one has completed.
        owner: who placed it: a user, ``automatic`` or ``maintenance``.
        reason: in words, or None.
        since, until: seconds since the epoch; at ``until`` it ends by itself, None: never.
    """

    scope: str
    owner: str
    reason: str | None
    since: float
    until: float | None = None

    def holds(self, now: float) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True)
class Scope:
    """What can be held apart from a job: a source or the whole tenant.

    Attributes:
        hold: the hold on it, None when it is released.
        rev: number of its last change, 0 before the first. A job goes to ``paused`` for this hold only while it stands.
        waking_since: when it was released, while jobs that waited for it may still have to be found and queued again.
        released_by: the user who released it last; None: the clock did.
    """

    tenant: str
    name: str
    hold: Hold | None = None
    rev: int = 0
    waking_since: float | None = None
    released_by: str | None = None

    @property
    def due_at(self) -> float | None:
        """When recovery has to look at it: at the end of its hold, at once while jobs wait to be woken, else never."""
        if self.waking_since is not None:
            return 0.0
        return self.hold.until if self.hold else None


def standing(holds: Iterable[Hold | None], now: float) -> tuple[Hold, ...]:
    return tuple(hold for hold in holds if hold and hold.holds(now))


def described(holds: Sequence[Hold]) -> str:
    """What holds a job, by whom, why and until when: ``the whole system is held by ann: maintenance, until 2026-…Z``."""
    first = holds[0]
    others = f", and {len(holds) - 1} more" if len(holds) > 1 else ""
    if first.scope.startswith(AFTER):
        return f"{first.reason}{others}"
    what = {OWN: "it", SYSTEM: "the whole system"}.get(first.scope, first.scope.replace(":", " ", 1))
    reason = f": {first.reason}" if first.reason else ""
    until = f", until {datetime.fromtimestamp(first.until, UTC):%Y-%m-%dT%H:%M:%SZ}" if first.until is not None else ""
    return f"{what} is held by {first.owner}{reason}{until}{others}"
