"""Choosing among a tenant's jobs, a page at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from fermata.control.counts import counts_of_all
from fermata.control.engine import Engine
from fermata.domain.holds import Hold, Scope, standing
from fermata.domain.jobs import Job
from fermata.domain.listing import Listing, created_key
from fermata.domain.transitions import Status

LOOK = 500
"""Jobs that one call reads, at most. What no index tells (kind, held, user, labels, text, failed units) is sieved from them."""


@dataclass(frozen=True)
class Selection:
    """Which jobs.

    Attributes:
        families, workspace, statuses, since, before: as in :class:`fermata.domain.listing.Listing`.
        kind: only of this kind; None: of all.
        held: only open jobs that something holds, or that nothing holds; None: all.
        user: only of this user.
        labels: only with these labels; None as a value: with any.
        text: only those whose id, kind, user, labels, parameters, error or holds' reasons have it, whatever the case.
        failed_units: only jobs with failed units, or without any so far; None: all.
        oldest_first: the order.
    """

    tenant: str
    families: tuple[str, ...] = ()
    workspace: str | None = None
    statuses: tuple[Status, ...] = ()
    kind: str | None = None
    held: bool | None = None
    since: str | None = None
    before: str | None = None
    user: str | None = None
    labels: tuple[tuple[str, str | None], ...] = ()
    text: str | None = None
    failed_units: bool | None = None
    oldest_first: bool = False

    @property
    def sieved(self) -> bool:
        told = (self.kind, self.held, self.user, self.text, self.failed_units)
        return any(one is not None for one in told) or bool(self.labels)

    def listing(self, limit: int = 0) -> Listing:
        """What the indexes can tell of it."""
        return Listing(
            self.tenant,
            self.families,
            self.workspace,
            self.statuses,
            before=self.before,
            since=self.since,
            limit=limit,
            oldest_first=self.oldest_first,
        )


@dataclass(frozen=True)
class Selected:
    """A page, in the order that was asked for.

    Attributes:
        holds: of each job, own and others'.
        after: where the next page goes on; None when nothing is left.
    """

    jobs: tuple[Job, ...]
    holds: tuple[tuple[Hold, ...], ...]
    after: str | None


def select(engine: Engine, selection: Selection, limit: int) -> Selected:
    """At most ``limit`` jobs of one indexed query. What no index tells is sieved: such a page may be short before the last."""
    count = LOOK if selection.sieved else limit
    page = engine.store.jobs(selection.listing(count + 1))
    looked = page[:count]
    pairs = list(zip(looked, holds_of_all(engine, looked), strict=True))
    fitting = [place for place, (job, holds) in enumerate(pairs) if _chosen(selection, job, holds)]
    chosen = _by_failures(engine, looked, fitting, selection.failed_units, limit)
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
    if selection.kind not in (None, job.kind) or selection.user not in (None, job.user):
        return False
    if any(name not in job.labels or value not in (None, job.labels[name]) for name, value in selection.labels):
        return False
    if selection.text is not None and selection.text.casefold() not in _text_of(job, holds).casefold():
        return False
    return selection.held is None or (not job.status.final and bool(holds) is selection.held)


def _by_failures(
    engine: Engine, jobs: Sequence[Job], places: Sequence[int], wanted: bool | None, limit: int
) -> Sequence[int]:
    """The first ``limit`` places of jobs with failed units, or without. The ledgers of open jobs are read, a page of them at a
    time, until there are enough."""
    if wanted is None:
        return places[:limit]
    found: list[int] = []
    for start in range(0, len(places), limit):
        some = places[start : start + limit]
        counts = counts_of_all(engine, [jobs[place] for place in some])
        found += [place for place, count in zip(some, counts, strict=True) if bool(count.failed) is wanted]
        if len(found) >= limit:
            break
    return found[:limit]


def _text_of(job: Job, holds: Sequence[Hold]) -> str:
    """What a text is looked for in; a JSON of the parameters keeps their names and values together."""
    labels = (f"{name}={value}" for name, value in job.labels.items())
    params = json.dumps(dict(job.params), ensure_ascii=False)
    reasons = (hold.reason or "" for hold in holds)
    return "\n".join((job.id, job.kind, job.user, *labels, params, job.error or "", *reasons))
