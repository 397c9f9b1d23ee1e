"""Many jobs that are written, not run."""

from __future__ import annotations

from collections.abc import Iterator

from fermata.adapters.memory.state import State
from fermata.domain.chunks import Counts
from fermata.domain.jobs import Job, StagePlan
from fermata.domain.transitions import Status

BEGAN = 1_790_000_000.0
STATUSES = (Status.COMPLETED, Status.COMPLETED, Status.COMPLETED, Status.FAILED, Status.CANCELLED)


def jobs(tenant: str, count: int) -> Iterator[Job]:
    """Jobs that are over, a second apart; a higher number is a newer one."""
    for number in range(count):
        status = STATUSES[number % len(STATUSES)]
        counts = Counts(1000, 970 - number % 700, 10 * (number % 3))
        yield Job(
            tenant=tenant,
            id=f"jobs:crowd-{number:05}",
            family="jobs",
            kind="probe",
            workspace="default",
            user=("ann", "ben", "cleo")[number % 3],
            created_at=BEGAN + number,
            status=status,
            params={"units": 1000, "title": f"Number {number}"},
            stages=(StagePlan(1000, 40, None, True, name="wait"),),
            started_at=BEGAN + number,
            finished_at=BEGAN + number + 60,
            updated_at=BEGAN + number + 60,
            counts=counts,
            error="it went wrong" if status is Status.FAILED else None,
            closed=True,
            rev=1,
        )


def fill(world: State, tenant: str, count: int) -> None:
    with world.lock:
        world.jobs.update({job.ref: job for job in jobs(tenant, count)})


def empty(world: State, tenant: str) -> None:
    with world.lock:
        for ref in [ref for ref in world.jobs if ref.tenant == tenant]:
            del world.jobs[ref]
