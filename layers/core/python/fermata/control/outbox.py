"""The outbox: lines of histories that were stored, made into notices, put on the bus in their order, and told to webhooks.

What is stored is the outbox: a change and its line are one transaction. Whoever reads the table's changes calls this for each
batch, and again for what failed or was cut off; a notice that is told twice has the same id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fermata.control import deliveries
from fermata.control.engine import Engine, exists
from fermata.domain import notices
from fermata.domain.events import Event, SystemEvent
from fermata.domain.jobs import Job, Ref
from fermata.domain.notices import Notice
from fermata.domain.schedules import Firing
from fermata.ports import Bus


@dataclass(frozen=True)
class Line:
    """A line of a history as it was stored: of the job or the schedule whose id is ``about``, or of the system."""

    tenant: str
    about: str
    value: Event | SystemEvent | Firing


def publish(engine: Engine, bus: Bus, lines: Sequence[Line]) -> None:
    """Tell of each line, in order. Raises what the bus and the store raise; then some may have been told."""
    jobs = {Ref(line.tenant, line.about) for line in lines if isinstance(line.value, Event)}
    known = {ref: exists(engine, ref) for ref in jobs}
    told = list(_notices(lines, known))
    bus.put([notice for notice, _ in told])
    deliveries.enqueue(engine, told)


def _notices(lines: Iterable[Line], jobs: dict[Ref, Job | None]) -> Iterable[tuple[Notice, Job | None]]:
    for line in lines:
        match line.value:
            case Event() as event:
                job = jobs[Ref(line.tenant, line.about)]
                if job is not None:
                    yield notices.of_job(job, event), job
            case SystemEvent() as event:
                yield notices.of_system(line.tenant, event), None
            case Firing() as fired:
                yield notices.of_schedule(line.tenant, line.about, fired), None
