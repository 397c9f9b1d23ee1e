"""Which jobs a list shows, as partitions of the indexes; and merging what they answer."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby, islice

from fermata.domain.errors import InvalidInput
from fermata.domain.jobs import Job
from fermata.domain.transitions import Status

FAMILIES = ("batch", "tasks", "processes", "sources", "jobs")


@dataclass(frozen=True)
class Partition:
    """One partition of an index: jobs in order of creation."""

    index: str
    key: str


MAX_BOUND = 1_000
"""Characters of a key by which lists are bounded."""


@dataclass(frozen=True)
class Listing:
    """A list of a tenant's jobs, newest first unless it is ``oldest_first``.

    Attributes:
        families: the families to show, empty for all.
        workspace, statuses: only these; None, or empty, for all.
        active_user: only the open jobs of this user (one family; excludes the other filters).
        before, since: bounds of ``created_key``, exclusive and inclusive; the cursor of a page is the last key it showed.
    """

    tenant: str
    families: tuple[str, ...] = ()
    workspace: str | None = None
    statuses: tuple[Status, ...] = ()
    active_user: str | None = None
    before: str | None = None
    since: str | None = None
    limit: int = 50
    oldest_first: bool = False

    def partitions(self) -> list[Partition]:
        families = self.families or FAMILIES
        if self.active_user is not None:
            return [Partition("active_by_user", key(self.tenant, family, self.active_user)) for family in families]
        found = []
        for family in families:
            place = key(self.tenant, family) if self.workspace is None else key(self.tenant, family, self.workspace)
            index = "by_family" if self.workspace is None else "by_workspace"
            if self.statuses:
                found += [Partition(f"{index}_status", key(place, status.value)) for status in self.statuses]
            else:
                found.append(Partition(index, place))
        return found


def key(*parts: str) -> str:
    return "|".join(parts)


def created_key(job: Job) -> str:
    """Sorts by creation, then by id."""
    return f"{job.created_at:017.6f}#{job.id}"


def created_bound(at: float) -> str:
    return f"{at:017.6f}"


def created_bound_of(text: str) -> str:
    """The text, if it is a bound or a key. Raises ValueError."""
    at = text.partition("#")[0]
    if not at.isascii() or not math.isfinite(float(at)) or len(text) > MAX_BOUND:
        raise ValueError(text)
    return text


def index_keys(job: Job) -> dict[str, str]:
    """The job's place in each index, by the index's name; an index that is missing does not hold it."""
    places = {
        "by_family": key(job.tenant, job.family),
        "by_workspace": key(job.tenant, job.family, job.workspace),
        "by_family_status": key(job.tenant, job.family, job.status.value),
        "by_workspace_status": key(job.tenant, job.family, job.workspace, job.status.value),
    }
    if not job.status.final:
        places["active_by_user"] = key(job.tenant, job.family, job.user)
    return places


def merge(listing: Listing, read: Callable[[Partition, Listing], Iterable[str]]) -> list[str]:
    """The first ``limit`` created keys over all partitions, in the listing's order; each is read once, in that order.

    A job that changes its status while its partitions are read is in two of them, and still one job.
    """
    pages = (read(partition, listing) for partition in listing.partitions())
    keys = heapq.merge(*pages, reverse=not listing.oldest_first)
    return list(islice((key for key, _ in groupby(keys)), listing.limit))


def id_of(created: str) -> str:
    """The job id in a created key. Raises InvalidInput when it is none."""
    stamp, mark, job_id = created.partition("#")
    if not mark or not stamp.replace(".", "", 1).isdigit():
        raise InvalidInput("cursor", "is not one that a page gave")
    return job_id
