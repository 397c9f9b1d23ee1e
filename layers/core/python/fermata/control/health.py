"""Health: what goes wrong in a tenant beyond one job, noticed by recovery, told once when it begins and once when it ends.

What is wrong now is kept as a hold on the scope ``health``, which nothing obeys: its reason names the troubles (None: none is
known yet), ``since`` says when the first began, and ``until`` makes recovery look, although none of the tenant's jobs may be
open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from fermata.control.engine import Engine
from fermata.control.scopes import system_event
from fermata.domain.errors import Stale
from fermata.domain.events import SystemEvent, SystemEventType
from fermata.domain.holds import Hold, Scope
from fermata.domain.jobs import Job
from fermata.domain.listing import Listing, created_bound
from fermata.domain.transitions import Status
from fermata.ports import AddSystemEvent, Change, SaveScope

SCOPE = "health"
OWNER = "automatic"
BACKLOG, FAILURES, DEAD_LETTERS = "backlog", "failures", "dead letters"

SEPARATOR = ", "


@dataclass(frozen=True)
class Thresholds:
    """From which values on something is wrong.

    Attributes:
        backlog: seconds that a job which nothing holds waits for its start.
        failed_share: share (0–1) of failed jobs among those of the last ``window`` seconds that are over.
        fewest: jobs that must be over for that share to mean anything.
        dead_letters: messages that were given up since the recovery before.
    """

    backlog: float = 300.0
    failed_share: float = 0.5
    fewest: int = 5
    window: float = 3600.0
    dead_letters: int = 1


@dataclass
class Signs:
    """What one recovery comes by, by tenant.

    Attributes:
        oldest: since when the job waits that waits longest for its start; seconds since the epoch.
        dead: messages that were given up.
        tenants: of all jobs it looked at.
    """

    oldest: dict[str, float] = field(default_factory=dict)
    dead: Counter[str] = field(default_factory=Counter)
    tenants: set[str] = field(default_factory=set)

    def saw(self, job: Job, *, held: bool) -> None:
        self.tenants.add(job.tenant)
        if job.status is Status.PENDING and not held:
            self.oldest[job.tenant] = min(job.updated_at, self.oldest.get(job.tenant, job.updated_at))


def check(engine: Engine, tenant: str, signs: Signs, thresholds: Thresholds) -> None:
    """Compare the tenant's signs with what was wrong before; tell each difference. Safe twice at once: one of them tells."""
    now = engine.clock.now()
    scope = engine.store.scope(tenant, SCOPE)
    troubles = _troubles(engine, tenant, signs, thresholds)
    before = set(scope.hold.reason.split(SEPARATOR)) if scope.hold and scope.hold.reason else set()
    told = [f"{name}: {troubles[name]}" for name in sorted(troubles.keys() - before)]
    told += [f"{name}: back to normal" for name in sorted(before - troubles.keys())]
    if not told and (troubles or scope.hold is None):
        return
    hold = None
    if troubles:
        since = scope.hold.since if scope.hold else now
        hold = Hold(SCOPE, OWNER, SEPARATOR.join(sorted(troubles)), since, until=now)
    events = [AddSystemEvent(tenant, _event(now, text, scope.rev)) for text in told]
    try:
        engine.store.write(SaveScope(Scope(tenant, SCOPE, hold, scope.rev + 1)), *events)
    except Stale:
        return


def failed(engine: Engine, tenant: str) -> tuple[Change, ...]:
    """What is stored together with a job's failure: that recovery has to look, though none of the tenant's jobs may be open."""
    scope = engine.store.scope(tenant, SCOPE)
    if scope.hold is not None:
        return ()
    now = engine.clock.now()
    return (SaveScope(Scope(tenant, SCOPE, Hold(SCOPE, OWNER, None, now, until=now), scope.rev + 1)),)


def _event(now: float, reason: str, rev: int) -> SystemEvent:
    return system_event(now, SystemEventType.HEALTH_CHANGE, reason, "default", (SCOPE, rev, reason))


def _troubles(engine: Engine, tenant: str, signs: Signs, thresholds: Thresholds) -> Mapping[str, str]:
    """What is wrong now, by name, in words."""
    found: dict[str, str] = {}
    waits = engine.clock.now() - signs.oldest.get(tenant, engine.clock.now())
    if waits >= thresholds.backlog:
        found[BACKLOG] = f"a job has waited for its start for {waits:.0f} seconds"
    if (dead := signs.dead[tenant]) >= thresholds.dead_letters:
        found[DEAD_LETTERS] = f"{dead} messages were given up"
    failed, ended = _recent(engine, tenant, thresholds)
    if ended >= thresholds.fewest and failed / ended >= thresholds.failed_share:
        found[FAILURES] = f"{failed} of the last {ended} jobs failed"
    return found


def _recent(engine: Engine, tenant: str, thresholds: Thresholds) -> tuple[int, int]:
    """Of the newest jobs (at most a hundred) of the window: how many failed, how many are over."""
    since = created_bound(engine.clock.now() - thresholds.window)
    ended = [job.status for job in engine.store.jobs(Listing(tenant, since=since, limit=100)) if job.status.final]
    return sum(status in (Status.FAILED, Status.TIMED_OUT) for status in ended), len(ended)
