from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest
from fermata.adapters.memory.state import State
from fermata.adapters.memory.store import MemoryStore
from fermata.bootstrap import memory_engine
from fermata.control import holds, starting, termination
from fermata.control.engine import Engine
from fermata.domain.errors import Unavailable
from fermata.domain.events import Actor, Mutation
from fermata.domain.jobs import Job
from fermata.domain.kind import Kind, Planned, Policy, Stage, UnitError
from fermata.testing import Driver, InlineSlots


@dataclass
class Tally:
    """A watcher that counts what it is told."""

    seen: Counter[str] = field(default_factory=Counter)
    pauses: list[Job] = field(default_factory=list)

    def job_started(self, job: Job) -> None:
        self.seen["started"] += 1

    def job_ended(self, job: Job) -> None:
        self.seen[job.status.value] += 1

    def job_paused(self, job: Job) -> None:
        self.pauses.append(job)

    def units_settled(self, kind: str, succeeded: int, failed: int) -> None:
        self.seen[f"{kind} succeeded"] += succeeded
        self.seen[f"{kind} failed"] += failed


def odd_ones_fail(unit: object) -> None:
    if unit.value % 2:  # type: ignore[attr-defined]
        raise UnitError("odd")


COUNT = Kind(
    "count",
    "Count",
    (
        Stage(
            "count", lambda job: (Planned(n, n) for n in range(10)), odd_ones_fail, Policy(chunk_size=3, timeout=None)
        ),
    ),
    dict,
    dict,
)
ACT = Mutation(Actor("t", "ann"), "jobs.start", "1", 0.0)


@dataclass
class Scene:
    tally: Tally
    engine: Engine
    driver: Driver
    job: Job


@pytest.fixture
def scene() -> Scene:
    world, tally = State(), Tally()
    engine = memory_engine(world, {"count": COUNT}, watcher=tally)
    job = starting.start(engine, ACT, starting.NewJob(family="jobs", id="1", kind="count"))
    return Scene(tally, engine, Driver(engine, world, lambda: InlineSlots(engine.clock)), job)


def test_jobs_and_units_are_told_once_each(scene: Scene) -> None:
    scene.driver.run()
    assert scene.tally.seen == {"started": 1, "completed": 1, "count succeeded": 5, "count failed": 5}


def test_a_pause_is_told_with_its_receipt(scene: Scene) -> None:
    holds.pause(scene.engine, None, scene.job.ref, holds.own_hold(scene.engine, "ann", None))
    scene.driver.run()
    (paused,) = scene.tally.pauses
    assert paused.pause is not None
    assert paused.pause.quiesced_at is not None
    holds.resume(scene.engine, None, scene.job.ref)
    scene.driver.run()
    assert scene.tally.seen["completed"] == 1


def test_a_cancelled_job_has_ended(scene: Scene) -> None:
    termination.cancel(scene.engine, None, scene.job.ref)
    assert scene.tally.seen == {"started": 1, "cancelled": 1}


def test_a_write_that_failed_is_not_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def throttled(*_: object) -> None:
        raise Unavailable("throttled")

    monkeypatch.setattr(MemoryStore, "write", throttled)
    with pytest.raises(Unavailable):
        termination.cancel(scene.engine, None, scene.job.ref)
    assert scene.tally.seen == {"started": 1}
