"""Choosing among a tenant's jobs, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fermata.control.engine import Engine
from fermata.domain.holds import Hold, Scope, standing
from fermata.domain.jobs import Job
from fermata.domain.listing import Listing, created_key
from fermata.domain.transitions import Status

LOOK = 500
"""Jobs that one call reads, at most. What no index tells (kind, held) is sieved from them."""


@dataclass(frozen=True)
class Selection:
    """Which jobs.

    Attributes:
        families, workspace, statuses, since, before: as in :class:`fermata.domain.listing.Listing`.
        kind: only of this kind; None: of all.
        held: only open jobs that something holds, or that nothing holds; None: all.
    """

    tenant: str
    families: tuple[str, ...] = ()
    workspace: str | None = None
    statuses: tuple[Status, ...] = ()
    kind: str | None = None
    held: bool | None = None
    since: str | None = None
    before: str | None = None

    @property
    def sieved(self) -> bool:
        return self.kind is not None or self.held is not None


@dataclass(frozen=True)
class Selected:
    """A page, newest first.

    Attributes:
        holds: of each job, own and others'.
        after: where the next page goes on; None when nothing is left.
    """

    jobs: tuple[Job, ...]
    holds: tuple[tuple[Hold, ...], ...]
    after: str | None


def select(engine: Engine, selection: Selection, limit: int) -> Selected:
    """At most ``limit`` jobs of one indexed query. With ``kind`` or ``held`` a page may be short, or empty, before the last."""
    count = LOOK if selection.sieved else limit
    listing = Listing(
        selection.tenant,
        selection.families,
        selection.workspace,
        selection.statuses,
        before=selection.before,
        since=selection.since,
        limit=count + 1,
    )
    page = engine.store.jobs(listing)
    looked = page[:count]
    pairs = list(zip(looked, holds_of_all(engine, looked), strict=True))
    chosen = [place for place, (job, holds) in enumerate(pairs) if _chosen(selection, job, holds)][:limit]
    last = chosen[-1] if len(chosen) == limit else len(looked) - 1
    more = last + 1 < len(page)
    return Selected(
        tuple(pairs[place][0] for place in chosen),
        tuple(pairs[place][1] for place in chosen),
        created_key(page[last]) if more else None,
    )


def holds_of_all(engine: Engine, jobs: Sequence[Job]) -> list[tuple[Hold, ...]]:
    """What holds each job: its own holds, its source's and the system's. Each scope is read once."""
    now = engine.clock.now()
    scopes: dict[tuple[str, str], Scope] = {}

    def scope(tenant: str, name: str) -> Scope:
        if (tenant, name) not in scopes:
            scopes[tenant, name] = engine.store.scope(tenant, name)
        return scopes[tenant, name]

    def holds(job: Job) -> tuple[Hold, ...]:
        if job.status.final:
            return ()
        return job.own_holds(now) + standing((scope(job.tenant, name).hold for name in job.scope_names), now)

    return [holds(job) for job in jobs]


def _chosen(selection: Selection, job: Job, holds: tuple[Hold, ...]) -> bool:
    if selection.kind is not None and job.kind != selection.kind:
        return False
    return selection.held is None or (not job.status.final and bool(holds) is selection.held)
